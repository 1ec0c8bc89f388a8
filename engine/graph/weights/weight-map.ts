// What a converted model consists of: where each constant lies in the weights file, and in which form each matrix is.
// `convert-weights.ts` writes it, `decoder-graph.ts` makes graphs from it.
import type { BlockSums } from "../blocks/append-offsets.js";
import type { DataType } from "../onnx-model.js";

export const WEIGHTS_FILE_NAME = "weights.bin";

/** A constant in the weights file. */
export interface StoredTensor {
  type: DataType;
  shape: readonly number[];
  offset: number;
  sizeBytes: number;
}

/** As `QuantizedWeight`. The names are those of stored tensors, here and below. */
interface QuantizedForm {
  kind: "quantized";
  rows: number;
  columns: number;
  bits: 4 | 8;
  blockSize: number;
  /** u8: [rows, columns * bits / 8] of an embedding, [rows, blocks, blockSize * bits / 8] of a product */
  quants: string;
  /** [rows, blocks] f32 */
  scales: string;
}

export type EmbeddingForm =
  /** values: [rows, columns] f32 */
  | { kind: "plain"; values: string }
  /** offsets: [rows, blocks] f32 */
  | (QuantizedForm & { offsets?: string });

/** bias: [rows] f32 */
export type ProductForm = { bias?: string } & (
  /** values: [columns, rows] f32 */
  | { kind: "plain"; values: string }
  /** zeroPoints: [rows, ceil(blocks * bits / 8)] u8; sums: the activation is followed by these, and columns count them. */
  | (QuantizedForm & { zeroPoints?: string; sums?: BlockSums })
);

/** A matrix of very many rows is several products, whose results follow each other. */
export type LinearForm = ProductForm | { kind: "parts"; parts: readonly ProductForm[] };

export interface WeightMap {
  /** By the name that graphs give them. */
  tensors: Readonly<Record<string, StoredTensor>>;
  embedding: EmbeddingForm;
  /** By name in the model file without `.weight`; the head is always `output`. */
  linears: Readonly<Record<string, LinearForm>>;
}
