// The body of a JSON string that copies a stretch of a source, and where that stretch stands.
import { Lexeme } from "../lexeme/lexeme.js";
import type { SourceSpan } from "../matcher.js";
import { CandidateTree } from "./candidate-tree.js";
import type { FoldedText } from "./folded-text.js";
import { type SpanSet, SpansExcept } from "./span-set.js";
import { OUTSIDE } from "./spelling.js";

/** A state is (range of the candidates, characters written, place inside a character + 1, or 0 between two). */
const DEPTH_SHIFT = 6;
const RANGE_UNIT = 2 ** 22;
/** From here on: (parted range, place inside a character), the depth being that of the parting. */
const PARTED = 2 ** 50;
const PLACES = 2 ** 20;
/** Above this many ways on, the places inside of them are kept as a set. */
const FEW = 8;

/**
 * States are computed, not kept: safe integers, many of them above 2^31. What is kept is the tree of candidates, which
 * the source's length bounds.
 */
export class VerbatimLexeme extends Lexeme {
  readonly isVerbatim = true;
  readonly start = 0;
  readonly #tree: CandidateTree;
  /** Of parted ranges with many ways on: the places inside their spellings. */
  readonly #doors = new Map<number, ReadonlySet<number>>();

  /** @param source the name under which the source was given */
  constructor(
    readonly source: string,
    private readonly text: FoldedText,
    private readonly spans: SpanSet,
  ) {
    super();
    this.#tree = new CandidateTree(text, spans);
  }

  step(state: number, byte: number): number {
    const range = rangeOf(state);
    const depth = this.#depthOf(state, range);
    const next = this.text.spelling.next(this.#placeOf(state, range, depth), byte);
    if (next === 0 || this.#tree.isEmpty) return -1;
    if (next > 0) return this.#inside(range, depth, next);
    const child = this.#tree.child(range, depth, -1 - next);
    return child < 0 ? -1 : stateOf(child, depth + 1);
  }

  isWhole(state: number): boolean {
    return this.distance(state) === 0;
  }

  distance(state: number): number {
    if (this.#tree.isEmpty) return Infinity;
    const range = rangeOf(state);
    const depth = this.#depthOf(state, range);
    const place = this.#placeOf(state, range, depth);
    if (place === OUTSIDE) return this.#tree.bytesToEnd(range, depth);
    let least = Infinity;
    for (const character of this.text.spelling.charactersAt(place)) {
      const child = this.#tree.child(range, depth, character);
      if (child < 0) continue;
      least = Math.min(least, this.text.spelling.bytesLeft(character, place) + this.#tree.bytesToEnd(child, depth + 1));
    }
    return least;
  }

  /** The bytes that a vocabulary must be able to write. */
  get neededBytes(): Uint8Array {
    return Uint8Array.from(this.text.spelling.neededBytes());
  }

  /** Without the copies of these texts, as JSON writes them without quotes, in whatever case and width. */
  without(texts: readonly string[]): VerbatimLexeme {
    const excluded: [start: number, end: number][] = [];
    for (const text of texts) {
      let state = this.start;
      for (const byte of Buffer.from(text)) if (state >= 0) state = this.step(state, byte);
      if (state < 0 || !this.isWhole(state)) continue;
      const range = rangeOf(state);
      const depth = this.#depthOf(state, range);
      for (const start of this.#tree.startsOf(range)) excluded.push([start, start + depth]);
    }
    return excluded.length === 0 ? this : new VerbatimLexeme(this.source, this.text, new SpansExcept(this.spans, excluded));
  }

  /**
   * Where the text written so far stands in the source, in order: of text that may end here, where it may end; else
   * wherever it may go on. A character that is not complete does not count; without one there are no spans.
   */
  spansOf(state: number): readonly SourceSpan[] {
    const range = rangeOf(state);
    const depth = this.#depthOf(state, range);
    if (depth === 0) return [];
    const starts = this.#tree.startsOf(range);
    const whole = this.isWhole(state) ? starts.filter((start) => this.spans.nextEnd(start, start + depth) === start + depth) : starts;
    return Array.from(whole, (start) => this.text.spanOf(start, start + depth));
  }

  #depthOf(state: number, range: number): number {
    return state >= PARTED ? this.#tree.partedAt(range) : (state - range * RANGE_UNIT) >>> DEPTH_SHIFT;
  }

  #placeOf(state: number, range: number, depth: number): number {
    if (state >= PARTED) return (state - PARTED) % PLACES;
    const index = (state - range * RANGE_UNIT) & ((1 << DEPTH_SHIFT) - 1);
    return index === 0 ? OUTSIDE : this.text.spelling.placesOf(this.#tree.onlyCharacter(range, depth))[index - 1];
  }

  /** The state at `place` inside the next character, or -1 where no candidate goes on through it. */
  #inside(range: number, depth: number, place: number): number {
    const only = this.#tree.onlyCharacter(range, depth);
    if (only >= 0) {
      const index = this.text.spelling.placesOf(only).indexOf(place);
      return index < 0 ? -1 : stateOf(range, depth) + index + 1;
    }
    return this.#hasDoor(range, place) ? PARTED + range * PLACES + place : -1;
  }

  #hasDoor(range: number, place: number): boolean {
    const known = this.#doors.get(range);
    if (known) return known.has(place);
    const { spelling } = this.text;
    const characters = this.#tree.childCharacters(range);
    if (characters.length <= FEW) return characters.some((character) => spelling.placesOf(character).includes(place));
    const doors = new Set<number>();
    for (const character of characters) for (const door of spelling.placesOf(character)) doors.add(door);
    this.#doors.set(range, doors);
    return doors.has(place);
  }
}

function stateOf(range: number, depth: number): number {
  return range * RANGE_UNIT + (depth << DEPTH_SHIFT);
}

function rangeOf(state: number): number {
  return state >= PARTED ? Math.floor((state - PARTED) / PLACES) : Math.floor(state / RANGE_UNIT);
}
