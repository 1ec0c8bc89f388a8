// Floating-point operations of a pass by formula: two a multiply-add of its matrix products; all else is small beside them.
import { BLOCK_ROWS, GROUP_ROWS } from "../cache/key-summaries.js";
import type { DecoderConfig } from "../checkpoint/checkpoint.js";
import { layerShares } from "../graph/attention/layer-shares.js";
import type { Flops } from "../request.js";
import type { SlotPass } from "./pass.js";
import { planLevels } from "./sparse/sparse-plan.js";

const MULTIPLY_ADD = 2;

/** Of all layers' matrix products with weights, a row: of the last layer only those before its attention. */
export function layerFlops(config: DecoderConfig): number {
  const { layerCount, hiddenSize, headCount, kvHeadCount, headSize } = config;
  const projections = MULTIPLY_ADD * hiddenSize * (headCount + 2 * kvHeadCount) * headSize;
  return layerCount * projections + (layerCount - 1) * afterAttentionFlops(config);
}

/** Of the last layer after its attention and of the head, a row whose logits are wanted. */
export function wantedRowFlops(config: DecoderConfig): number {
  return afterAttentionFlops(config) + MULTIPLY_ADD * config.hiddenSize * config.vocabularySize;
}

/** Of a layer's output projection and feed-forward, a row. */
function afterAttentionFlops({ hiddenSize, headCount, headSize, feedForwardSize }: DecoderConfig): number {
  return MULTIPLY_ADD * hiddenSize * (headCount * headSize + 3 * feedForwardSize);
}

/**
 * Of a slot's attention in all layers: each new row with each row that is read, keys and values; and with each key
 * mean that is compared, where blocks are chosen. Skipped is what reading all rows would have taken besides.
 */
export function attentionFlops(config: DecoderConfig, slot: Pick<SlotPass, "pastLength" | "tokens" | "visible" | "keep">): Flops {
  const product = MULTIPLY_ADD * config.headCount * config.headSize * slot.tokens.length;
  const dense = product * config.layerCount * 2 * (slot.pastLength + slot.tokens.length);
  if (slot.keep === undefined) return { computed: dense, skipped: 0 };
  const levels = planLevels(config, slot, { keep: slot.keep, summarizedRows: 0 }).map(({ candidates, chosenCount, always }) => {
    const comparedGroups = ((candidates.at(-1) ?? 0) + 1) * (BLOCK_ROWS / GROUP_ROWS);
    return product * (2 * (chosenCount + always.length) * BLOCK_ROWS + comparedGroups);
  });
  const computed = layerShares(config).levels.reduce((sum, level) => sum + levels[level], 0);
  return { computed, skipped: Math.max(0, dense - computed) };
}
