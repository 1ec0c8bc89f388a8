// Opens the runtime for the device that the caller names, or for the best one that works here.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { RuntimeError } from "../error/runtime-error.js";
import { PROVIDERS, type DeviceOption } from "./device/provider.js";
import { listGpuAdapters } from "./gpu-adapters.js";
import { findLibrary } from "./library.js";
import { Runtime } from "./runtime.js";

const CUDA_LIBRARIES: Partial<Record<NodeJS.Platform, string>> = {
  linux: "libonnxruntime_providers_cuda.so",
  win32: "onnxruntime_providers_cuda.dll",
};

/** @throws RuntimeError where the device that was named cannot be used, saying what it needs. */
export async function openRuntime(device: DeviceOption): Promise<Runtime> {
  if (device !== "auto") {
    if (device === "cuda" && !hasCudaLibraries()) {
      throw new RuntimeError("The device CUDA cannot be used: ONNX Runtime's libraries for it are not installed.", { hint: PROVIDERS.cuda.hint });
    }
    return Runtime.open(device);
  }
  for (const name of ["cuda", "webgpu"] as const) {
    if (!(name === "cuda" ? hasCudaLibraries() : hasRealGpu())) continue;
    try {
      return await Runtime.open(name);
    } catch (error) {
      if (!RuntimeError.isInstance(error)) throw error;
    }
  }
  return Runtime.open("cpu");
}

// Both spare an attempt, and what drivers and libraries print when it fails.

function hasCudaLibraries(): boolean {
  const library = CUDA_LIBRARIES[process.platform];
  return library !== undefined && existsSync(join(dirname(findLibrary()), library));
}

function hasRealGpu(): boolean {
  return process.platform === "darwin" || listGpuAdapters().some(({ isSoftware }) => !isSoftware);
}
