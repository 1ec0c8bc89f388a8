// Names of a decoder graph's inputs and outputs, for whoever binds them.

/** Of all slots together. */
export const GraphNames = {
  /** [1, rows] i64 */
  inputIds: "input_ids",
  /** [1, rows] i64: the rotary position of each row. */
  positionIds: "position_ids",
  /** [wanted] i64: the rows whose logits are wanted. */
  wanted: "wanted",
  /** [slots] i64: new rows of each slot; only where there are several. */
  slotLengths: "slot_lengths",
  /** [positions, headDim / 2] f32, of rotary-tables.ts */
  rotaryCosines: "rotary_cosines",
  rotarySines: "rotary_sines",
  /** [1, wanted, vocabulary] f32 */
  logits: "logits",
} as const;

/** Of one slot. */
export function slotNames(slot: number) {
  return {
    /** [1] i32: rows in the buffer after this pass, less one. */
    lastRow: `slots.${slot}.seqlens_k`,
    /** scalar i32: rows in the buffer after this pass. */
    totalLength: `slots.${slot}.total_sequence_length`,
    /** [1, 1, new rows, total rows], of the type of keys and values: added to the scores; a row sees none after it in any case. */
    bias: `slots.${slot}.attention_bias`,
    /** [1, kvHeads, capacity, headDim], past and present the same tensor */
    pastKey: (layer: number) => `slots.${slot}.past_key.${layer}`,
    pastValue: (layer: number) => `slots.${slot}.past_value.${layer}`,
    presentKey: (layer: number) => `slots.${slot}.present_key.${layer}`,
    presentValue: (layer: number) => `slots.${slot}.present_value.${layer}`,
  };
}
