// Which stretches of a source may be copied; here: all between two word edges.
import { type FoldedText, SPACE } from "./folded-text.js";

/** No span has more characters than this; a reply that long does not fit any context. */
export const LONGEST_SPAN = 0xffff;

export interface SpanBounds {
  wholeWords: boolean;
  minLength: number;
  /** In code points of the source's own form, white space collapsed. Infinity where there is no bound. */
  maxLength: number;
}

export interface SpanSet {
  /** Characters with which a span begins. */
  readonly starts: Int32Array;
  /** The first end at or after `from` of a span that begins at `start`, or -1. */
  nextEnd(start: number, from: number): number;
}

/** Every span within the bounds that has no white space around it and no barrier inside. */
export class WordSpans implements SpanSet {
  readonly starts: Int32Array;
  /** At each character and at the end: the first end at or after it, or -1. */
  readonly #ends: Int32Array;
  readonly #minLength: number;

  constructor(
    private readonly source: FoldedText,
    private readonly bounds: SpanBounds,
  ) {
    this.#minLength = Math.max(1, bounds.minLength);
    this.#ends = nextEnds(source, bounds.wholeWords);
    const { characters, wordEdges } = source;
    this.starts = new Int32Array(source.length);
    let count = 0;
    for (let at = 0; at < source.length; at++) {
      if (characters[at] === SPACE || (bounds.wholeWords && wordEdges[at] === 0)) continue;
      if (this.nextEnd(at, at) >= 0) this.starts[count++] = at;
    }
    this.starts = this.starts.slice(0, count);
  }

  nextEnd(start: number, from: number): number {
    const least = start + this.#minLength;
    const at = from > least ? from : least;
    if (at > this.source.length) return -1;
    const end = this.#ends[at];
    if (end < 0 || end - start > LONGEST_SPAN || !this.source.isOnePiece(start, end)) return -1;
    return this.source.ownLength(start, end) > this.bounds.maxLength ? -1 : end;
  }
}

function nextEnds({ length, characters, wordEdges }: FoldedText, wholeWords: boolean): Int32Array {
  const ends = new Int32Array(length + 1);
  let next = -1;
  for (let end = length; end >= 0; end--) {
    if (end > 0 && characters[end - 1] !== SPACE && (!wholeWords || wordEdges[end] === 1)) next = end;
    ends[end] = next;
  }
  return ends;
}

/** All spans of another set but for some. */
export class SpansExcept implements SpanSet {
  readonly starts: Int32Array;
  readonly #excluded = new Map<number, Set<number>>();

  /** @param excluded `[start, end)` in characters of the source */
  constructor(
    private readonly spans: SpanSet,
    excluded: readonly (readonly [start: number, end: number])[],
  ) {
    for (const [start, end] of excluded) {
      const ends = this.#excluded.get(start) ?? new Set();
      this.#excluded.set(start, ends.add(end));
    }
    this.starts = spans.starts.filter((start) => this.nextEnd(start, start) >= 0);
  }

  nextEnd(start: number, from: number): number {
    const excluded = this.#excluded.get(start);
    let end = this.spans.nextEnd(start, from);
    while (end >= 0 && excluded?.has(end)) end = this.spans.nextEnd(start, end + 1);
    return end;
  }
}
