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
    throw error;
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

function explain(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const known = error instanceof CliError || (error instanceof Error && "code" in error);
  process.stderr.write(`${known ? error.message : String(error instanceof Error ? error.stack : error)}\n`);
  return error instanceof CliError ? error.exitCode : 1;
}

const exitCode = await main();
// A model may still hold threads; what was written goes out first.
process.stdout.write("", () => process.exit(exitCode));
