#!/usr/bin/env node
// The `distillate` command: parses arguments, runs a command, leaves with its exit code.
import { CommanderError } from "commander";
import { CliError, type ExitCode } from "./cli-error.js";
import { createProgram } from "./program.js";

async function main(): Promise<ExitCode> {
  const interrupt = new AbortController();
  process.on("SIGINT", () => {
    // The second time nothing is waited for.
    if (interrupt.signal.aborted) process.exit(130);
    interrupt.abort(new CliError("Interrupted.", 130));
  });
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    process.stderr.write(`The standard output cannot be written: ${error.message}\n`);
    process.exit(1);
  });
  let exitCode: ExitCode = 0;
  try {
    const program = createProgram({ signal: interrupt.signal, leaveWith: (code) => (exitCode = code) });
    await program.parseAsync();
    return exitCode;
  } catch (error) {
    return explain(error);
  }
}

/** Errors of the package that mean: the user named something that is not there. */
const usageCodes: ReadonlySet<unknown> = new Set(["MODEL_NOT_FOUND", "SOURCE_NOT_FOUND"]);

function explain(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  // What is no error of the package or the system is a fault of the program: say where.
  const known = error instanceof CliError || code !== undefined;
  const text = error instanceof Error ? (known ? error.message : error.stack) : String(error);
  process.stderr.write(`${text}\n`);
  if (error instanceof CliError) return error.exitCode;
  return usageCodes.has(code) ? 2 : 1;
}

const exitCode = await main();
// A model may still hold threads; what was written goes out first.
process.stdout.write("", () => process.exit(exitCode));
