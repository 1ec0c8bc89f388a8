// Alternatives from two sides -> one list, best first.
import type { Alternative } from "../result/extraction.js";
import { valueKey } from "./value-key.js";

/** Of values that agree, the one in `first` stays. */
export function mergeAlternatives(first: readonly Alternative[], others: readonly Alternative[]): Alternative[] {
  const known = new Set(first.map(({ value }) => valueKey(value)));
  return [...first, ...others.filter(({ value }) => !known.has(valueKey(value)))].toSorted((a, b) => b.confidence - a.confidence);
}
