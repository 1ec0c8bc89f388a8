// The whole decoder as an ONNX graph: rows of several token trees in, logits of the wanted ones out, caches in place.
import type { DecoderConfig } from "../checkpoint/checkpoint.js";
import { writeEmbedding } from "./embedding.js";
import { causalAttention, denseAttention } from "./attention/dense-attention.js";
import { sparseAttention } from "./attention/sparse-attention.js";
import { causalWideAttention, denseWideAttention } from "./attention/wide-attention.js";
import type { SlotAttention } from "./attention/slot-attention.js";
import { MICROSOFT, GraphBuilder } from "./graph-builder.js";
import { GraphNames, slotNames } from "./graph-names.js";
import type { KvScales, LayerScales } from "./kv-scales.js";
import { LinearWriter, type Activations } from "./linear.js";
import { DataType, type Graph } from "./onnx-model.js";
import type { WeightMap } from "./weights/weight-map.js";

const ATTENTIONS = { dense: denseAttention, causal: causalAttention, sparse: sparseAttention, causalWide: causalWideAttention, denseWide: denseWideAttention } satisfies Record<string, SlotAttention>;

export type AttentionKind = keyof typeof ATTENTIONS;

/** Of what attention computes with, and of keys and values without scales; all else is f32. */
export type Precision = "f32" | "f16";

/** Which graph: one per combination is written and opened. */
export interface GraphKey {
  /** How each slot attends. */
  slots: readonly AttentionKind[];
  precision: Precision;
  /** Keys and values are kept as int8 of these scales; the precision is f32. Undefined: as attention computes. */
  kvScales?: KvScales;
  /** As quantized products take them. */
  activations: Activations;
}

/** A llama or qwen2 decoder; the two differ in biases (by presence) and rotary layout. */
export function writeDecoder(config: DecoderConfig, weights: WeightMap, key: GraphKey): Graph {
  const writer = new DecoderWriter(config, weights, key);
  writer.interface();
  let residual = writeEmbedding(writer.builder, weights.embedding, GraphNames.inputIds);
  let x = writer.firstNorm(residual);
  for (let layer = 0; layer < config.layerCount; layer++) {
    const isLast = layer + 1 === config.layerCount;
    let attended = writer.attend(layer, x);
    // The others have left their keys and values: nothing reads them any more.
    if (isLast) [attended, residual] = [writer.wanted(attended), writer.wanted(residual)];
    const attention = writer.projectAttended(layer, attended);
    const middle = writer.addAndNorm(`/layers.${layer}/ffn_norm`, attention, residual, `blk.${layer}.ffn_norm.weight`);
    const feedForward = writer.feedForward(layer, middle.normed);
    const [name, scale] = isLast ? ["/norm", "output_norm.weight"] : [`/layers.${layer + 1}/attn_norm`, `blk.${layer + 1}.attn_norm.weight`];
    ({ normed: x, residual } = writer.addAndNorm(name, feedForward, middle.residual, scale));
  }
  writer.head(x);
  return writer.builder.build(`${config.architecture}-decoder-${key.slots.join("-")}`);
}

class DecoderWriter {
  readonly builder: GraphBuilder;
  readonly #config: DecoderConfig;
  readonly #slots: readonly SlotAttention[];
  readonly #attentionType: DataType;
  readonly #kvScales: KvScales | undefined;
  readonly #linear: LinearWriter;

  constructor(config: DecoderConfig, weights: WeightMap, { slots, precision, kvScales, activations }: GraphKey) {
    this.builder = new GraphBuilder(weights.tensors);
    this.#config = config;
    this.#slots = slots.map((kind) => ATTENTIONS[kind]);
    this.#attentionType = precision === "f32" ? DataType.float : DataType.float16;
    this.#kvScales = kvScales;
    this.#linear = new LinearWriter(this.builder, weights.linears, activations);
  }

  interface(): void {
    const { headSize, vocabularySize } = this.#config;
    this.builder.input(GraphNames.inputIds, DataType.int64, [1, "rows"]);
    this.builder.input(GraphNames.positionIds, DataType.int64, [1, "rows"]);
    this.builder.input(GraphNames.wanted, DataType.int64, ["wanted"]);
    if (this.#slots.length > 1) this.builder.input(GraphNames.slotLengths, DataType.int64, [this.#slots.length]);
    this.builder.input(GraphNames.rotaryCosines, DataType.float, ["positions", headSize / 2]);
    this.builder.input(GraphNames.rotarySines, DataType.float, ["positions", headSize / 2]);
    this.builder.output(GraphNames.logits, DataType.float, [1, "wanted", vocabularySize]);
    for (const [slot, attention] of this.#slots.entries()) {
      attention.declare(this.builder, this.#config, slot, this.#attentionType);
      this.#declareBuffer(slot);
    }
  }

  #declareBuffer(slot: number): void {
    const { layerCount, kvHeadCount, headSize } = this.#config;
    const names = slotNames(slot);
    const type = this.#kvScales ? DataType.int8 : this.#attentionType;
    const shape = [1, kvHeadCount, `capacity.${slot}`, headSize];
    for (let layer = 0; layer < layerCount; layer++) {
      this.builder.input(names.pastKey(layer), type, shape);
      this.builder.output(names.presentKey(layer), type, shape);
      this.builder.input(names.pastValue(layer), type, shape);
      this.builder.output(names.presentValue(layer), type, shape);
    }
  }

  firstNorm(h: string): string {
    return this.builder.node("SimplifiedLayerNormalization", {
      name: "/layers.0/attn_norm",
      inputs: [h, this.builder.weight("blk.0.attn_norm.weight")],
      attributes: { axis: -1, stash_type: 1, epsilon: { float: this.#config.rmsNormEpsilon } },
    });
  }

  /**
   * ```
   *   x ─┬─ q_proj ── RotaryEmbedding ─┐          ┌─ attention of slot 0 ─┐
   *      ├─ k_proj ── RotaryEmbedding ─┼─ Split ──┼─ ...                  ┼─ Concat ── attended   [1, rows, heads * headDim] f32
   *      └─ v_proj ────────────────────┘          └─ attention of slot n ─┘
   * ```
   * Split and Concat only where there are several slots; Cast around it all where attention computes with half floats.
   */
  attend(layer: number, x: string): string {
    const path = `/layers.${layer}/attn`;
    const q = this.#rotate(`${path}/q_rotary`, this.#linear.write(`${path}/q_proj`, x, `blk.${layer}.attn_q`));
    const k = this.#rotate(`${path}/k_rotary`, this.#linear.write(`${path}/k_proj`, x, `blk.${layer}.attn_k`));
    const v = this.#linear.write(`${path}/v_proj`, x, `blk.${layer}.attn_v`);
    const toAttention = (rows: string): string => this.#cast(rows, this.#attentionType);
    return this.#cast(this.#attendInSlots(layer, { q: toAttention(q), k: toAttention(k), v: toAttention(v) }), DataType.float);
  }

  /** [1, rows, hidden] f32 */
  projectAttended(layer: number, attended: string): string {
    return this.#linear.write(`/layers.${layer}/attn/o_proj`, attended, `blk.${layer}.attn_output`);
  }

  #cast(x: string, type: DataType): string {
    if (this.#attentionType === DataType.float) return x;
    return this.builder.node("Cast", { name: `${x}/cast`, inputs: [x], attributes: { to: type } });
  }

  #attendInSlots(layer: number, packed: { q: string; k: string; v: string }): string {
    const name = `/layers.${layer}/attn`;
    const scales = this.#layerScales(layer);
    if (this.#slots.length === 1) return this.#slots[0].write(this.builder, this.#config, { layer, slot: 0, name, scales, ...packed });
    const [q, k, v] = [packed.q, packed.k, packed.v].map((rows) => this.#split(rows));
    const inputs = this.#slots.map((attention, slot) =>
      attention.write(this.builder, this.#config, { layer, slot, name: `${name}/slots.${slot}`, scales, q: q[slot], k: k[slot], v: v[slot] }),
    );
    return this.builder.node("Concat", { name, inputs, attributes: { axis: 1 } });
  }

  #layerScales(layer: number): LayerScales | undefined {
    return this.#kvScales && { keys: this.#kvScales.keys[layer], values: this.#kvScales.values[layer] };
  }

  #split(rows: string): string[] {
    const outputs = this.#slots.map((_, slot) => `${rows}/slots.${slot}`);
    this.builder.node("Split", { name: `${rows}/split`, inputs: [rows, GraphNames.slotLengths], outputs, attributes: { axis: 1 } });
    return outputs;
  }

  #rotate(name: string, x: string): string {
    return this.builder.node("RotaryEmbedding", {
      name,
      domain: MICROSOFT,
      inputs: [x, GraphNames.positionIds, GraphNames.rotaryCosines, GraphNames.rotarySines],
      // GGUF keeps llama's query and key rows permuted for neighbouring pairs; qwen2 pairs halves.
      attributes: { interleaved: this.#config.architecture === "llama" ? 1 : 0 },
    });
  }

  /**
   * ```
   *   x ─┬─ gate_proj ── SiLU ─┐
   *      └─ up_proj ───────────┴─ Mul ── down_proj ── y   [1, rows, hidden] f32
   * ```
   */
  feedForward(layer: number, x: string): string {
    const path = `/layers.${layer}/ffn`;
    const gate = this.#linear.write(`${path}/gate_proj`, x, `blk.${layer}.ffn_gate`);
    const up = this.#linear.write(`${path}/up_proj`, x, `blk.${layer}.ffn_up`);
    // QuickGelu(x) = x * sigmoid(alpha * x) is SiLU at alpha 1, in one pass over memory.
    const activated = this.builder.node("QuickGelu", {
      name: `${path}/silu`,
      domain: MICROSOFT,
      inputs: [gate],
      attributes: { alpha: { float: 1 } },
    });
    const product = this.builder.node("Mul", { name: `${path}/product`, inputs: [activated, up] });
    return this.#linear.write(`${path}/down_proj`, product, `blk.${layer}.ffn_down`);
  }

  /** residual' = x + residual; normed = RMSNorm(residual') */
  addAndNorm(name: string, x: string, residual: string, scale: string): { normed: string; residual: string } {
    const sum = `${name}/residual`;
    const normed = this.builder.node("SkipSimplifiedLayerNormalization", {
      name,
      domain: MICROSOFT,
      inputs: [x, residual, this.builder.weight(scale)],
      outputs: [name, "", "", sum],
      attributes: { epsilon: { float: this.#config.rmsNormEpsilon } },
    });
    return { normed, residual: sum };
  }

  head(x: string): void {
    this.#linear.write(GraphNames.logits, x, "output");
  }

  /** Of a row for each token, those whose logits are wanted. */
  wanted(x: string): string {
    return this.builder.node("Gather", { name: `${x}/wanted`, inputs: [x, GraphNames.wanted], attributes: { axis: 1 } });
  }
}
