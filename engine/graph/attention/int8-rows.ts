// Rows of int8 buffers in graphs: rounded in front of them, and read as they are, the scales taken into what they meet.
import type { DecoderConfig } from "../../checkpoint/checkpoint.js";
import type { GraphBuilder } from "../graph-builder.js";
import type { LayerScales } from "../kv-scales.js";
import { DataType } from "../onnx-model.js";
import type { SlotRows } from "./slot-attention.js";

/** What of a slot's rows these need. */
type ScaledRows = Pick<SlotRows, "name" | "layer"> & { scales: LayerScales };

/** Of one layer, the same for all slots: [kvHeads * headDim] f32 */
export function scalesConstant(builder: GraphBuilder, { layer, scales }: ScaledRows, what: keyof LayerScales): string {
  return builder.floats(`/layers.${layer}/attn/${what}_scales`, scales[what], [scales[what].length]);
}

/** New rows as the buffer holds them: [1, rows, kvHeads * headDim] int8 */
export function roundToInt8(builder: GraphBuilder, rows: ScaledRows, what: keyof LayerScales, x: string): string {
  return builder.node("QuantizeLinear", {
    name: `${rows.name}/rounded_${what}`,
    inputs: [x, scalesConstant(builder, rows, what)],
    attributes: { axis: 2, output_dtype: DataType.int8 },
  });
}

interface Scaling {
  /** Of the product. */
  name: string;
  what: keyof LayerScales;
  /** [1, rows, heads * headDim] f32 */
  x: string;
}

/** Makes up for `what` being read without its scales: [1, rows, heads * headDim] f32 */
export function timesScales(builder: GraphBuilder, config: DecoderConfig, rows: ScaledRows, { name, what, x }: Scaling): string {
  const { headCount, kvHeadCount, headSize } = config;
  const width = headCount * headSize;
  const byHead = Float32Array.from({ length: width }, (_, at) => {
    const kvHead = Math.floor(Math.floor(at / headSize) / (headCount / kvHeadCount));
    return rows.scales[what][kvHead * headSize + (at % headSize)];
  });
  const constant = builder.floats(`/layers.${rows.layer}/attn/${what}_scales_by_head`, byHead, [width]);
  return builder.node("Mul", { name, inputs: [x, constant] });
}
