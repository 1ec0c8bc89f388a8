// Spans of a source by list: those that a pattern finds, or that pass a test.
import { type FoldedText, SPACE } from "./folded-text.js";
import { LONGEST_SPAN, type SpanBounds, type SpanSet, WordSpans } from "./span-set.js";

/** Characters tried before `fittingSpans` gives up: some tenths of a second. */
const MOST_TESTED = 5_000_000;

/** Several spans may begin alike. */
export class ListedSpans implements SpanSet {
  readonly starts: Int32Array;
  readonly #ends = new Map<number, number[]>();

  /** @param spans `[start, end)` in characters of the source, in any order */
  constructor(spans: Iterable<readonly [start: number, end: number]>) {
    for (const [start, end] of spans) {
      const known = this.#ends.get(start);
      if (!known) this.#ends.set(start, [end]);
      else if (!known.includes(end)) known.push(end);
    }
    for (const ends of this.#ends.values()) ends.sort((a, b) => a - b);
    this.starts = Int32Array.from(this.#ends.keys()).toSorted();
  }

  nextEnd(start: number, from: number): number {
    return this.#ends.get(start)?.find((end) => end >= from) ?? -1;
  }
}

/** What `pattern` (global) finds in the source as it stands, line breaks included; white space around a find is left out. */
export function* foundSpans(source: FoldedText, pattern: RegExp, bounds: SpanBounds): Generator<[start: number, end: number]> {
  const { characters, wordEdges } = source;
  for (const { 0: text, index } of source.text.matchAll(pattern)) {
    let start = source.characterAt(index);
    let end = source.characterAt(index + text.length);
    if (start < end && characters[start] === SPACE) start++;
    if (start < end && characters[end - 1] === SPACE) end--;
    if (start >= end || end - start > LONGEST_SPAN || !source.isOnePiece(start, end)) continue;
    if (bounds.wholeWords && (wordEdges[start] === 0 || wordEdges[end] === 0)) continue;
    if (end - start >= bounds.minLength && source.ownLength(start, end) <= bounds.maxLength) yield [start, end];
  }
}

/** The spans within the bounds whose text passes; undefined where there are too many to try. */
export function fittingSpans(source: FoldedText, bounds: SpanBounds, fits: (text: string) => boolean): [start: number, end: number][] | undefined {
  const spans = new WordSpans(source, bounds);
  const found: [number, number][] = [];
  let tested = 0;
  for (const start of spans.starts) {
    for (let end = spans.nextEnd(start, start + 1); end >= 0; end = end < source.length ? spans.nextEnd(start, end + 1) : -1) {
      tested += end - start;
      if (tested > MOST_TESTED) return undefined;
      if (fits(source.textOf(start, end))) found.push([start, end]);
    }
  }
  return found;
}
