// How alike two leaf values are, 0 to 1: of strings, by the pairs of letters they share.
import { valueKey, wordsKey } from "./value-key.js";

/** A value prepared for comparison. */
export interface Words {
  key: string;
  /** Pairs of neighbouring characters and how often they stand; empty for what is no string. */
  pairs: ReadonlyMap<string, number>;
  pairCount: number;
}

export function wordsOf(value: unknown): Words {
  const pairs = new Map<string, number>();
  const characters = typeof value === "string" ? [...wordsKey(value)] : [];
  for (let at = 1; at < characters.length; at++) {
    const pair = characters[at - 1] + characters[at];
    pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
  }
  return { key: valueKey(value), pairs, pairCount: Math.max(0, characters.length - 1) };
}

/** 1 for values that agree, 0 for different numbers or kinds, between them for strings (Dice 1945, over character pairs). */
export function similarity(first: Words | undefined, second: Words | undefined): number {
  if (first?.key === second?.key) return 1;
  if (!first || !second || first.pairCount === 0 || second.pairCount === 0) return 0;
  let shared = 0;
  for (const [pair, count] of first.pairs) shared += Math.min(count, second.pairs.get(pair) ?? 0);
  return (2 * shared) / (first.pairCount + second.pairCount);
}
