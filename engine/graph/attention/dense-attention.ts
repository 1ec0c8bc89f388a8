// Every row attends to all rows before it, or to those of them that its bias lets it see.
import type { DecoderConfig } from "../../checkpoint/checkpoint.js";
import { MICROSOFT, type GraphBuilder } from "../graph-builder.js";
import { slotNames } from "../graph-names.js";
import { DataType } from "../onnx-model.js";
import type { SlotAttention, SlotRows } from "./slot-attention.js";

export const denseAttention: SlotAttention = {
  declare(builder, _config, slot, type) {
    declareLengths(builder, slot);
    builder.input(slotNames(slot).bias, type, [1, 1, `rows.${slot}`, `total.${slot}`]);
  },
  write: (builder, config, rows) => writeAttention(builder, config, rows, ["", "", "", slotNames(rows.slot).bias]),
};

/**
 * Without a bias: of zeros it costs a pass of one row 1.1 times the time at 2,048 rows and 1.2 times at 8,192 on the
 * CPU (0.5B); on devices it would have to be sent, and would keep the faster kernels from being used.
 */
export const causalAttention: SlotAttention = {
  declare: (builder, _config, slot) => declareLengths(builder, slot),
  write: (builder, config, rows) => writeAttention(builder, config, rows, []),
};

function declareLengths(builder: GraphBuilder, slot: number): void {
  const names = slotNames(slot);
  builder.input(names.lastRow, DataType.int32, [1]);
  builder.input(names.totalLength, DataType.int32, []);
}

/** The kernel's own rotation ignores position ids on some devices, so rows come rotated. */
function writeAttention(
  builder: GraphBuilder,
  { headCount, kvHeadCount, headSize }: DecoderConfig,
  { layer, slot, name, q, k, v }: SlotRows,
  further: readonly string[],
): string {
  const names = slotNames(slot);
  return builder.node("GroupQueryAttention", {
    name,
    domain: MICROSOFT,
    inputs: [q, k, v, names.pastKey(layer), names.pastValue(layer), names.lastRow, names.totalLength, ...further],
    outputs: [name, names.presentKey(layer), names.presentValue(layer)],
    attributes: { num_heads: headCount, kv_num_heads: kvHeadCount, scale: { float: headSize ** -0.5 }, do_rotary: 0 },
  });
}
