// Writes the tensors of a checkpoint into the weights file, in the forms that graphs take, and says where they are.
import type { DecoderConfig } from "../../checkpoint/checkpoint.js";
import { appendOffsets } from "../blocks/append-offsets.js";
import { pairBlocks } from "../blocks/pair-blocks.js";
import type { QuantizedWeight } from "../blocks/quantized-weight.js";
import { requantize4Bits } from "../blocks/requantize.js";
import type { TensorReader, Weight } from "../blocks/tensor-reader.js";
import { DataType } from "../onnx-model.js";
import { splitRows } from "./split-rows.js";
import type { EmbeddingForm, LinearForm, ProductForm, StoredTensor, WeightMap } from "./weight-map.js";
import type { WeightLocation, WeightsFile } from "./weights-file.js";

/**
 * How the file's blocks become the graph's: as they are (of layers, those of 16 in pairs, see `pair-blocks.ts`), or in 4 bits with
 * blocks of 128 (lossy).
 */
export const WEIGHT_MODES = ["exact", "fast"] as const;
export type WeightMode = (typeof WEIGHT_MODES)[number];

export interface ConvertWeightsOptions {
  weights: WeightMode;
  /** Called after each layer; layers of the model in all. */
  onLayer?: (doneLayers: number) => void;
}

const EMBEDDING = "token_embd";
const HEAD = "output";
/** Products with smaller ones take 2.5 times as long (256 rows, 0.5B, 2 threads). */
const SMALLEST_FAST_BLOCK = 32;
const LAYER_LINEARS = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];

export async function convertWeights(
  file: WeightsFile,
  reader: TensorReader,
  { layerCount }: DecoderConfig,
  options: ConvertWeightsOptions,
): Promise<WeightMap> {
  const converter = new Converter(file, reader, options.weights);
  const embedding = await converter.embedding();
  for (let layer = 0; layer < layerCount; layer++) {
    for (const norm of ["attn_norm", "ffn_norm"]) await converter.vector(`blk.${layer}.${norm}.weight`);
    for (const linear of LAYER_LINEARS) await converter.linear(`blk.${layer}.${linear}`);
    options.onLayer?.(layer + 1);
  }
  await converter.vector("output_norm.weight");
  await converter.linear(HEAD, reader.has(`${HEAD}.weight`) ? HEAD : EMBEDDING);
  return { tensors: converter.tensors, embedding, linears: converter.linears };
}

class Converter {
  readonly tensors: Record<string, StoredTensor> = {};
  readonly linears: Record<string, LinearForm> = {};
  readonly #file: WeightsFile;
  readonly #reader: TensorReader;
  readonly #mode: WeightMode;
  /** Constants of the same source and form share their bytes (a tied embedding and head). */
  readonly #locations = new Map<string, WeightLocation>();

  constructor(file: WeightsFile, reader: TensorReader, mode: WeightMode) {
    this.#file = file;
    this.#reader = reader;
    this.#mode = mode;
  }

  /** The file's own blocks in either mode: looking rows up costs no time that fewer bits would save. */
  async embedding(): Promise<EmbeddingForm> {
    const read = await this.#reader.readWeight(`${EMBEDDING}.weight`);
    if (read.kind === "plain") {
      return { kind: "plain", values: await this.#store(`${EMBEDDING}.table`, read.values, [read.rows, read.columns]) };
    }
    const { rows, columns, bits, blockSize, quants, scales, offsets } = read.weight;
    const blockCount = columns / blockSize;
    const share = `${EMBEDDING}/exact`;
    return {
      kind: "quantized", rows, columns, bits, blockSize,
      quants: await this.#store(`${EMBEDDING}.table_quants`, quants, [rows, (columns * bits) / 8], `${share}/quants`),
      scales: await this.#store(`${EMBEDDING}.table_scales`, scales, [rows, blockCount], `${share}/scales`),
      ...(offsets && { offsets: await this.#store(`${EMBEDDING}.table_offsets`, offsets, [rows, blockCount]) }),
    };
  }

  /** A norm's scale or a bias. */
  async vector(tensor: string): Promise<string> {
    const values = await this.#reader.readVector(tensor);
    return this.#store(tensor, values, [values.length]);
  }

  /** @param source Name in the model file without `.weight`; a bias of the same name belongs to it if there is one. */
  async linear(name: string, source = name): Promise<void> {
    const bias = this.#reader.has(`${source}.bias`) ? { bias: await this.vector(`${source}.bias`) } : {};
    const read = await this.#reader.readWeight(`${source}.weight`);
    const form = read.kind === "plain" ? await this.#plain(name, read) : await this.#quantized(name, read.weight, source);
    this.linears[name] = splitRows({ ...form, ...bias }, this.tensors);
  }

  async #plain(name: string, { rows, columns, values }: Weight & { kind: "plain" }): Promise<ProductForm> {
    const transposed = new Float32Array(values.length);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) transposed[column * rows + row] = values[row * columns + column];
    }
    return { kind: "plain", values: await this.#store(`${name}.weight`, transposed, [columns, rows]) };
  }

  async #quantized(name: string, read: QuantizedWeight, source: string): Promise<ProductForm> {
    if (this.#mode === "fast") {
      const weight = requantize4Bits(read);
      const { rows, zeroPoints } = weight;
      const blocks = await this.#blocks(name, weight, `${source}/fast`);
      return { ...blocks, zeroPoints: await this.#store(`${name}.zero_points`, zeroPoints, [rows, zeroPoints.length / rows]) };
    }
    // The head computes few rows, and what it rounds shows in the logits at once.
    const exact = name === HEAD || read.blockSize >= SMALLEST_FAST_BLOCK ? read : pairBlocks(read);
    const { offsets } = exact;
    if (!offsets) return this.#blocks(name, exact, `${source}/exact`);
    const { weight, sums } = appendOffsets({ ...exact, offsets });
    return { ...(await this.#blocks(name, weight)), sums };
  }

  async #blocks(name: string, { rows, columns, bits, blockSize, quants, scales }: QuantizedWeight, share = name) {
    const blockCount = Math.ceil(columns / blockSize);
    return {
      kind: "quantized" as const, rows, columns, bits, blockSize,
      quants: await this.#store(`${name}.quants`, quants, [rows, blockCount, (blockSize * bits) / 8], `${share}/quants`),
      scales: await this.#store(`${name}.scales`, scales, [rows, blockCount], `${share}/scales`),
    };
  }

  async #store(name: string, data: Uint8Array | Float32Array, shape: readonly number[], share = name): Promise<string> {
    const location = this.#locations.get(share) ?? (await this.#file.append(data));
    this.#locations.set(share, location);
    const type = data instanceof Float32Array ? DataType.float : DataType.uint8;
    this.tensors[name] = { type, shape, ...location };
    return name;
  }
}
