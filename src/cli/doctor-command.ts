// `distillate doctor`: runs the checks of doctor-checks.ts and prints what each found.
import type { ExitCode } from "./cli-error.js";
import { checks } from "./doctor-checks.js";

const marks = { ok: "ok  ", warn: "warn", fail: "FAIL" } as const;

/** 1 where something needed does not work. */
export async function doctorCommand(): Promise<ExitCode> {
  const sdk = await import("../index.js");
  let exitCode: ExitCode = 0;
  for (const check of checks) {
    const { title, status, detail, advice } = await check(sdk);
    process.stdout.write(`${marks[status]}  ${title.padEnd(14)} ${detail}\n`);
    if (advice) process.stdout.write(`${" ".repeat(21)}-> ${advice}\n`);
    if (status === "fail") exitCode = 1;
  }
  return exitCode;
}
