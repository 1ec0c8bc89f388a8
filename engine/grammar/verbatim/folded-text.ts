// A source with its letter case, widths and white space folded, and the way back to its own offsets.
import type { SourceSpan } from "../matcher.js";
import { foldCharacter, isSurrogate, spellingsOf } from "./fold-character.js";
import { Spelling } from "./spelling.js";
import { findWordEdges } from "./word-edges.js";

const SOFT_HYPHEN = 0xad;
const SOFT_HYPHEN_TEXT = "\u00ad";
/** The id of a run of white space. */
export const SPACE = 0;
/** The id of U+0000, across which nothing is copied. */
const BARRIER = 1;
const PLANE = 0x10000;

/**
 * - `loose`: letter case and full-width forms do not count.
 * - `exact`: they do.
 * In both, a run of white space (as JavaScript's `\s` has it) is one space and soft hyphens are not there.
 */
export type Folding = "loose" | "exact";

/** About 20 bytes a character. */
export class FoldedText {
  /** Characters, white space around the text not counted. */
  readonly length: number;
  /** The id of each character. */
  readonly characters: Int32Array;
  readonly spelling: Spelling;
  /** Before each character and at the end: 1 where a word may begin or end. */
  readonly wordEdges: Uint8Array;
  /** Bytes of the characters before each and at the end, in their simplest spelling. */
  readonly bytesBefore: Int32Array;
  /** UTF-16 offsets of each character in the text. */
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  /** Code points of the source's own form (white space collapsed) before each character; undefined where equal to the index. */
  readonly #ownOffsets: Int32Array | undefined;
  /** Before each character and at the end; undefined where there are none. */
  readonly #barriersBefore: Int32Array | undefined;
  readonly #alphabet: readonly number[];
  /** The folded text as a string, and where each character stands in it. */
  #written: { text: string; offsets: Int32Array } | undefined;

  constructor(
    readonly text: string,
    folding: Folding = "loose",
  ) {
    const alphabet = new Alphabet(folding);
    const reading = readCharacters(text, alphabet);
    this.length = reading.length;
    this.characters = reading.characters.subarray(0, reading.length);
    this.#starts = reading.starts;
    this.#ends = reading.ends;
    this.#ownOffsets = reading.ownOffsets;
    this.#alphabet = alphabet.folded;
    this.spelling = new Spelling(alphabet.spellings());
    this.wordEdges = findWordEdges(this.characters, alphabet.folded);
    this.bytesBefore = sumsBefore(this.characters, Int32Array.from(alphabet.folded, (_, id) => this.spelling.byteLength(id)));
    if (text.includes("\0")) this.#barriersBefore = sumsBefore(this.characters, Int32Array.from(alphabet.folded, (_, id) => (id === BARRIER ? 1 : 0)));
  }

  /** Whether nothing in `[start, end)` is a barrier. */
  isOnePiece(start: number, end: number): boolean {
    return this.#barriersBefore === undefined || this.#barriersBefore[start] === this.#barriersBefore[end];
  }

  /** The place in the text of the characters `[start, end)`. */
  spanOf(start: number, end: number): SourceSpan {
    return { start: this.#starts[start], end: this.#ends[end - 1] };
  }

  /** The characters `[start, end)`, folded. */
  textOf(start: number, end: number): string {
    const { text, offsets } = (this.#written ??= this.#write());
    return text.slice(offsets[start], offsets[end]);
  }

  /** Code points of the characters `[start, end)` in the source's own form, soft hyphens included. */
  ownLength(start: number, end: number): number {
    return this.#ownOffsets ? this.#ownOffsets[end - 1] + 1 - this.#ownOffsets[start] : end - start;
  }

  /** The first character that begins at or after a UTF-16 offset. */
  characterAt(offset: number): number {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle] < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #write(): { text: string; offsets: Int32Array } {
    const signs = Array.from(this.characters, (id) => String.fromCodePoint(this.#alphabet[id]));
    const offsets = new Int32Array(signs.length + 1);
    for (const [at, sign] of signs.entries()) offsets[at + 1] = offsets[at] + sign.length;
    return { text: signs.join(""), offsets };
  }
}

/** Before each character and at the end: the sum of `values` of all before. */
function sumsBefore(characters: Int32Array, values: Int32Array): Int32Array {
  const sums = new Int32Array(characters.length + 1);
  for (let at = 0; at < characters.length; at++) sums[at + 1] = sums[at] + values[characters[at]];
  return sums;
}

/** Ids for the characters of one text, in the order in which they come after white space and the barrier. */
class Alphabet {
  /** By id: the folded code point. */
  readonly folded: number[] = [0x20, 0];
  readonly #asWritten: number[][] = [[], []];
  readonly #ids = new Map<number, number>([[0x20, SPACE], [0, BARRIER]]);
  /** Of each code point below U+10000: id + 1, or 0 where not met yet. */
  readonly #known = new Int32Array(PLANE);

  constructor(private readonly folding: Folding) {}

  idOf(character: number): number {
    if (character >= PLANE) return this.#meet(character);
    return (this.#known[character] ||= this.#meet(character) + 1) - 1;
  }

  spellings(): number[][] {
    return this.folded.map((character, id) => {
      if (id === SPACE || this.folding === "exact") return [character];
      return [...spellingsOf(character).filter((form) => foldCharacter(form) === character), ...this.#asWritten[id]];
    });
  }

  #meet(character: number): number {
    if (/\s/u.test(String.fromCodePoint(character))) return SPACE;
    const folded = this.folding === "loose" || isSurrogate(character) ? foldCharacter(character) : character;
    let id = this.#ids.get(folded);
    if (id === undefined) {
      id = this.folded.push(folded) - 1;
      this.#asWritten.push([]);
      this.#ids.set(folded, id);
    }
    if (!isSurrogate(character) && !this.#asWritten[id].includes(character)) this.#asWritten[id].push(character);
    return id;
  }
}

function readCharacters(text: string, alphabet: Alphabet) {
  const characters = new Int32Array(text.length);
  const starts = new Int32Array(text.length);
  const ends = new Int32Array(text.length);
  const ownOffsets = text.includes(SOFT_HYPHEN_TEXT) ? new Int32Array(text.length) : undefined;
  let length = 0;
  let own = 0;
  let isAfterSpace = false;
  for (let at = 0, size = 1; at < text.length; at += size) {
    const character = text.codePointAt(at)!;
    size = character > 0xffff ? 2 : 1;
    if (character === SOFT_HYPHEN) {
      isAfterSpace = false;
      own++;
      continue;
    }
    const id = alphabet.idOf(character);
    const wasAfterSpace = isAfterSpace;
    isAfterSpace = id === SPACE;
    if (isAfterSpace && !wasAfterSpace) own++;
    if (isAfterSpace && (length === 0 || characters[length - 1] === SPACE)) {
      if (length > 0) ends[length - 1] = at + size;
      continue;
    }
    if (!isAfterSpace) own++;
    characters[length] = id;
    starts[length] = at;
    ends[length] = at + size;
    if (ownOffsets) ownOffsets[length] = own - 1;
    length++;
  }
  if (length > 0 && characters[length - 1] === SPACE) length--;
  return { length, characters, starts, ends, ownOffsets };
}
