// Sums what calls of a model cost.
import type { Usage } from "./language-model.js";

/** What a model that counts nothing more has used before its first call. */
export const noUsage: Readonly<Usage> = { promptTokens: 0, cachedTokens: 0, thinkingTokens: 0, outputTokens: 0, forcedTokens: 0, requests: 0, modelMs: 0 };

/** The sum of both; what neither counts stays undefined. */
export function addUsage(first: Readonly<Usage>, second: Readonly<Usage>): Usage {
  const sum: Usage = { ...first };
  for (const [key, value] of Object.entries(second) as [keyof Usage, Usage[keyof Usage]][]) {
    if (typeof value === "number" && key !== "flops") sum[key] = (sum[key] ?? 0) + value;
  }
  const { flops } = second;
  if (flops) sum.flops = { computed: (first.flops?.computed ?? 0) + flops.computed, skipped: (first.flops?.skipped ?? 0) + flops.skipped };
  return sum;
}
