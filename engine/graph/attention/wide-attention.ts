// Many new rows over an int8 buffer: attention computes with f32 copies of what the buffer holds.
import type { DecoderConfig } from "../../checkpoint/checkpoint.js";
import type { GraphBuilder } from "../graph-builder.js";
import { slotNames } from "../graph-names.js";
import type { LayerScales } from "../kv-scales.js";
import { DataType } from "../onnx-model.js";
import { declareBias, declareLengths, writeKernel } from "./dense-attention.js";
import { roundToInt8, timesScales } from "./int8-rows.js";
import type { SlotAttention, SlotRows } from "./slot-attention.js";

export function wideNames(slot: number) {
  return {
    /** [new rows, kvHeads, 3] i64: where the cache takes the new rows, as (0, head, row). */
    rowCells: `slots.${slot}.wide_row_cells`,
    /** [1] i64: rows that the buffer holds, the new ones included. */
    heldRows: `slots.${slot}.wide_held_rows`,
  };
}

/**
 * ```
 *   k, v ── QuantizeLinear ─┬─ ScatterND ── cache ── Slice ── Cast ─┐    in place
 *                           └─ Cast ────────────────────────────────┼─ attention ── x scales of v ── y
 *   q ── x scales of k ─────────────────────────────────────────────┘
 * ```
 * The int8 kernel scales what it reads anew for each new row: 256 of them over 4,096 take 1.5 s with it and 0.6 s in f32 (0.5B, 2 cores).
 */
export const causalWideAttention: SlotAttention = { declare, write: (builder, config, rows) => writeWide(builder, config, rows, []) };

export const denseWideAttention: SlotAttention = {
  declare(builder, config, slot, type) {
    declare(builder, config, slot);
    declareBias(builder, slot, type);
  },
  write: (builder, config, rows) => writeWide(builder, config, rows, ["", "", "", slotNames(rows.slot).bias]),
};

function declare(builder: GraphBuilder, { kvHeadCount }: DecoderConfig, slot: number): void {
  const { rowCells, heldRows } = wideNames(slot);
  declareLengths(builder, slot);
  builder.input(rowCells, DataType.int64, [`rows.${slot}`, kvHeadCount, 3]);
  builder.input(heldRows, DataType.int64, [1]);
}

function writeWide(builder: GraphBuilder, config: DecoderConfig, { scales, ...rows }: SlotRows, further: readonly string[]): string {
  if (!scales) throw new Error("Only int8 keys and values are copied.");
  const { layer, slot, name } = rows;
  const { pastKey, pastValue, presentKey, presentValue } = slotNames(slot);
  const scaled = { ...rows, scales };
  const keys = readRows(builder, config, scaled, { what: "keys", rows: rows.k, past: pastKey(layer), present: presentKey(layer) });
  const values = readRows(builder, config, scaled, { what: "values", rows: rows.v, past: pastValue(layer), present: presentValue(layer) });
  const attended = writeKernel(builder, config, {
    name: `${name}/attended`,
    slot,
    rows: [timesScales(builder, config, scaled, { name: `${name}/scaled_query`, what: "keys", x: rows.q }), keys.fresh, values.fresh],
    past: [keys.held, values.held],
    present: [`${name}/keys`, `${name}/values`],
    further,
  });
  return timesScales(builder, config, scaled, { name, what: "values", x: attended });
}

interface CacheRows {
  what: keyof LayerScales;
  /** [1, rows, kvHeads * headDim] f32 */
  rows: string;
  past: string;
  present: string;
}

/** Appends to the buffer. Both unscaled: fresh [1, rows, kvHeads * headDim] f32, held [1, kvHeads, total, headDim] f32 */
function readRows(
  builder: GraphBuilder,
  { kvHeadCount, headSize }: DecoderConfig,
  slotRows: Omit<SlotRows, "scales"> & { scales: LayerScales },
  { what, rows, past, present }: CacheRows,
): { fresh: string; held: string } {
  const { rowCells, heldRows } = wideNames(slotRows.slot);
  const node = (operator: string, name: string, inputs: string[], options: object = {}): string =>
    builder.node(operator, { name: `${slotRows.name}/${name}_${what}`, inputs, ...options });
  const toFloats = { attributes: { to: DataType.float } };
  const rounded = roundToInt8(builder, slotRows, what, rows);
  const heads = node("Reshape", "new", [rounded, builder.integers([-1, kvHeadCount, headSize])]);
  const cache = node("ScatterND", "append", [past, rowCells, heads], { outputs: [present] });
  const held = node("Slice", "held", [cache, builder.integers([0]), heldRows, builder.integers([2])]);
  return { fresh: node("Cast", "fresh", [rounded], toFloats), held: node("Cast", "read", [held], toFloats) };
}
