// Sets of characters (Unicode scalar values: code points without surrogates) as sorted ranges.

/** First and last code point of each range, in turn; ranges are sorted, disjoint and not adjacent. */
export type CharSet = readonly number[];

export const LAST_CODE_POINT = 0x10ffff;
const FIRST_SURROGATE = 0xd800;
const LAST_SURROGATE = 0xdfff;

export const NO_CHARACTER: CharSet = [];
export const ALL_CHARACTERS: CharSet = [0, FIRST_SURROGATE - 1, LAST_SURROGATE + 1, LAST_CODE_POINT];
export const DIGITS: CharSet = [0x30, 0x39];
export const WORD_CHARACTERS: CharSet = [0x30, 0x39, 0x41, 0x5a, 0x5f, 0x5f, 0x61, 0x7a];
/** ECMA-262, WhiteSpace and LineTerminator. */
export const WHITE_SPACE: CharSet = [
  0x09, 0x0d, 0x20, 0x20, 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a, 0x2028, 0x2029, 0x202f, 0x202f, 0x205f, 0x205f,
  0x3000, 0x3000, 0xfeff, 0xfeff,
];
export const LINE_TERMINATORS: CharSet = [0x0a, 0x0a, 0x0d, 0x0d, 0x2028, 0x2029];

/** Any ranges in any order; surrogates fall out. */
export function charSet(ranges: readonly number[]): CharSet {
  return intersect(sorted(ranges), ALL_CHARACTERS);
}

export function union(a: CharSet, b: CharSet): CharSet {
  return a.length === 0 ? b : b.length === 0 ? a : sorted([...a, ...b]);
}

export function intersect(a: CharSet, b: CharSet): CharSet {
  const both: number[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const low = Math.max(a[i], b[j]);
    const high = Math.min(a[i + 1], b[j + 1]);
    if (low <= high) both.push(low, high);
    if (a[i + 1] < b[j + 1]) i += 2;
    else j += 2;
  }
  return both;
}

export function complement(set: CharSet): CharSet {
  const gaps: number[] = [];
  let low = 0;
  for (let i = 0; i < set.length; i += 2) {
    if (low < set[i]) gaps.push(low, set[i] - 1);
    low = set[i + 1] + 1;
  }
  if (low <= LAST_CODE_POINT) gaps.push(low, LAST_CODE_POINT);
  return intersect(gaps, ALL_CHARACTERS);
}

export function has(set: CharSet, codePoint: number): boolean {
  let low = 0;
  let high = set.length >> 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (set[2 * middle + 1] < codePoint) low = middle + 1;
    else high = middle;
  }
  return 2 * low < set.length && set[2 * low] <= codePoint;
}

export function isSubset(a: CharSet, b: CharSet): boolean {
  return intersect(a, b).join() === a.join();
}

function sorted(ranges: readonly number[]): CharSet {
  const pairs: [number, number][] = [];
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i], ranges[i + 1]]);
  pairs.sort((a, b) => a[0] - b[0]);
  const merged: number[] = [];
  for (const [low, high] of pairs) {
    const last = merged.length - 1;
    // The surrogates are no characters, so the ranges on both sides of them stay apart.
    if (last > 0 && low <= merged[last] + 1) merged[last] = Math.max(merged[last], high);
    else merged.push(low, high);
  }
  return merged;
}
