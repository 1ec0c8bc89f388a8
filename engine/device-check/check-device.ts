// Tries a device: are its logits the CPU's, and how fast is it. `distillate doctor --device` prints the report.
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import type { Checkpoint, DecoderConfig } from "../checkpoint/checkpoint.js";
import { openGguf } from "../checkpoint/gguf.js";
import type { Decoder } from "../forward/decoder.js";
import { TensorReader } from "../graph/blocks/tensor-reader.js";
import { convertOnce, type ConvertedModel } from "../graph/converted-cache.js";
import { convertWeights } from "../graph/weights/convert-weights.js";
import { WEIGHTS_FILE_NAME } from "../graph/weights/weight-map.js";
import { WeightsFile } from "../graph/weights/weights-file.js";
import type { DeviceName, DeviceOption } from "../ort/device/provider.js";
import type { GpuAdapter } from "../ort/gpu-adapters.js";
import type { Runtime } from "../ort/runtime.js";
import { measureSpeed, type Speed } from "./measure-speed.js";
import { createRandomCheckpoint, type RandomWeights } from "./random-checkpoint.js";
import { compareLogits, runTrial, type Parity } from "./trial.js";

export interface DeviceCheckOptions {
  /** A GGUF file to try and measure beside the tiny models, which say nothing of speed; left alone on a GPU in software. */
  modelPath?: string;
  /** Folder for converted models. Default: that of `homeFolder()`. */
  home?: string;
}

export interface DeviceTrial extends Parity {
  model: string;
  /** Of `relativeError`, at most. */
  tolerance: number;
  isEqual: boolean;
  /** Of a real model only. */
  speed?: { cpu: Speed; device: Speed };
}

export interface DeviceReport {
  /** Which device `auto` came to, too. */
  device: DeviceName;
  runtimeVersion: string;
  /** Those that Vulkan lists. */
  adapters: readonly GpuAdapter[];
  trials: readonly DeviceTrial[];
  /** Whether all trials came out equal. */
  isSound: boolean;
}

/** Half floats and TF32 keep 11 bits; the CPU rounds activations of quantized products to 8: 8 % over the 30 layers of SmolLM2-135M. */
const TOLERANCES = { F32: 0.01, Q8_0: 0.06, model: 0.15 } as const;
const AGREEMENT = 0.9;
const TRIAL_TOKENS = 40;

/** @throws RuntimeError where the device cannot be used, saying what it needs; CheckpointError where the model cannot be read. */
export async function checkDevice(option: DeviceOption, { modelPath, home }: DeviceCheckOptions = {}): Promise<DeviceReport> {
  const [{ openRuntime }, { listGpuAdapters }] = await Promise.all([import("../ort/open-runtime.js"), import("../ort/gpu-adapters.js")]);
  const cpu = await openRuntime("cpu");
  try {
    const device = await openRuntime(option);
    try {
      return await check({ cpu, device }, { modelPath, home }, listGpuAdapters());
    } finally {
      device.close();
    }
  } finally {
    cpu.close();
  }
}

async function check(runtimes: Runtimes, { modelPath, home }: DeviceCheckOptions, adapters: readonly GpuAdapter[]): Promise<DeviceReport> {
  const folder = await mkdtemp(join(tmpdir(), "distillate-device-"));
  try {
    const trials: DeviceTrial[] = [];
    for (const type of ["F32", "Q8_0"] as const) trials.push(await tryModel(runtimes, await randomModel(folder, type), TOLERANCES[type]));
    const isSoftware = runtimes.device.device === "webgpu" && adapters.length > 0 && adapters.every((adapter) => adapter.isSoftware);
    if (modelPath && !isSoftware) trials.push(await tryFile(runtimes, modelPath, home));
    return {
      device: runtimes.device.device,
      runtimeVersion: runtimes.cpu.version,
      adapters,
      trials,
      isSound: trials.every(({ isEqual }) => isEqual),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface TriedModel {
  title: string;
  config: DecoderConfig;
  converted: ConvertedModel;
  isMeasured: boolean;
}

async function randomModel(folder: string, type: RandomWeights): Promise<TriedModel> {
  const checkpoint = createRandomCheckpoint(type);
  const weightsPath = join(await mkdtemp(join(folder, "model-")), WEIGHTS_FILE_NAME);
  const file = await WeightsFile.create(weightsPath);
  try {
    const map = await convertWeights(file, new TensorReader(checkpoint), checkpoint.config, { weights: "exact" });
    return { title: `random ${type}`, config: checkpoint.config, converted: { name: checkpoint.path, weightsPath, map }, isMeasured: false };
  } finally {
    await file.close();
  }
}

async function tryFile(runtimes: Runtimes, modelPath: string, home: string | undefined): Promise<DeviceTrial> {
  const checkpoint: Checkpoint = await openGguf(modelPath);
  try {
    const converted = await convertOnce(checkpoint, { weights: "exact", home });
    return await tryModel(runtimes, { title: modelPath, config: checkpoint.config, converted, isMeasured: true }, TOLERANCES.model);
  } finally {
    await checkpoint.close();
  }
}

interface Runtimes {
  cpu: Runtime;
  device: Runtime;
}

async function tryModel(runtimes: Runtimes, model: TriedModel, tolerance: number): Promise<DeviceTrial> {
  const expected = await withDecoder(runtimes.cpu, model);
  const found = await withDecoder(runtimes.device, model);
  const parity = compareLogits(found.logits, expected.logits);
  return {
    model: model.title,
    tolerance,
    ...parity,
    isEqual: parity.relativeError <= tolerance && parity.agreement >= AGREEMENT,
    ...(expected.speed && found.speed && { speed: { cpu: expected.speed, device: found.speed } }),
  };
}

/** One after the other, so that the model is in memory once. */
async function withDecoder(runtime: Runtime, { config, converted, isMeasured }: TriedModel): Promise<{ logits: Float32Array[]; speed?: Speed }> {
  const { Decoder } = await import("../forward/decoder.js");
  const decoder: Decoder = await Decoder.load(runtime, { converted, config, threadCount: availableParallelism() });
  try {
    const tokens = Array.from({ length: TRIAL_TOKENS }, (_, index) => (index * 37 + 11) % config.vocabularySize);
    return { logits: await runTrial(decoder, tokens), ...(isMeasured && { speed: await measureSpeed(decoder) }) };
  } finally {
    await decoder.close();
  }
}
