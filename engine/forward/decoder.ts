// Runs passes over token trees: opens the graph that a pass needs, binds its buffers and gives back logits.
import { basename } from "node:path";
import type { DecoderConfig } from "../checkpoint/checkpoint.js";
import { GROUP_ROWS, KeySummaries } from "../cache/key-summaries.js";
import { KvBuffer } from "../cache/kv-buffer.js";
import type { ConvertedModel } from "../graph/converted-cache.js";
import { wideNames } from "../graph/attention/wide-attention.js";
import { writeDecoder, type AttentionKind, type Precision } from "../graph/decoder-graph.js";
import { slotNames } from "../graph/graph-names.js";
import type { KvScales } from "../graph/kv-scales.js";
import { encodeModel, type Graph } from "../graph/onnx-model.js";
import type { WeightMap } from "../graph/weights/weight-map.js";
import { ATTENTION_PRECISIONS } from "../ort/device/provider.js";
import type { Runtime, StateType } from "../ort/runtime.js";
import type { Session } from "../ort/session.js";
import type { SharedWeights } from "../ort/shared-weights.js";
import type { AnyTensor, Tensor } from "../ort/tensor.js";
import { AttentionBias } from "./attention-bias.js";
import { checkPass } from "./check-pass.js";
import { findRowLimit } from "./find-row-limit.js";
import { OpenGraph } from "./open-graph.js";
import type { Pass, SlotPass } from "./pass.js";
import { RotaryTensors } from "./rotary-tensors.js";
import { splitPass, splitSlots, type PassPart } from "./split-pass.js";
import { createRowCells, createSparseInputs } from "./sparse/sparse-inputs.js";
import { planLevels } from "./sparse/sparse-plan.js";

/** A pass of so many takes long beside finding pages again. */
const MANY_ROWS = 64;

/** New rows of a slot that are worth f32 copies of an int8 buffer. */
const WIDE_ROWS = 32;
const WIDE_KINDS = { causal: "causalWide", dense: "denseWide" } as const;

/** It takes one; sparse attention reads a block. */
const FILLER_ROWS = 64;

export interface LoadDecoderOptions {
  converted: ConvertedModel;
  config: DecoderConfig;
  /** Threads within one operator. */
  threadCount: number;
  /** Of what attention computes with, and of keys and values without scales. Default: f32, and f16 on CUDA, whose attention has no f32. */
  precision?: Precision;
  /** Keys and values are kept as int8 of these scales: on the CPU. */
  kvScales?: KvScales;
}

export class Decoder {
  readonly config: DecoderConfig;
  readonly #runtime: Runtime;
  readonly #threadCount: number;
  readonly #precision: Precision;
  readonly #kvScales: KvScales | undefined;
  readonly #map: WeightMap;
  readonly #weights: SharedWeights;
  readonly #graphs = new Map<string, OpenGraph>();
  readonly #opening = new Map<string, Promise<OpenGraph>>();
  readonly #failures = new Map<string, Error>();
  readonly #bias: AttentionBias;
  readonly #rotary: RotaryTensors;
  #logitsBuffer = new Float32Array();
  /** New rows of a slot that one pass computes at most. */
  #rowLimit = Number.POSITIVE_INFINITY;
  /** Stands in for a slot that a pass lacks. */
  #filler: KvBuffer | undefined;
  #isRunning = false;
  #isClosed = false;

  private constructor(runtime: Runtime, weights: SharedWeights, { converted, config, threadCount, precision, kvScales }: LoadDecoderOptions) {
    this.config = config;
    this.#runtime = runtime;
    this.#threadCount = threadCount;
    this.#precision = precision ?? ATTENTION_PRECISIONS[runtime.device];
    this.#kvScales = kvScales;
    this.#map = converted.map;
    this.#weights = weights;
    this.#bias = new AttentionBias(runtime, this.#precision);
    this.#rotary = new RotaryTensors(runtime, config);
  }

  /** Opens the graph of one slot; graphs of more share its weights and are opened when first needed. */
  static async load(runtime: Runtime, options: LoadDecoderOptions): Promise<Decoder> {
    const { weightsPath, map } = options.converted;
    const decoder = new Decoder(runtime, await runtime.openWeights(weightsPath, map.tensors), options);
    try {
      await decoder.prepare(1);
      if (options.kvScales) await decoder.prepare(1, WIDE_KINDS.causal);
      if (runtime.device !== "cpu") decoder.#rowLimit = await decoder.#findRowLimit();
      return decoder;
    } catch (error) {
      await decoder.close();
      throw error;
    }
  }

  /** Of keys and values. */
  get kvType(): StateType {
    return this.#kvScales ? "int8" : this.#precision;
  }

  /** Untouched pages cost no memory on systems that commit lazily. The caller releases the buffer. */
  createBuffer(capacity: number): KvBuffer {
    const { layerCount, kvHeadCount, headSize } = this.config;
    const allocated: AnyTensor[] = [];
    const byLayer = (type: StateType, shape: readonly number[]): AnyTensor[] =>
      Array.from({ length: layerCount }, () => {
        const tensor = this.#runtime.createState(type, shape);
        allocated.push(tensor);
        return tensor;
      });
    try {
      const keys = byLayer(this.kvType, [1, kvHeadCount, capacity, headSize]);
      const values = byLayer(this.kvType, [1, kvHeadCount, capacity, headSize]);
      const means = byLayer(this.#precision, [kvHeadCount, Math.ceil(capacity / GROUP_ROWS), headSize]);
      return new KvBuffer({ keys, values, summaries: new KeySummaries(means) }, this.config, capacity);
    } catch (error) {
      for (const tensor of allocated) tensor.release();
      throw error;
    }
  }

  /** Allocated for the logits of a pass. */
  get logitsBytes(): number {
    return this.#logitsBuffer.byteLength;
  }

  /** Opens the graph for passes of so many slots ahead of the first one; passes may run meanwhile. */
  async prepare(slotCount: number, kind: AttentionKind = slotCount === 1 ? "causal" : "dense"): Promise<void> {
    await this.#graph(graphKey(slotCount, kind));
  }

  /**
   * Computes the pass's rows and writes their keys and values into the buffers. One pass at a time.
   *
   * @returns [wanted, vocabulary] f32, overwritten by the next run.
   * @throws RangeError where the pass cannot be computed; nothing has been written then.
   */
  async run(pass: Pass): Promise<Float32Array> {
    checkPass(pass, this.config);
    if (this.#isRunning) throw new Error("A pass is running.");
    this.#isRunning = true;
    try {
      const parts = splitPass(pass, this.#rowLimit);
      return parts.length === 1 ? await this.#runPacked(pass) : await this.#runParts(parts, pass.wanted.length);
    } finally {
      // Rows of the embedding that were looked up would stay mapped, each with its neighbours: 60 MB after 500 tokens.
      if (pass.slots.some(({ tokens }) => tokens.length >= MANY_ROWS)) this.#weights.dropPages();
      this.#isRunning = false;
    }
  }

  async #runParts(parts: readonly PassPart[], wantedCount: number): Promise<Float32Array> {
    const { vocabularySize } = this.config;
    const all = new Float32Array(wantedCount * vocabularySize);
    for (const { pass, places } of parts) {
      const logits = await this.#runPacked(pass);
      for (const [row, place] of places.entries()) {
        all.set(logits.subarray(row * vocabularySize, (row + 1) * vocabularySize), place * vocabularySize);
      }
    }
    return all;
  }

  /** All slots at once; one by one while the graph for so many is being opened. */
  async #runPacked(pass: Pass): Promise<Float32Array> {
    const kind = this.#kindOf(pass);
    const key = graphKey(pass.slots.length, kind);
    if (pass.slots.length === 1) return this.#run(pass, kind, await this.#graph(key));
    const graph = this.#graphs.get(key.join());
    if (graph) return this.#run(this.#fill(pass, key.length), kind, graph);
    this.#openAside(key);
    return this.#runParts(splitSlots(pass), pass.wanted.length);
  }

  /** A pass with as many slots as its graph has: one more row costs less than one more graph. */
  #fill(pass: Pass, slotCount: number): Pass {
    if (pass.slots.length === slotCount) return pass;
    this.#filler ??= this.createBuffer(FILLER_ROWS);
    return { ...pass, slots: [...pass.slots, { buffer: this.#filler, pastLength: 0, tokens: [0], positions: [0] }] };
  }

  async #run(pass: Pass, kind: AttentionKind, graph: OpenGraph): Promise<Float32Array> {
    const owned: Tensor[] = [];
    try {
      const logits = this.#createLogits(pass.wanted.length);
      owned.push(logits);
      const slots = pass.slots.map((slot, index) => {
        const inputs = this.#slotInputs(kind, slot, index);
        owned.push(...Object.values(inputs));
        return inputs;
      });
      const deepest = Math.max(...pass.slots.map(({ positions }) => largest(positions)));
      const rotary = await this.#rotary.upTo(deepest);
      for (const { buffer, pastLength } of pass.slots) buffer.summaries.invalidate(pastLength);
      await graph.run(pass, { slots, logits, ...rotary });
      if (kind === "sparse") for (const { buffer, pastLength, tokens } of pass.slots) buffer.summaries.complete(pastLength + tokens.length);
      return logits.data as Float32Array;
    } finally {
      for (const tensor of owned) tensor.release();
    }
  }

  #slotInputs(kind: AttentionKind, slot: SlotPass, index: number): Record<string, Tensor> {
    if (kind === "causal") return {};
    const bias = (): Record<string, Tensor> => ({ [slotNames(index).bias]: this.#bias.tensor(index, slot) });
    if (kind === "dense") return bias();
    if (kind !== "sparse") return { ...this.#wideInputs(slot, index), ...(kind === "denseWide" && bias()) };
    const plans = planLevels(this.config, slot, { keep: slot.keep ?? 1, summarizedRows: slot.buffer.summaries.rows });
    return createSparseInputs(this.#runtime, this.config, index, { rows: slot, plans, precision: this.#precision });
  }

  #wideInputs(slot: SlotPass, index: number): Record<string, Tensor> {
    const { rowCells, heldRows } = wideNames(index);
    const held = BigInt64Array.of(BigInt(slot.pastLength + slot.tokens.length));
    return { [rowCells]: createRowCells(this.#runtime, this.config, slot), [heldRows]: this.#runtime.createTensor(held, [1]) };
  }

  #kindOf(pass: Pass): AttentionKind {
    const kind = kindOf(pass);
    const isWide = this.#kvScales !== undefined && pass.slots.some(({ tokens }) => tokens.length >= WIDE_ROWS);
    return isWide && kind !== "sparse" ? WIDE_KINDS[kind] : kind;
  }

  /** Waits for graphs that are being opened, then gives back all memory but that of buffers. No pass may be running. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#opening.size > 0) await Promise.allSettled(this.#opening.values());
    for (const graph of this.#graphs.values()) graph.close();
    this.#filler?.release();
    this.#rotary.release();
    this.#weights.close();
  }

  /** A failure is thrown to the pass that would wait for the graph next. */
  #openAside(key: readonly AttentionKind[]): void {
    const name = key.join();
    const failure = this.#failures.get(name);
    this.#failures.delete(name);
    if (failure) throw failure;
    this.#graph(key).catch((error: Error) => this.#failures.set(name, error));
  }

  async #graph(slots: readonly AttentionKind[]): Promise<OpenGraph> {
    if (this.#isClosed) throw new Error("The decoder is closed.");
    const name = slots.join();
    const known = this.#graphs.get(name) ?? this.#opening.get(name);
    if (known) return known;
    const opening = this.#open(slots);
    this.#opening.set(name, opening);
    try {
      const graph = await opening;
      this.#graphs.set(name, graph);
      return graph;
    } finally {
      this.#opening.delete(name);
    }
  }

  async #open(slots: readonly AttentionKind[]): Promise<OpenGraph> {
    const activations = this.#runtime.device === "cpu" ? "int8" : "f32";
    const graph = writeDecoder(this.config, this.#map, { slots, precision: this.#precision, kvScales: this.#kvScales, activations });
    return new OpenGraph(this.#runtime, await this.#openSession(graph), graph, slots.length);
  }

  #openSession(graph: Graph): Promise<Session> {
    const model = encodeModel(graph, basename(this.#weights.dataFile));
    return this.#runtime.createSession(model, { threadCount: this.#threadCount, weights: this.#weights });
  }

  #findRowLimit(): Promise<number> {
    const openSession = (graph: Graph): Promise<Session> => this.#openSession(graph);
    return findRowLimit(this.#runtime, { config: this.config, precision: this.#precision, openSession });
  }

  /** [1, wanted, vocabulary] f32 */
  #createLogits(wanted: number): Tensor {
    const { vocabularySize } = this.config;
    const length = wanted * vocabularySize;
    // Rows that no pass has wanted yet cost no memory; to grow seldom leaves little behind.
    if (this.#logitsBuffer.length < length) this.#logitsBuffer = new Float32Array(2 ** Math.ceil(Math.log2(wanted)) * vocabularySize);
    return this.#runtime.createTensor(this.#logitsBuffer.subarray(0, length), [1, wanted, vocabularySize]);
  }
}

/** Graphs of more than one slot have an even number of them. */
function graphKey(slotCount: number, kind: AttentionKind): AttentionKind[] {
  return Array.from({ length: slotCount === 1 ? 1 : Math.ceil(slotCount / 2) * 2 }, () => kind);
}

/** One kind for all slots: mixtures would multiply the graphs, and a bias costs little beside a tree, as choosing all blocks does beside a choice. */
function kindOf({ slots }: Pass): "causal" | "dense" | "sparse" {
  if (slots.some(({ keep }) => keep !== undefined)) return "sparse";
  return slots.length > 1 || slots.some(({ visible }) => visible) ? "dense" : "causal";
}

function largest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b));
}
