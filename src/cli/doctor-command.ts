// `distillate doctor`: runs the checks of doctor-checks.ts and prints what each found; with --device a report on a device.
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { arch, availableParallelism, cpus, platform, release } from "node:os";
import { basename } from "node:path";
import { promisify } from "node:util";
import type { DeviceOption, DeviceReport, DeviceTrial } from "../index.js";
import type { ExitCode } from "./cli-error.js";
import { checks, usualModel } from "./doctor-checks.js";

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

/** 1 where the device computes otherwise than the CPU. A model that is here is tried and measured, too. */
export async function deviceCommand(option: DeviceOption): Promise<ExitCode> {
  const sdk = await import("../index.js");
  const { version } = createRequire(import.meta.url)("distillate/package.json") as { version: string };
  const { name, path } = await usualModel(sdk);
  print("Distillate", `${version}, Node.js ${process.version}, ${platform()}/${arch()} ${release()}`);
  print("CPU", `${cpus()[0]?.model.trim() ?? "unknown"}, ${availableParallelism()} threads`);
  const report = await sdk.checkDevice(option, { modelPath: path });
  print("ONNX Runtime", report.runtimeVersion);
  print("Device", `${report.device} (${await gpuName(report)})`);
  for (const trial of report.trials) printTrial(trial);
  if (!report.trials.some(({ speed }) => speed)) {
    print("Speed", path ? "not measured on a GPU in software" : `not measured, for ${name} is not here: distillate models pull ${name}`);
  }
  print("Verdict", report.isSound ? "ok: computes what the CPU computes" : "FAIL: computes otherwise than the CPU");
  return report.isSound ? 0 : 1;
}

function printTrial({ model, relativeError, tolerance, agreement, isEqual, speed }: DeviceTrial): void {
  const difference = `differs by ${percent(relativeError)} (at most ${percent(tolerance)}), likeliest tokens agree ${percent(agreement)}`;
  print(isEqual ? "Parity ok" : "Parity FAIL", `${basename(model)}: ${difference}`);
  if (!speed) return;
  for (const [phase, title] of [["prefill", "512 tokens"], ["decode", "one at a time after 128"]] as const) {
    const [device, cpu] = [speed.device[phase], speed.cpu[phase]];
    print("Speed", `${title}: ${device.toFixed(1)} tokens/s, ${(device / cpu).toFixed(2)} of the CPU's ${cpu.toFixed(1)}`);
  }
}

async function gpuName({ device, adapters }: DeviceReport): Promise<string> {
  if (device === "cpu") return "no GPU";
  if (device === "cuda") {
    const query = ["--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"];
    return promisify(execFile)("nvidia-smi", query).then(({ stdout }) => stdout.trim().replaceAll("\n", "; "), () => "nvidia-smi gives no name");
  }
  return adapters.map(({ name, isSoftware }) => (isSoftware ? `${name}, in software` : name)).join("; ") || "name not known";
}

const percent = (share: number): string => `${(100 * share).toPrecision(3)} %`;

function print(title: string, text: string): void {
  process.stdout.write(`${title.padEnd(14)} ${text}\n`);
}
