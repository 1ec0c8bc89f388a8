// `distillate doctor --device` as a user runs it, and the measure of what it compares.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { compareLogits } from "../../../engine/device-check/trial.js";
import { findLibrary } from "../../../engine/ort/library.js";
import { softwareGpuEnvironment } from "../../fixtures/device/software-gpu.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { runCli } from "../../fixtures/run-node.js";

const home = await temporaryFolder();
const doctor = async (device: string) =>
  runCli(["doctor", "--device", device], { env: { ...(await softwareGpuEnvironment()), DISTILLATE_HOME: home, DISTILLATE_MODEL: "" } });

test("a report on WebGPU: versions, the GPU's name, parity, verdict", async () => {
  const { exitCode, stdout } = await doctor("webgpu");
  expect(stdout).toMatch(/^Distillate +\d+\.\d+\.\d+, Node\.js v\d+/);
  expect(stdout).toMatch(/^ONNX Runtime +1\.\d+/m);
  expect(stdout).toMatch(/^Device +webgpu \(.+\)$/m);
  expect(stdout).toMatch(/^Parity ok +random F32: differs by .* likeliest tokens agree 100 %$/m);
  expect(stdout).toMatch(/^Parity ok +random Q8_0: /m);
  expect(stdout).toMatch(/^Speed +not measured/m);
  expect(stdout).toMatch(/^Verdict +ok/m);
  expect(exitCode).toBe(0);
});

test("a device that is not there: what it needs, and exit code 1", async () => {
  if (existsSync(join(dirname(findLibrary()), "libonnxruntime_providers_cuda.so"))) return;
  const { exitCode, stdout, stderr } = await doctor("cuda");
  expect(stderr).toContain("onnxruntime-node-install=cuda12");
  expect(stdout).not.toContain("Verdict");
  expect(exitCode).toBe(1);
});

test("a device that does not exist is wrong usage", async () => {
  expect((await doctor("tpu")).exitCode).toBe(2);
});

test("logits that differ are told from logits that do not", () => {
  const expected = [Float32Array.of(1, 2, 3, 4), Float32Array.of(4, -1, 0, 2)];
  expect(compareLogits(expected, expected)).toEqual({ relativeError: 0, agreement: 1 });
  const shifted = [expected[0], Float32Array.of(2, -1, 0, 4)];
  const { relativeError, agreement } = compareLogits(shifted, expected);
  expect(agreement).toBe(0.5);
  // Squares of the differences: 8; of the logits from their means: 5 + 14.75.
  expect(relativeError).toBeCloseTo(Math.sqrt(8 / 19.75), 6);
});
