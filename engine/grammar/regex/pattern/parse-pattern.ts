// Reads ECMA-262 patterns: Unicode mode, and annex B where a pattern is valid only there.
import {
  type CharSet, charSet, complement, DIGITS, LAST_CODE_POINT, LINE_TERMINATORS, union, WHITE_SPACE, WORD_CHARACTERS,
} from "../char-set.js";
import { RegexError } from "../regex-error.js";
import { choiceOf, type Pattern, repeatOf, sequenceOf } from "./pattern.js";

const MAX_NESTING = 400;
const CONTROLS: Readonly<Record<string, number>> = { t: 0x09, n: 0x0a, v: 0x0b, f: 0x0c, r: 0x0d };
const CLASSES: Readonly<Record<string, CharSet>> = {
  d: DIGITS,
  D: complement(DIGITS),
  w: WORD_CHARACTERS,
  W: complement(WORD_CHARACTERS),
  s: WHITE_SPACE,
  S: complement(WHITE_SPACE),
};

export type PropertyLookup = (escape: string) => CharSet;

/**
 * @param properties gives the characters of an escape such as `\p{L}`
 * @throws RegexError where it is not a pattern, or has a back-reference
 */
export function parsePattern(source: string, properties: PropertyLookup): Pattern {
  const isUnicode = isValid(source, "u");
  if (!isUnicode && !isValid(source, "")) throw new RegexError(`${JSON.stringify(source)} is not a regular expression.`);
  return new PatternParser(source, isUnicode, properties).parse();
}

function isValid(source: string, flags: string): boolean {
  try {
    RegExp(source, flags);
    return true;
  } catch {
    return false;
  }
}

/** The host's own parser took the source, so that only sound patterns come here. */
class PatternParser {
  readonly #characters: readonly string[];
  readonly #groupCount: number;
  readonly #hasNames: boolean;
  #position = 0;
  #nesting = 0;

  constructor(
    source: string,
    private readonly isUnicode: boolean,
    private readonly properties: PropertyLookup,
  ) {
    this.#characters = Array.from(source);
    const bare = source.replace(/\\[^]|\[(?:\\[^]|[^\]\\])*\]/g, "");
    this.#groupCount = (bare.match(/\((?!\?(?!<[^=!]))/g) ?? []).length;
    this.#hasNames = /\(\?<[^=!]/.test(bare);
  }

  parse(): Pattern {
    return this.#disjunction();
  }

  #disjunction(): Pattern {
    if (++this.#nesting > MAX_NESTING) throw new RegexError(`Groups are nested more than ${MAX_NESTING} deep.`);
    const options: Pattern[] = [];
    do {
      const items: Pattern[] = [];
      while (this.#position < this.#characters.length && !this.#isAt("|") && !this.#isAt(")")) items.push(this.#term());
      options.push(sequenceOf(...items));
    } while (this.#take("|"));
    this.#nesting--;
    return choiceOf(...options);
  }

  #term(): Pattern {
    const atom = this.#atom();
    const quantifier = this.#quantifier();
    if (!quantifier) return atom;
    const [min, max] = quantifier;
    // Annex B lets assertions be repeated: once is as good as many times, and none as good as any.
    if (atom.kind === "look") return min === 0 ? sequenceOf() : atom;
    return repeatOf(atom, min, max);
  }

  #quantifier(): [number, number] | undefined {
    const range = this.#takeQuantifier();
    if (range) this.#take("?");
    return range;
  }

  #takeQuantifier(): [number, number] | undefined {
    if (this.#take("*")) return [0, Infinity];
    if (this.#take("+")) return [1, Infinity];
    if (this.#take("?")) return [0, 1];
    if (!this.#isAt("{")) return undefined;
    const match = /^\{(\d+)(,?)(\d*)\}/.exec(this.#characters.slice(this.#position, this.#position + 64).join(""));
    if (!match) return undefined;
    this.#position += match[0].length;
    const min = Number(match[1]);
    return [min, match[2] === "" ? min : match[3] === "" ? Infinity : Number(match[3])];
  }

  #atom(): Pattern {
    const character = this.#characters[this.#position++];
    switch (character) {
      case "^":
        return { kind: "start" };
      case "$":
        return { kind: "end" };
      case ".":
        return { kind: "class", set: complement(LINE_TERMINATORS) };
      case "(":
        return this.#group();
      case "[":
        return { kind: "class", set: this.#class() };
      case "\\":
        return this.#escape();
      default:
        return { kind: "class", set: single(character.codePointAt(0)!) };
    }
  }

  #group(): Pattern {
    const look = this.#takeAny(["?=", "?!", "?<=", "?<!"]);
    if (!look && !this.#take("?:") && this.#take("?<")) while (this.#characters[this.#position++] !== ">");
    const body = this.#disjunction();
    this.#position++;
    if (!look) return body;
    return { kind: look.includes("<") ? "lookBehind" : "look", body, isNegative: look.endsWith("!") };
  }

  #escape(): Pattern {
    if (this.#take("b")) return { kind: "boundary", isNegative: false };
    if (this.#take("B")) return { kind: "boundary", isNegative: true };
    if (this.#isAt("k") && (this.isUnicode || this.#hasNames)) throw new RegexError("Back-references are not supported.");
    const reference = /^[1-9]\d*/.exec(this.#characters.slice(this.#position, this.#position + 8).join(""));
    if (reference && Number(reference[0]) <= this.#groupCount) throw new RegexError("Back-references are not supported.");
    return { kind: "class", set: this.#classEscape() ?? single(this.#characterEscape()) };
  }

  /** The set of \d, \p{...} and their like. */
  #classEscape(): CharSet | undefined {
    const letter = this.#characters[this.#position];
    if (Object.hasOwn(CLASSES, letter)) {
      this.#position++;
      return CLASSES[letter];
    }
    if (!this.isUnicode || (letter !== "p" && letter !== "P")) return undefined;
    const end = this.#characters.indexOf("}", this.#position);
    const name = this.#characters.slice(this.#position, end + 1).join("");
    this.#position = end + 1;
    return this.properties(`\\${name}`);
  }

  #characterEscape(): number {
    const letter = this.#characters[this.#position++];
    if (Object.hasOwn(CONTROLS, letter)) return CONTROLS[letter];
    const value = letter === "x" ? this.#hex(2) : letter === "u" ? this.#unicodeEscape() : letter === "c" ? this.#control() : this.#octal(letter);
    return value ?? letter.codePointAt(0)!;
  }

  #hex(digitCount: number): number | undefined {
    const digits = this.#characters.slice(this.#position, this.#position + digitCount).join("");
    if (digits.length < digitCount || !/^[0-9a-fA-F]+$/.test(digits)) return undefined;
    this.#position += digitCount;
    return Number.parseInt(digits, 16);
  }

  #unicodeEscape(): number | undefined {
    if (this.isUnicode && this.#take("{")) {
      const end = this.#characters.indexOf("}", this.#position);
      const digits = this.#characters.slice(this.#position, end).join("");
      this.#position = end + 1;
      return Number.parseInt(digits, 16);
    }
    const first = this.#hex(4);
    if (first === undefined || first < 0xd800 || first > 0xdbff || !this.#isAt("\\u")) return first;
    const start = this.#position;
    this.#position += 2;
    const second = this.#hex(4);
    if (second !== undefined && second >= 0xdc00 && second <= 0xdfff) return 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
    this.#position = start;
    return first;
  }

  /** \cX; in annex B, a backslash where no letter follows. */
  #control(): number {
    const letter = this.#characters[this.#position];
    if (letter !== undefined && /^[A-Za-z]$/.test(letter)) {
      this.#position++;
      return letter.charCodeAt(0) % 32;
    }
    this.#position--;
    return 0x5c;
  }

  #octal(letter: string): number | undefined {
    if (!/^[0-7]$/.test(letter)) return undefined;
    const digits = /^(?:[0-3][0-7]{0,2}|[4-7][0-7]?)/.exec(this.#characters.slice(this.#position - 1, this.#position + 2).join(""))![0];
    this.#position += digits.length - 1;
    return Number.parseInt(digits, 8);
  }

  #class(): CharSet {
    const isNegative = this.#take("^");
    const ranges: number[] = [];
    let sets: CharSet = [];
    while (!this.#take("]")) {
      const low = this.#classAtom();
      const isRange = this.#isAt("-") && this.#characters[this.#position + 1] !== "]";
      if (!isRange) {
        if (typeof low === "number") ranges.push(low, low);
        else sets = union(sets, low);
        continue;
      }
      this.#position++;
      const high = this.#classAtom();
      if (typeof low === "number" && typeof high === "number") ranges.push(low, high);
      // Annex B: beside a set the dash stands for itself.
      else for (const part of [low, 0x2d, high]) sets = union(sets, typeof part === "number" ? single(part) : part);
    }
    const set = union(charSet(ranges), sets);
    return isNegative ? complement(set) : set;
  }

  #classAtom(): number | CharSet {
    const character = this.#characters[this.#position++];
    if (character !== "\\") return character.codePointAt(0)!;
    if (this.#take("b")) return 0x08;
    if (this.#isAt("c") && !this.isUnicode) return this.#classControl();
    return this.#classEscape() ?? this.#characterEscape();
  }

  /** Annex B lets digits and the underscore follow \c in a class. */
  #classControl(): number {
    const letter = this.#characters[this.#position + 1];
    if (letter === undefined || !/^\w$/.test(letter)) return 0x5c;
    this.#position += 2;
    return letter.charCodeAt(0) % 32;
  }

  #isAt(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.#characters[this.#position + i] !== text[i]) return false;
    return true;
  }

  #take(text: string): boolean {
    if (!this.#isAt(text)) return false;
    this.#position += text.length;
    return true;
  }

  #takeAny(texts: readonly string[]): string | undefined {
    return texts.find((text) => this.#take(text));
  }
}

function single(codePoint: number): CharSet {
  return charSet([codePoint, codePoint]);
}

/** All assigned characters but those for private use. */
const ASSIGNED: CharSet = [0, 0xd7ff, 0xe000, 0x3ffff, 0xe0000, 0xe0fff];

/** The ranges of a Unicode property, found with the host's own tables. */
export function findProperty(escape: string): CharSet {
  const run = new RegExp(`${escape}+`, "gu");
  const ranges: number[] = [];
  for (let i = 0; i < ASSIGNED.length; i += 2) {
    for (const { 0: text } of charactersFrom(ASSIGNED[i], ASSIGNED[i + 1]).matchAll(run)) {
      const last = text.length - 1;
      const isPair = text.charCodeAt(last) >= 0xdc00 && text.charCodeAt(last) <= 0xdfff;
      ranges.push(text.codePointAt(0)!, text.codePointAt(isPair ? last - 1 : last)!);
    }
  }
  // A plane without assigned characters is all alike, but for the two non-characters at its end.
  for (let plane = 0x40000; plane <= LAST_CODE_POINT; plane += 0x10000) {
    const first = plane === 0xe0000 ? 0xe1000 : plane;
    for (const [low, high] of [[first, plane + 0xfffd], [plane + 0xfffe, plane + 0xffff]]) {
      if (String.fromCodePoint(low).search(run) === 0) ranges.push(low, high);
    }
  }
  return charSet(ranges);
}

function charactersFrom(low: number, high: number): string {
  const units = new Uint16Array(2 * (high - low + 1));
  let length = 0;
  for (let codePoint = low; codePoint <= high; codePoint++) {
    if (codePoint > 0xffff) {
      units[length++] = 0xd7c0 + (codePoint >> 10);
      units[length++] = 0xdc00 | (codePoint & 0x3ff);
    } else {
      units[length++] = codePoint;
    }
  }
  return Buffer.from(units.buffer, 0, 2 * length).toString("utf16le");
}
