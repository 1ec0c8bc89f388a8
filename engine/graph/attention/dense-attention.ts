// Every row attends to all rows before it, or to those of them that its bias lets it see.
import type { DecoderConfig } from "../../checkpoint/checkpoint.js";
import { MICROSOFT, type GraphBuilder, type NodeOptions } from "../graph-builder.js";
import { slotNames } from "../graph-names.js";
import { DataType } from "../onnx-model.js";
import { scalesConstant } from "./int8-rows.js";
import type { SlotAttention, SlotRows } from "./slot-attention.js";

export const denseAttention: SlotAttention = {
  declare(builder, _config, slot, type) {
    declareLengths(builder, slot);
    declareBias(builder, slot, type);
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

export function declareLengths(builder: GraphBuilder, slot: number): void {
  const names = slotNames(slot);
  builder.input(names.lastRow, DataType.int32, [1]);
  builder.input(names.totalLength, DataType.int32, []);
}

export function declareBias(builder: GraphBuilder, slot: number, type: DataType): void {
  builder.input(slotNames(slot).bias, type, [1, 1, `rows.${slot}`, `total.${slot}`]);
}

const INT8_BY_CHANNEL = { k_quant_type: { text: "PER_CHANNEL" }, v_quant_type: { text: "PER_CHANNEL" }, kv_cache_bit_width: 8 };
/** Optional inputs before the scales: cosines, sines, positions, bias, head sink. */
const INPUTS_BEFORE_SCALES = 5;

/** With scales the kernel rounds new rows to int8 and reads the old ones so. */
function writeAttention(builder: GraphBuilder, config: DecoderConfig, { scales, ...rows }: SlotRows, further: readonly string[]): string {
  const { layer, slot, name, q, k, v } = rows;
  const names = slotNames(slot);
  const scaleInputs = scales && [
    ...Array.from({ length: INPUTS_BEFORE_SCALES - further.length }, () => ""),
    ...(["keys", "values"] as const).map((what) => scalesConstant(builder, { ...rows, scales }, what)),
  ];
  return writeKernel(builder, config, {
    name,
    slot,
    rows: [q, k, v],
    past: [names.pastKey(layer), names.pastValue(layer)],
    present: [names.presentKey(layer), names.presentValue(layer)],
    further: [...further, ...(scaleInputs ?? [])],
    attributes: scales && INT8_BY_CHANNEL,
  });
}

/** Keys before values, by name. */
interface KernelOptions extends Pick<NodeOptions, "attributes"> {
  name: string;
  slot: number;
  rows: readonly [q: string, k: string, v: string];
  past: readonly [string, string];
  present: readonly [string, string];
  /** Inputs from the rotary tables on. */
  further: readonly string[];
}

/** The kernel's own rotation ignores position ids on some devices, so rows come rotated. */
export function writeKernel(builder: GraphBuilder, { headCount, kvHeadCount, headSize }: DecoderConfig, options: KernelOptions): string {
  const { name, slot, rows, past, present, further, attributes } = options;
  const names = slotNames(slot);
  return builder.node("GroupQueryAttention", {
    name,
    domain: MICROSOFT,
    inputs: [...rows, ...past, names.lastRow, names.totalLength, ...further],
    outputs: [name, ...present],
    attributes: { num_heads: headCount, kv_num_heads: kvHeadCount, scale: { float: headSize ** -0.5 }, do_rotary: 0, ...attributes },
  });
}
