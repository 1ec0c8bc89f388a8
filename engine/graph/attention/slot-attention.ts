// The seam between the decoder graph and the ways one slot's rows attend to its buffer.
import type { DecoderConfig } from "../../checkpoint/checkpoint.js";
import type { GraphBuilder } from "../graph-builder.js";
import type { LayerScales } from "../kv-scales.js";
import type { DataType } from "../onnx-model.js";

/** The packed rows' part that belongs to one slot, in one layer: f32 or f16. */
export interface SlotRows {
  layer: number;
  slot: number;
  /** Path of the node, such as `/layers.0/attn`. */
  name: string;
  /** [1, rows, heads * headDim], rotated */
  q: string;
  /** [1, rows, kvHeads * headDim], rotated */
  k: string;
  /** [1, rows, kvHeads * headDim] */
  v: string;
  /** The slot's keys and values are int8 of these scales. Undefined: they are as the rows. */
  scales?: LayerScales;
}

export interface SlotAttention {
  /** Adds the inputs and outputs that a slot has besides its keys and values, of the type that attention computes with. */
  declare(builder: GraphBuilder, config: DecoderConfig, slot: number, type: DataType): void;
  /** Appends keys and values to the slot's buffer and attends. Returns [1, rows, heads * headDim]. */
  write(builder: GraphBuilder, config: DecoderConfig, rows: SlotRows): string;
}
