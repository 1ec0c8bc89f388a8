// Counts a pass and its operations for the sequences that it computed something for.
import type { DecoderConfig } from "../checkpoint/checkpoint.js";
import { attentionFlops, layerFlops, wantedRowFlops } from "../forward/flops.js";
import type { PlannedPass } from "./pass-planner.js";

/** Rows of one tree are the same to all: each sequence bears its part of them, and of the head for logits that several want. */
export function shareCost({ pass, shares }: PlannedPass, config: DecoderConfig): void {
  for (const cost of new Set(shares.map(({ work }) => work.sequence.cost))) cost.passes++;
  const askers = new Map<number, number>();
  for (const { wanted } of shares) for (const index of wanted) askers.set(index, (askers.get(index) ?? 0) + 1);
  for (const slot of pass.slots) {
    const attention = attentionFlops(config, slot);
    const rowCount = slot.tokens.length;
    for (const { work, before, wanted } of shares) {
      const { sequence } = work;
      const { flops } = sequence.cost;
      if (sequence.tree.buffer !== slot.buffer) continue;
      const heads = wanted.reduce((sum, index) => sum + 1 / (askers.get(index) ?? 1), 0);
      const part = (sequence.computedTokens - before.computedTokens) / rowCount;
      flops.computed += part * (rowCount * layerFlops(config) + attention.computed) + heads * wantedRowFlops(config);
      flops.skipped += part * attention.skipped;
    }
  }
}
