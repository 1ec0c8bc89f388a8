// The whole decoder as an ONNX graph: token ids and a KV cache in, logits and the same cache out.
import type { DecoderConfig } from "../checkpoint/checkpoint.js";
import type { TensorReader } from "./blocks/tensor-reader.js";
import { writeEmbedding } from "./embedding.js";
import { MICROSOFT, type GraphBuilder } from "./graph-builder.js";
import { LinearWriter, type WeightMode } from "./linear.js";
import { DataType } from "./onnx-model.js";

export interface DecoderGraphOptions {
  weights: WeightMode;
  /** Called after each layer; layers of the model in all. */
  onLayer?: (doneLayers: number) => void;
}

/** Names of the graph's inputs and outputs, for whoever binds them. */
export const GraphNames = {
  /** [1, tokens] i64 */
  inputIds: "input_ids",
  /** [1] i32: tokens in the cache after this run, less one. */
  lastPosition: "seqlens_k",
  /** scalar i32: tokens in the cache after this run. */
  totalLength: "total_sequence_length",
  /** [1] i64: the first token of this run whose logits are wanted; negative counts from the end. */
  logitsStart: "logits_start",
  /** [positions, headDim / 2] f32, of rotary-tables.ts; positions beyond the cache's capacity are never read. */
  rotaryCosines: "rotary_cosines",
  rotarySines: "rotary_sines",
  /** [1, wanted tokens, vocabulary] f32 */
  logits: "logits",
  pastKey: (layer: number) => `past_key.${layer}`,
  pastValue: (layer: number) => `past_value.${layer}`,
  presentKey: (layer: number) => `present_key.${layer}`,
  presentValue: (layer: number) => `present_value.${layer}`,
} as const;

/** Writes the nodes of a llama or qwen2 decoder; the two differ in biases (by presence) and rotary layout. */
export async function writeDecoder(
  builder: GraphBuilder,
  config: DecoderConfig,
  reader: TensorReader,
  options: DecoderGraphOptions,
): Promise<void> {
  const writer = new DecoderWriter(builder, config, reader, options.weights);
  writer.inputs();
  let residual = await writeEmbedding(builder, reader, GraphNames.inputIds);
  let x = await writer.firstNorm(residual);
  for (let layer = 0; layer < config.layerCount; layer++) {
    const attention = await writer.attention(layer, x);
    const middle = await writer.addAndNorm(`/layers.${layer}/ffn_norm`, attention, residual, `blk.${layer}.ffn_norm.weight`);
    const feedForward = await writer.feedForward(layer, middle.normed);
    ({ normed: x, residual } =
      layer + 1 < config.layerCount
        ? await writer.addAndNorm(`/layers.${layer + 1}/attn_norm`, feedForward, middle.residual, `blk.${layer + 1}.attn_norm.weight`)
        : await writer.finalNorm(feedForward, middle.residual));
    options.onLayer?.(layer + 1);
  }
  await writer.head(x);
}

class DecoderWriter {
  readonly #builder: GraphBuilder;
  readonly #config: DecoderConfig;
  readonly #reader: TensorReader;
  readonly #linear: LinearWriter;

  constructor(builder: GraphBuilder, config: DecoderConfig, reader: TensorReader, weights: WeightMode) {
    this.#builder = builder;
    this.#config = config;
    this.#reader = reader;
    this.#linear = new LinearWriter(builder, reader, weights);
  }

  inputs(): void {
    const { layerCount, kvHeadCount, headSize, vocabularySize } = this.#config;
    this.#builder.input(GraphNames.inputIds, DataType.int64, [1, "tokens"]);
    this.#builder.input(GraphNames.lastPosition, DataType.int32, [1]);
    this.#builder.input(GraphNames.totalLength, DataType.int32, []);
    this.#builder.input(GraphNames.logitsStart, DataType.int64, [1]);
    this.#builder.output(GraphNames.logits, DataType.float, [1, "wanted", vocabularySize]);
    for (let layer = 0; layer < layerCount; layer++) {
      for (const [past, present] of [
        [GraphNames.pastKey(layer), GraphNames.presentKey(layer)],
        [GraphNames.pastValue(layer), GraphNames.presentValue(layer)],
      ]) {
        this.#builder.input(past, DataType.float, [1, kvHeadCount, "capacity", headSize]);
        this.#builder.output(present, DataType.float, [1, kvHeadCount, "capacity", headSize]);
      }
    }
    this.#builder.input(GraphNames.rotaryCosines, DataType.float, ["positions", headSize / 2]);
    this.#builder.input(GraphNames.rotarySines, DataType.float, ["positions", headSize / 2]);
  }

  async firstNorm(h: string): Promise<string> {
    return this.#builder.node("SimplifiedLayerNormalization", {
      name: "/layers.0/attn_norm",
      inputs: [h, await this.#scale("blk.0.attn_norm.weight")],
      attributes: { axis: -1, stash_type: 1, epsilon: { float: this.#config.rmsNormEpsilon } },
    });
  }

  /**
   * ```
   *   x ─┬─ q_proj ─┐
   *      ├─ k_proj ─┼─ GroupQueryAttention (rotary inside, cache in place) ── o_proj ── y   [1, tokens, hidden] f32
   *      └─ v_proj ─┘
   * ```
   */
  async attention(layer: number, x: string): Promise<string> {
    const { headCount, kvHeadCount, headSize, architecture } = this.#config;
    const path = `/layers.${layer}/attn`;
    const q = await this.#linear.write(`${path}/q_proj`, x, `blk.${layer}.attn_q`);
    const k = await this.#linear.write(`${path}/k_proj`, x, `blk.${layer}.attn_k`);
    const v = await this.#linear.write(`${path}/v_proj`, x, `blk.${layer}.attn_v`);
    const attended = this.#builder.node("GroupQueryAttention", {
      name: path,
      domain: MICROSOFT,
      inputs: [
        q, k, v, GraphNames.pastKey(layer), GraphNames.pastValue(layer),
        GraphNames.lastPosition, GraphNames.totalLength, GraphNames.rotaryCosines, GraphNames.rotarySines,
      ],
      outputs: [path, GraphNames.presentKey(layer), GraphNames.presentValue(layer)],
      attributes: {
        num_heads: headCount,
        kv_num_heads: kvHeadCount,
        scale: { float: headSize ** -0.5 },
        do_rotary: 1,
        // GGUF keeps llama's query and key rows permuted for neighbouring pairs; qwen2 pairs halves.
        rotary_interleaved: architecture === "llama" ? 1 : 0,
      },
    });
    return this.#linear.write(`${path}/o_proj`, attended, `blk.${layer}.attn_output`);
  }

  /**
   * ```
   *   x ─┬─ gate_proj ── SiLU ─┐
   *      └─ up_proj ───────────┴─ Mul ── down_proj ── y   [1, tokens, hidden] f32
   * ```
   */
  async feedForward(layer: number, x: string): Promise<string> {
    const path = `/layers.${layer}/ffn`;
    const gate = await this.#linear.write(`${path}/gate_proj`, x, `blk.${layer}.ffn_gate`);
    const up = await this.#linear.write(`${path}/up_proj`, x, `blk.${layer}.ffn_up`);
    // QuickGelu(x) = x * sigmoid(alpha * x) is SiLU at alpha 1, in one pass over memory.
    const activated = this.#builder.node("QuickGelu", {
      name: `${path}/silu`,
      domain: MICROSOFT,
      inputs: [gate],
      attributes: { alpha: { float: 1 } },
    });
    const product = this.#builder.node("Mul", { name: `${path}/product`, inputs: [activated, up] });
    return this.#linear.write(`${path}/down_proj`, product, `blk.${layer}.ffn_down`);
  }

  /** residual' = x + residual; normed = RMSNorm(residual') */
  async addAndNorm(name: string, x: string, residual: string, scale: string): Promise<{ normed: string; residual: string }> {
    const sum = `${name}/residual`;
    const normed = this.#builder.node("SkipSimplifiedLayerNormalization", {
      name,
      domain: MICROSOFT,
      inputs: [x, residual, await this.#scale(scale)],
      outputs: [name, "", "", sum],
      attributes: { epsilon: { float: this.#config.rmsNormEpsilon } },
    });
    return { normed, residual: sum };
  }

  /** As `addAndNorm`, for the tokens whose logits are wanted only. */
  finalNorm(x: string, residual: string): Promise<{ normed: string; residual: string }> {
    return this.addAndNorm("/norm", this.#wanted(x), this.#wanted(residual), "output_norm.weight");
  }

  async head(x: string): Promise<void> {
    const tensor = this.#reader.has("output.weight") ? "output" : "token_embd";
    await this.#linear.write(GraphNames.logits, x, tensor);
  }

  #wanted(x: string): string {
    const end = this.#builder.integers([Number.MAX_SAFE_INTEGER]);
    return this.#builder.node("Slice", {
      name: `${x}/wanted`,
      inputs: [x, GraphNames.logitsStart, end, this.#builder.integers([1])],
    });
  }

  async #scale(tensor: string): Promise<string> {
    const values = await this.#reader.readVector(tensor);
    return this.#builder.weight(tensor, values, [values.length]);
  }
}
