// Opens the runtime for the device that the caller names, or for the best one that works here.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { RuntimeError } from "../error/runtime-error.js";
import type { DeviceName } from "./device/provider.js";
import { listGpuAdapters } from "./gpu-adapters.js";
import { findLibrary } from "./library.js";
import { Runtime } from "./runtime.js";

/** `auto` is the first of `cuda`, `webgpu` on a GPU that is none in software, and `cpu`, on which something really was computed. */
export type DeviceOption = DeviceName | "auto";

export const DEVICE_OPTIONS = ["cpu", "cuda", "webgpu", "auto"] as const satisfies readonly DeviceOption[];

const CUDA_LIBRARIES: Partial<Record<NodeJS.Platform, string>> = {
  linux: "libonnxruntime_providers_cuda.so",
  win32: "onnxruntime_providers_cuda.dll",
};

/** @throws RuntimeError where the device that was named cannot be used, saying what it needs. */
export async function openRuntime(device: DeviceOption): Promise<Runtime> {
  if (device !== "auto") return Runtime.open(device);
  for (const name of ["cuda", "webgpu"] as const) {
    if (!mayWork(name)) continue;
    try {
      return await Runtime.open(name);
    } catch (error) {
      if (!RuntimeError.isInstance(error)) throw error;
    }
  }
  return Runtime.open("cpu");
}

/** Spares the attempt, and what drivers and libraries print when it fails. */
function mayWork(device: "cuda" | "webgpu"): boolean {
  if (device === "cuda") {
    const library = CUDA_LIBRARIES[process.platform];
    return library !== undefined && existsSync(join(dirname(findLibrary()), library));
  }
  return process.platform === "darwin" || listGpuAdapters().some(({ isSoftware }) => !isSoftware);
}
