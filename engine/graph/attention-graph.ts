// Attention of one slot by itself, to try a device's kernel with.
import type { DecoderConfig } from "../checkpoint/checkpoint.js";
import { causalAttention } from "./attention/dense-attention.js";
import type { Precision } from "./decoder-graph.js";
import { GraphBuilder } from "./graph-builder.js";
import { slotNames } from "./graph-names.js";
import { DataType, type Graph } from "./onnx-model.js";

/** Names of the inputs and the output besides those of the slot. */
export const AttentionNames = {
  /** [1, rows, heads * headDim] f32 */
  q: "q",
  /** [1, rows, kvHeads * headDim] f32 */
  k: "k",
  v: "v",
  /** [1, rows, heads * headDim] f32 */
  attended: "attended",
} as const;

/** ``` q, k, v ── Cast ── attention ── Cast ── attended ```, the slot's keys and values in place. */
export function writeAttention(config: DecoderConfig, precision: Precision): Graph {
  const { headCount, kvHeadCount, headSize } = config;
  const builder = new GraphBuilder({});
  const type = precision === "f32" ? DataType.float : DataType.float16;
  const cast = (name: string, x: string, to: DataType): string => builder.node("Cast", { name, inputs: [x], attributes: { to } });
  const rows = (name: string, heads: number): string =>
    cast(`/${name}`, builder.input(name, DataType.float, [1, "rows", heads * headSize]), type);
  const { pastKey, presentKey, pastValue, presentValue } = slotNames(0);
  const shape = [1, kvHeadCount, "capacity", headSize];
  const inputs = { q: rows(AttentionNames.q, headCount), k: rows(AttentionNames.k, kvHeadCount), v: rows(AttentionNames.v, kvHeadCount) };
  causalAttention.declare(builder, config, 0, type);
  for (const name of [pastKey(0), pastValue(0)]) builder.input(name, type, shape);
  const attended = causalAttention.write(builder, config, { layer: 0, slot: 0, name: "/attention", ...inputs });
  cast(AttentionNames.attended, attended, DataType.float);
  builder.output(AttentionNames.attended, DataType.float, [1, "rows", headCount * headSize]);
  for (const name of [presentKey(0), presentValue(0)]) builder.output(name, type, shape);
  return builder.build("attention");
}
