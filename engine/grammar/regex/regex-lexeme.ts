// The texts of a regular expression at byte level, in JSON strings or plain, with bounds on their length in characters.
import { Lexeme } from "../lexeme/lexeme.js";
import { BYTES_LEFT, CHARACTER_TABLES, PLAIN } from "../lexeme/string-escape.js";
import { type CharSet, intersect, LAST_CODE_POINT } from "./char-set.js";
import { Dfa } from "./dfa.js";
import { nodesOf, type Regex } from "./node.js";
import { RegexNodes } from "./regex-nodes.js";
import type { RegexStore } from "./regex-store.js";
import { ExploredLengths, PlainLengths, type WordLengths } from "./word-lengths.js";

export interface RegexLexemeOptions {
  minLength: number;
  /** Infinity where there is no bound. */
  maxLength: number;
  /** No token holds more characters than this; see `StringLexeme`. */
  saturation: number;
  /** "json": the body of a JSON string as JSON.stringify writes it. "none": the text itself in UTF-8. */
  escapes: "json" | "none";
}

/** Nodes and their parts that one lexeme may make before its first step: some tenths of a second. */
const MAX_WORK = 200_000;
const UNKNOWN = -2;
/** The first byte that is not a character itself. */
const FIRST_LEAD = 0x80;
/** Room that is not counted down. */
const SATURATED = Infinity;
/** Marks a place inside a character whose rest leads to one state, whatever it is. */
const ANY_REST = -1;

/** Between two characters, or inside one. */
interface Entry {
  /** State of the automaton before the open character; after it where `code` is `ANY_REST`. */
  dfa: number;
  /** Characters still needed, and room for them, at that state. */
  need: number;
  room: number;
  place: number;
  /** What the bytes of the open character say of its code point. */
  code: number;
  rank: number;
  row: Int32Array | undefined;
}

export class RegexLexeme extends Lexeme {
  override readonly isStringBody: boolean;
  readonly start: number;
  readonly #dfa: Dfa;
  readonly #lengths: WordLengths;
  readonly #maxLength: number;
  readonly #settleAbove: number;
  readonly #isJson: boolean;
  /** Bytes of the most costly character that a shortest way may need. */
  readonly #characterBytes: number;
  readonly #entries: Entry[] = [];
  readonly #numbers = new Map<string, number>();

  /** @throws RegexError where the automaton would be too large */
  constructor(store: RegexStore, regex: Regex, options: RegexLexemeOptions) {
    super();
    const own = new RegexNodes(store.nodes);
    own.maxWork = MAX_WORK;
    const { body, minLength, maxLength } = foldLengths(own, regex, options);
    const isJson = (this.#isJson = options.escapes === "json");
    this.#dfa = new Dfa(own, body);
    const isExplored = !body.isPlain || minLength > 0;
    this.#lengths = isExplored ? new ExploredLengths(this.#dfa, minLength) : new PlainLengths(this.#dfa);
    this.#characterBytes = isExplored ? edgeBytes(this.#dfa, options.escapes) : classBytes(body, options.escapes);
    own.maxWork = Infinity;
    // Whatever one more token takes from a saturated room, the way to the end still fits.
    const saturated = options.saturation + this.#lengths.longestShortest;
    const isSaturated = isJson && maxLength >= saturated;
    this.isStringBody = isSaturated && maxLength < Infinity;
    this.#maxLength = maxLength;
    this.#settleAbove = this.isStringBody ? maxLength - saturated : Infinity;
    this.start = this.#boundary(this.#dfa.start, minLength, isSaturated ? SATURATED : maxLength);
  }

  step(state: number, byte: number): number {
    const entry = this.#entries[state];
    if (entry.rank === Infinity) return -1;
    // Inside a character, only 64 bytes can follow.
    const isInside = entry.place !== PLAIN;
    if (isInside && (byte >> 6 !== 2 || ESCAPES_AT[entry.place])) return this.#step(entry, byte);
    const row = (entry.row ??= new Int32Array(isInside ? 64 : 256).fill(UNKNOWN));
    const at = isInside ? byte & 0x3f : byte;
    const known = row[at];
    return known === UNKNOWN ? (row[at] = this.#step(entry, byte)) : known;
  }

  isWhole(state: number): boolean {
    return this.#entries[state].rank === 0;
  }

  distance(state: number): number {
    return this.#entries[state].rank;
  }

  override plainRoom(state: number): number {
    const { dfa, room, place } = this.#entries[state];
    return place === PLAIN && this.#dfa.isUniversal(dfa) ? room : -1;
  }

  override settleAbove(state: number): number {
    return this.#entries[state].room === SATURATED ? this.#settleAbove : Infinity;
  }

  override settle(state: number, characters: number): number {
    if (characters <= this.settleAbove(state)) return state;
    const { dfa, need, place, code } = this.#entries[state];
    const room = this.#maxLength - characters;
    if (place === PLAIN) return this.#boundary(dfa, need, room);
    // The open character is counted, though its entry stands before it.
    return code === ANY_REST ? this.#intern(dfa, need, room, place, code) : this.#intern(dfa, need, room + 1, place, code);
  }

  #step(entry: Entry, byte: number): number {
    const { dfa, need, room, place, code } = entry;
    if (place === PLAIN && !this.#isJson && byte < FIRST_LEAD) return this.#takeCharacter(entry, byte);
    const next = CHARACTER_TABLES.canonical[(place << 8) | byte];
    if (next < 0) return -1;
    if (code === ANY_REST) return next === PLAIN ? this.#boundary(dfa, need, room) : this.#intern(dfa, need, room, next, code);
    if (ESCAPES_AT[place]) return next === PLAIN ? this.#takeCharacter(entry, ESCAPES.get((place << 8) | byte)!) : this.#enter(entry, next, 0);
    const bits = place !== PLAIN ? (code << 6) | (byte & 0x3f) : byte < FIRST_LEAD ? byte : leadBits(byte);
    if (next === PLAIN) return this.#takeCharacter(entry, bits);
    return this.#enter(entry, next, ESCAPES_AT[next] ? 0 : bits);
  }

  #takeCharacter({ dfa, need, room }: Entry, codePoint: number): number {
    if (room === 0) return -1;
    const next = this.#dfa.next(dfa, codePoint);
    return next < 0 ? -1 : this.#boundary(next, Math.max(0, need - 1), room - 1);
  }

  /** The state between characters, -1 where it is a dead end. */
  #boundary(dfa: number, need: number, room: number): number {
    const length = this.#lengths.shortest(dfa, need);
    const isDead = length === Infinity || length > room;
    // A form that has no text still has a start.
    if (isDead && this.#entries.length > 0) return -1;
    return this.#intern(dfa, need, room, PLAIN, 0, isDead ? Infinity : length * this.#characterBytes);
  }

  /** The state inside a character, -1 where none of those it may become leads to an end. */
  #enter({ dfa, need, room }: Entry, place: number, code: number): number {
    if (room === 0) return -1;
    const escapes = ESCAPES_AT[place];
    if (!escapes) {
      const [low, high] = codePointsAt(place, code);
      const nexts = this.#dfa.successorsIn(dfa, low, high);
      if (nexts.length === 1) {
        const [[next]] = nexts;
        const after = next < 0 ? -1 : this.#boundary(next, Math.max(0, need - 1), room - 1);
        if (after < 0) return -1;
        return this.#intern(next, Math.max(0, need - 1), room - 1, place, ANY_REST);
      }
    }
    const rank = this.#rankInside(dfa, need, room, place, code);
    return rank === Infinity ? -1 : this.#intern(dfa, need, room, place, code, rank);
  }

  #rankInside(dfa: number, need: number, room: number, place: number, code: number): number {
    const rankAfter = (next: number): number => {
      const length = next < 0 ? Infinity : this.#lengths.shortest(next, Math.max(0, need - 1));
      return length > room - 1 ? Infinity : length * this.#characterBytes;
    };
    const escapes = ESCAPES_AT[place];
    let rank = Infinity;
    if (escapes) {
      for (const [codePoint, bytesLeft] of escapes) rank = Math.min(rank, bytesLeft + rankAfter(this.#dfa.next(dfa, codePoint)));
      return rank;
    }
    const [low, high] = codePointsAt(place, code);
    for (const [next] of this.#dfa.successorsIn(dfa, low, high)) rank = Math.min(rank, rankAfter(next));
    return BYTES_LEFT[place] + rank;
  }

  #intern(dfa: number, need: number, room: number, place: number, code: number, knownRank?: number): number {
    const key = `${dfa},${need},${room},${place},${code}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      const rank =
        knownRank ??
        (code === ANY_REST
          ? BYTES_LEFT[place] + this.#lengths.shortest(dfa, need) * this.#characterBytes
          : this.#rankInside(dfa, need, room, place, code));
      number = this.#entries.length;
      this.#entries.push({ dfa, need, room, place, code, rank, row: undefined });
      this.#numbers.set(key, number);
    }
    return number;
  }
}

type Escape = readonly [codePoint: number, bytesLeft: number];

/** By place inside an escape: what JSON.stringify may be about to write there. */
const ESCAPES_AT: readonly (readonly Escape[] | undefined)[] = escapesByPlace();
/** By the place and byte that end an escape: its character. */
const ESCAPES: ReadonlyMap<number, number> = escapesByEnd();

function escapedForms(): [codePoint: number, form: Buffer][] {
  const codePoints = Array.from({ length: FIRST_LEAD }, (_, codePoint) => codePoint);
  const forms = codePoints.map((codePoint): [number, Buffer] => {
    return [codePoint, Buffer.from(JSON.stringify(String.fromCodePoint(codePoint)).slice(1, -1))];
  });
  return forms.filter(([, { length }]) => length > 1);
}

function placesOf(form: Buffer): number[] {
  const places = [PLAIN];
  for (const byte of form) places.push(CHARACTER_TABLES.canonical[(places[places.length - 1] << 8) | byte]);
  return places;
}

function escapesByPlace(): Escape[][] {
  const byPlace: Escape[][] = [];
  for (const [codePoint, form] of escapedForms()) {
    placesOf(form).slice(1, -1).forEach((place, i) => (byPlace[place] ??= []).push([codePoint, form.length - 1 - i]));
  }
  return byPlace;
}

function escapesByEnd(): Map<number, number> {
  const byEnd = new Map<number, number>();
  for (const [codePoint, form] of escapedForms()) {
    byEnd.set((placesOf(form)[form.length - 1] << 8) | form[form.length - 1], codePoint);
  }
  return byEnd;
}

/** The bits of a code point that the first of its bytes holds. */
function leadBits(byte: number): number {
  return byte < 0xe0 ? byte & 0x1f : byte < 0xf0 ? byte & 0x0f : byte & 0x07;
}

/** The characters whose bytes lead to a place, `code` being the bits so far. */
function codePointsAt(place: number, code: number): [low: number, high: number] {
  const bits = 6 * BYTES_LEFT[place];
  const low = code << bits;
  // The shortest form alone is allowed, and no surrogate.
  const least = bits === 12 && code === 0 ? 0x800 : bits === 18 && code === 0 ? 0x10000 : low;
  const last = low + 2 ** bits - 1;
  return [least, bits === 12 && code === 0xd ? 0xd7ff : Math.min(last, LAST_CODE_POINT)];
}

interface Bounded {
  body: Regex;
  minLength: number;
  maxLength: number;
}

/**
 * Bounds that say nothing more than the expression go. A count of characters in it becomes a bound: where all
 * else has a fixed length, x{2,900} is x* of such a length, which takes one state instead of 900.
 */
function foldLengths(store: RegexNodes, regex: Regex, { minLength, maxLength }: RegexLexemeOptions): Bounded {
  const items: Regex[] = [];
  let rest = regex;
  for (; rest.kind === "concat"; rest = rest.tail) items.push(rest.head);
  items.push(rest);
  const open = items.filter((item) => item.minLength !== item.maxLength);
  const [run] = open;
  const isCounted = run?.maxLength < Infinity || minLength > regex.minLength || maxLength < regex.maxLength;
  if (isCounted && open.length === 1 && regex.isPlain && run.kind === "repeat" && run.body.kind === "class") {
    const endless = store.repeat(run.body, 0, Infinity);
    const body = items.reduceRight((tail, item) => store.concat(item === run ? endless : item, tail), store.empty);
    return dropImplied(body, Math.max(minLength, regex.minLength), Math.min(maxLength, regex.maxLength));
  }
  return dropImplied(regex, minLength, maxLength);
}

function dropImplied(body: Regex, minLength: number, maxLength: number): Bounded {
  return {
    body,
    minLength: minLength <= body.minLength ? 0 : minLength,
    maxLength: maxLength >= body.maxLength ? Infinity : maxLength,
  };
}

/** Sets of characters by the bytes that one takes. */
const COSTS: Readonly<Record<RegexLexemeOptions["escapes"], readonly [bytes: number, set: CharSet][]>> = {
  json: [
    [1, [0x20, 0x21, 0x23, 0x5b, 0x5d, 0x7f]],
    [2, [0x08, 0x0a, 0x0c, 0x0d, 0x22, 0x22, 0x5c, 0x5c, 0x80, 0x7ff]],
    [3, [0x800, 0xffff]],
    [4, [0x10000, LAST_CODE_POINT]],
    [6, [0, 0x1f]],
  ],
  none: [
    [1, [0, 0x7f]],
    [2, [0x80, 0x7ff]],
    [3, [0x800, 0xffff]],
    [4, [0x10000, LAST_CODE_POINT]],
  ],
};

function cheapest(set: CharSet, escapes: RegexLexemeOptions["escapes"]): number {
  return COSTS[escapes].find(([, band]) => intersect(set, band).length > 0)?.[0] ?? 0;
}

/** No step on a shortest way of a plain expression takes more bytes: it may take any character of some class in it. */
function classBytes(regex: Regex, escapes: RegexLexemeOptions["escapes"]): number {
  return nodesOf(regex).reduce((most, node) => (node.kind === "class" ? Math.max(most, cheapest(node.set, escapes)) : most), 1);
}

/** No step between two states takes more bytes. */
function edgeBytes(dfa: Dfa, escapes: RegexLexemeOptions["escapes"]): number {
  let most = 1;
  for (let state = 0; state < dfa.stateCount; state++) {
    for (const set of dfa.edgeSets(state)) most = Math.max(most, cheapest(set, escapes));
  }
  return most;
}
