// Finds the shared library of ONNX Runtime: the one inside the onnxruntime-node package, or the caller's own.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { RuntimeError } from "../error/runtime-error.js";

const FILE_NAMES: Partial<Record<NodeJS.Platform, string>> = {
  linux: "libonnxruntime.so.1",
  darwin: "libonnxruntime.1.dylib",
  win32: "onnxruntime.dll",
};

/**
 * The path of the library to load. `DISTILLATE_ORT_LIB` names another build, such as one with CUDA.
 *
 * @throws RuntimeError where there is none for this platform.
 */
export function findLibrary(env: NodeJS.ProcessEnv = process.env): string {
  if (env.DISTILLATE_ORT_LIB) {
    if (existsSync(env.DISTILLATE_ORT_LIB)) return env.DISTILLATE_ORT_LIB;
    throw new RuntimeError(`DISTILLATE_ORT_LIB names a file that does not exist: ${env.DISTILLATE_ORT_LIB}.`);
  }
  const fileName = FILE_NAMES[process.platform];
  const manifest = createRequire(import.meta.url).resolve("onnxruntime-node/package.json");
  const path = join(dirname(manifest), "bin", "napi-v6", process.platform, process.arch, fileName ?? "");
  if (fileName && existsSync(path)) return path;
  throw new RuntimeError(`ONNX Runtime has no library for ${process.platform}/${process.arch} in onnxruntime-node.`, {
    hint: "Set DISTILLATE_ORT_LIB to the path of a libonnxruntime (1.30) built for this machine.",
  });
}
