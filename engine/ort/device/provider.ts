// The devices that sessions run on: how ONNX Runtime is told, and what it calls their memory.
import type { OrtApi, Pointer } from "../api.js";

export type AcceleratorName = "cuda" | "webgpu";
export type DeviceName = "cpu" | AcceleratorName;
export const DEVICE_OPTIONS = ["cpu", "cuda", "webgpu", "auto"] as const satisfies readonly (DeviceName | "auto")[];
/** `auto` is the first of `cuda`, `webgpu` on a GPU that is none in software, and `cpu`, on which something really was computed. */
export type DeviceOption = (typeof DEVICE_OPTIONS)[number];

/** What attention computes with: CUDA's has no f32. */
export const ATTENTION_PRECISIONS = { cpu: "f32", cuda: "f16", webgpu: "f32" } as const satisfies Record<DeviceName, string>;

/** A key of onnxruntime_session_options_config_keys.h: a node that the device cannot run is an error, not a hidden detour. */
const NO_FALLBACK_KEY = "session.disable_cpu_ep_fallback";

interface Provider {
  /** In error messages. */
  title: string;
  /** Name in OrtMemoryInfo (allocator.h). */
  memoryName: string;
  append(api: OrtApi, sessionOptions: Pointer): void;
  /** What the device needs. */
  hint: string;
}

export const PROVIDERS: Readonly<Record<AcceleratorName, Provider>> = {
  cuda: {
    title: "CUDA",
    memoryName: "Cuda",
    append(api, sessionOptions) {
      const options = api.create("CreateCUDAProviderOptions");
      try {
        api.call("SessionOptionsAppendExecutionProvider_CUDA_V2", sessionOptions, options);
      } finally {
        api.release("ReleaseCUDAProviderOptions", options);
      }
    },
    hint:
      "It needs Linux on x64, an NVIDIA GPU with its driver, CUDA 12, cuDNN 9 and the CUDA libraries of ONNX Runtime: " +
      "`node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12`, " +
      "or DISTILLATE_ORT_LIB with the path of a libonnxruntime 1.30 built with CUDA.",
  },
  webgpu: {
    title: "WebGPU",
    memoryName: "WebGPU_Buffer",
    append: (api, sessionOptions) => api.call("SessionOptionsAppendExecutionProvider", sessionOptions, "WebGPU", null, null, 0),
    hint: "It needs a GPU with its driver: Vulkan and libvulkan.so.1 on Linux, Direct3D 12 on Windows, Metal on macOS.",
  },
};

/** Makes sessions of these options fail where the device cannot run a node. */
export function refuseFallback(api: OrtApi, sessionOptions: Pointer): void {
  api.call("AddSessionConfigEntry", sessionOptions, NO_FALLBACK_KEY, "1");
}
