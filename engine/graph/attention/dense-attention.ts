// Every row attends to all rows that its bias lets it see.
import { MICROSOFT } from "../graph-builder.js";
import { slotNames } from "../graph-names.js";
import { DataType } from "../onnx-model.js";
import type { SlotAttention } from "./slot-attention.js";

export const denseAttention: SlotAttention = {
  declare(builder, _config, slot) {
    const names = slotNames(slot);
    builder.input(names.lastRow, DataType.int32, [1]);
    builder.input(names.totalLength, DataType.int32, []);
    builder.input(names.bias, DataType.float, [1, 1, `rows.${slot}`, `total.${slot}`]);
  },

  /** The kernel's own rotation ignores position ids on some devices, so rows come rotated. */
  write(builder, { headCount, kvHeadCount, headSize }, { layer, slot, name, q, k, v }) {
    const names = slotNames(slot);
    return builder.node("GroupQueryAttention", {
      name,
      domain: MICROSOFT,
      inputs: [
        q, k, v, names.pastKey(layer), names.pastValue(layer), names.lastRow, names.totalLength,
        "", "", "", names.bias,
      ],
      outputs: [name, names.presentKey(layer), names.presentValue(layer)],
      attributes: { num_heads: headCount, kv_num_heads: kvHeadCount, scale: { float: headSize ** -0.5 }, do_rotary: 0 },
    });
  },
};
