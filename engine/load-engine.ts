// From a model file to a running engine: reads, converts once, opens the session.
import { availableParallelism } from "node:os";
import { basename } from "node:path";
import { kvBudgetRows } from "./cache/kv-budget.js";
import type { RowForm } from "./cache/prefix-file.js";
import { PrefixStore } from "./cache/prefix-store.js";
import type { Checkpoint } from "./checkpoint/checkpoint.js";
import { adviceFor } from "./checkpoint/family-advice.js";
import { openGguf } from "./checkpoint/gguf.js";
import { homeFolder } from "./checkpoint/home-folder.js";
import { CheckpointError } from "./error/checkpoint-error.js";
import { RuntimeError } from "./error/runtime-error.js";
import { Engine } from "./engine.js";
import { keepKvScales, scalesChecksum } from "./forward/kv-scales/kept-kv-scales.js";
import { measureKvScales } from "./forward/kv-scales/measure-kv-scales.js";
import { ATTENTION_MODES, createAttentionPolicy, type AttentionMode, type AttentionPolicy } from "./forward/sparse/attention-policy.js";
import { type ConvertedModel, convertOnce } from "./graph/converted-cache.js";
import type { KvScales } from "./graph/kv-scales.js";
import { WEIGHT_MODES, type WeightMode } from "./graph/weights/convert-weights.js";
import { EngineCounts } from "./observation/engine-stats.js";
import { EventHub } from "./observation/event-hub.js";
import type { EngineListener } from "./observation/log-event.js";
import { ATTENTION_PRECISIONS, DEVICE_OPTIONS, type DeviceName, type DeviceOption } from "./ort/device/provider.js";
import { openTelemetryListener } from "./observation/open-telemetry.js";
import { ALL_ON, type EngineSwitches } from "./switches.js";
import { createTokenizer } from "./tokenizer/create-tokenizer.js";

/** See `LoadEngineOptions`. */
export const KV_CACHE_MODES = ["exact", "int8"] as const;
export type KvCacheMode = (typeof KV_CACHE_MODES)[number];

/** Positions reserved where the caller names no length; longer ones cost address space for the KV cache. */
const DEFAULT_CONTEXT_LENGTH = 32_768;

export interface LoadEngineOptions {
  /**
   * How the file's blocks reach the processor: `exact` keeps every quant; `fast` makes them 4-bit blocks of 128,
   * which decodes faster and is lossy. Default `exact`.
   */
  weights?: WeightMode;
  /**
   * Where the model computes. A device that is named must work; `auto` is the first of `cuda`, `webgpu` (on a GPU that is
   * none in software) and `cpu` on which something really was computed. Default `cpu`. `distillate doctor --device cuda`
   * checks and measures a device. Nothing but the CPU and a WebGPU in software has been run by the authors.
   */
  device?: DeviceOption;
  /** Tokens of prompt and reply together. Default: the model's own, at most 32,768. */
  contextLength?: number;
  /** Default: one per core that this process may use. */
  threadCount?: number;
  /** Folder for converted models. Default: the home folder of `homeFolder()`. */
  home?: string;
  /**
   * Of the process: keys and values get what 160 MiB, 1.25 x the weights and the logits of a pass (512 bytes a token of the
   * vocabulary) leave, and requests wait for each other where that is used up. A single request must fit. Default: keys and values of `contextLength` tokens.
   */
  maxMemoryBytes?: number;
  /**
   * Whether passes over a long text read all of it (`dense`) or the blocks of 64 tokens that matter (`sparse`: the first,
   * the newest and those whose key means attract most attention). `auto`, the default, is sparse from 4,096 tokens on.
   * On CUDA `auto` is dense; on WebGPU there is nothing but dense.
   */
  attention?: AttentionMode;
  /** Share of the blocks that sparse passes read, above 0 up to 1. Default 0.25. */
  keep?: number;
  /**
   * How keys and values are kept: `exact` as attention computes with them, f32 (f16 on CUDA); `int8` in a quarter of the
   * memory, rounded in steps that are found for each model once, which is lossy. On the CPU only. Default `exact`.
   */
  kvCache?: KvCacheMode;
  /** What makes the engine fast, each to be turned off. Default: all on. */
  switches?: Partial<EngineSwitches>;
  /**
   * Told what the engine does, at once and synchronously: be quick. What it throws becomes a process warning, the
   * first time, and changes nothing else.
   */
  onEvent?: EngineListener;
  onProgress?: (progress: { stage: "convert" | "load"; doneBytes: number; totalBytes: number }) => void;
  signal?: AbortSignal;
}

/**
 * Loads a GGUF of the llama or qwen2 architecture. The first load converts it (seconds per gigabyte);
 * later ones take what was kept.
 *
 * @throws CheckpointError, UnsupportedModelError, TokenizerError where the file cannot be run.
 * @throws RuntimeError where ONNX Runtime cannot be loaded, or the device that is named cannot be used or cannot do what is asked, saying what it needs.
 * @throws DiskSpaceError where the converted model does not fit the disk, HomeFolderError where it may not be kept.
 * @throws RangeError where `keep` is no share, there is no such device, another option is no positive whole number, or `maxMemoryBytes` is too little.
 */
export async function loadEngine(modelPath: string, options: LoadEngineOptions = {}): Promise<Engine> {
  checkOptions(options);
  const checkpoint = await openGguf(modelPath);
  try {
    const { config, metadata, sizeBytes } = checkpoint;
    const tokenizer = createTokenizer(metadata);
    if (tokenizer.vocabularySize > config.vocabularySize) {
      throw new CheckpointError(`${modelPath} has ${tokenizer.vocabularySize} tokens and ${config.vocabularySize} embeddings.`);
    }
    const converted = await convertOnce(checkpoint, {
      weights: options.weights ?? "exact",
      home: options.home,
      onProgress: (progress) => options.onProgress?.({ stage: "convert", ...progress }),
      signal: options.signal,
    });
    options.signal?.throwIfAborted();
    options.onProgress?.({ stage: "load", doneBytes: 0, totalBytes: sizeBytes });
    // The runtime's bindings load native code: only who runs a model in this process pays for it.
    const [{ openRuntime }, { Decoder }] = await Promise.all([import("./ort/open-runtime.js"), import("./forward/decoder.js")]);
    const runtime = await openRuntime(options.device ?? "cpu");
    try {
      const attention = attentionOn(runtime.device, options);
      const threadCount = options.threadCount ?? availableParallelism();
      const open = (kvScales?: KvScales) => Decoder.load(runtime, { converted, config, threadCount, kvScales });
      const kvScales = isInt8(runtime.device, options) ? await keepKvScales(converted, config, () => measureKvScales(open, tokenizer)) : undefined;
      const surroundings = await prepareSurroundings(checkpoint, converted, { options, attention, device: runtime.device, kvScales });
      const decoder = await open(kvScales);
      try {
        options.onProgress?.({ stage: "load", doneBytes: sizeBytes, totalBytes: sizeBytes });
        return new Engine({ runtime, decoder, tokenizer, advice: adviceFor(metadata), ...surroundings });
      } catch (error) {
        await decoder.close();
        throw error;
      }
    } catch (error) {
      runtime.close();
      throw error;
    }
  } finally {
    await checkpoint.close();
  }
}

function checkOptions(options: LoadEngineOptions): void {
  for (const name of ["contextLength", "threadCount", "maxMemoryBytes"] as const) {
    const value = options[name] ?? 1;
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} is a whole number from 1 on, not ${value}`);
  }
  const { device = "cpu", attention = "auto", weights = "exact", kvCache = "exact", keep } = options;
  for (const [name, value, known] of [["device", device, DEVICE_OPTIONS], ["attention", attention, ATTENTION_MODES], ["weights", weights, WEIGHT_MODES], ["kvCache", kvCache, KV_CACHE_MODES]] as const) {
    if (!(known as readonly string[]).includes(value)) throw new RangeError(`${name} is one of ${known.join(", ")}, not ${String(value)}`);
  }
  if (keep !== undefined && attention === "dense") throw new RangeError('keep says what sparse attention reads; attention "dense" reads all');
  createAttentionPolicy({ mode: options.attention, keep: options.keep });
}

/**
 * The operators that choose blocks have no kernels on WebGPU. On CUDA they do, but read whole blocks of memory that
 * nobody has cleared there, and have never run.
 */
function attentionOn(device: DeviceName, { attention: mode, keep }: LoadEngineOptions): AttentionPolicy {
  if (device === "cpu") return createAttentionPolicy({ mode, keep });
  if (mode === "sparse" || keep !== undefined) {
    throw new RuntimeError(`Sparse attention does not run on ${device}.`, { hint: 'Load the model with attention "auto" or "dense", or with device "cpu".' });
  }
  return createAttentionPolicy({ mode: "dense" });
}

/** Only the CPU's kernel has been tried with them. */
function isInt8(device: DeviceName, { kvCache }: LoadEngineOptions): boolean {
  if (kvCache !== "int8") return false;
  if (device !== "cpu") throw new RuntimeError(`Keys and values are not kept in int8 on ${device}.`, { hint: 'Load the model with kvCache "exact", or with device "cpu".' });
  return true;
}

interface Choices {
  options: LoadEngineOptions;
  attention: AttentionPolicy;
  device: DeviceName;
  kvScales: KvScales | undefined;
}

/** What the engine works with beside the model itself: its memory, what is kept on disk, who is told. */
async function prepareSurroundings(
  { config, path }: Checkpoint,
  { name, map }: ConvertedModel,
  { options, attention, device, kvScales }: Choices,
) {
  const weightsBytes = Object.values(map.tensors).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const longest = Math.min(options.contextLength ?? DEFAULT_CONTEXT_LENGTH, config.contextLength);
  const precision = ATTENTION_PRECISIONS[device];
  const form: RowForm = kvScales ? { type: "int8", scalesCrc32: scalesChecksum(kvScales) } : { type: precision };
  const budgetRows = kvBudgetRows({ maxMemoryBytes: options.maxMemoryBytes, weightsBytes, config, kvType: form.type, summaryType: precision, contextLength: longest });
  const counts = new EngineCounts();
  const telemetry = await openTelemetryListener(basename(path, ".gguf"));
  const { emit } = new EventHub([counts.add, telemetry, options.onEvent].filter((listener) => listener !== undefined));
  const prefixes = await PrefixStore.open({ home: options.home ?? homeFolder(), model: name, config, form, attention, emit });
  const switches = { ...ALL_ON, ...options.switches };
  return { attention, weightsBytes, contextLength: Math.min(longest, budgetRows), budgetRows, counts, emit, prefixes, switches };
}
