// Regular expressions against the host's own: random patterns, random texts, byte by byte.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RegexLexeme, type RegexLexemeOptions } from "../../engine/grammar/regex/regex-lexeme.js";
import { type Regex, RegexError, RegexStore } from "../../engine/grammar/regex/regex-store.js";
import { randomPattern, randomText } from "../fixtures/random-pattern.js";

const texts = fc.array(randomText, { minLength: 30, maxLength: 30 });

/** All short texts over few characters. */
const SHORT_TEXTS = ["", ...["a", "b", "0", "中"].flatMap((x) => [x, ...["a", "b", " "].flatMap((y) => [x + y, `${x}${y}a`, `${x}${y}0`])])];

/** Undefined where a pattern is refused, which it must say. */
function parse(store: RegexStore, pattern: string): Regex | undefined {
  return unlessRefused(() => store.parse(pattern));
}

function unlessRefused<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    expect(error).toBeInstanceOf(RegexError);
    return undefined;
  }
}

/** The host's answer by the specification: its own search also looks inside of surrogate pairs. */
function hostFinds(pattern: string, text: string): boolean {
  const host = new RegExp(pattern, "uy");
  const starts = Array.from(text).reduce((all, character) => [...all, all[all.length - 1] + character.length], [0]);
  return starts.some((start) => {
    host.lastIndex = start;
    return host.test(text);
  });
}

function codePoints(text: string): number {
  return Array.from(text).length;
}

/** Follows smaller ranks to the end; the bytes written must not be more than the first rank. */
function finish(lexeme: RegexLexeme, from: number): Uint8Array {
  const bytes: number[] = [];
  let state = from;
  while (!lexeme.isWhole(state)) {
    const rank = lexeme.distance(state);
    const next = Array.from({ length: 256 }, (_, byte) => byte).find((byte) => {
      const after = lexeme.step(state, byte);
      return after >= 0 && lexeme.distance(after) < rank;
    });
    if (next === undefined) throw new Error(`no byte leads nearer to the end from a state of rank ${rank}`);
    bytes.push(next);
    state = lexeme.step(state, next);
  }
  expect(bytes.length).toBeLessThanOrEqual(lexeme.distance(from));
  return Uint8Array.from(bytes);
}

/** Accepts as a matcher does: in tokens of at most `saturation` characters, with counters settled after each. */
function accepts(lexeme: RegexLexeme, text: string, { escapes, saturation }: RegexLexemeOptions): boolean {
  const characters = Array.from(text);
  let state = lexeme.start;
  for (let i = 0; i < characters.length; i += saturation) {
    for (const byte of bytesOf(characters.slice(i, i + saturation).join(""), escapes)) {
      state = lexeme.step(state, byte);
      if (state < 0) return false;
    }
    state = lexeme.settle(state, Math.min(characters.length, i + saturation));
  }
  return lexeme.isWhole(state);
}

function bytesOf(text: string, escapes: RegexLexemeOptions["escapes"]): Uint8Array {
  return Buffer.from(escapes === "json" ? JSON.stringify(text).slice(1, -1) : text);
}

function textOf(bytes: Uint8Array, escapes: RegexLexemeOptions["escapes"]): string {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  return escapes === "json" ? (JSON.parse(`"${text}"`) as string) : text;
}

/** Characters that were begun; undefined inside of an escape, where it does not matter when they are counted. */
function beginningOf(written: readonly number[], escapes: RegexLexemeOptions["escapes"]): number | undefined {
  let text = Buffer.from(written).toString("latin1");
  if (escapes === "json") {
    text = text.replace(/\\(?:u[0-9a-f]{4}|[^u])/g, "x");
    if (text.includes("\\")) return undefined;
  }
  return text.replace(/[\x80-\xbf]/g, "").length;
}

const bounds = fc.record({
  minLength: fc.oneof(fc.constant(0), fc.nat(6)),
  maxLength: fc.oneof(fc.constant(Infinity), fc.nat(9), fc.nat(40)),
  saturation: fc.integer({ min: 1, max: 4 }),
  escapes: fc.constantFrom("json" as const, "none" as const),
});

function lexemeOf(pattern: string, options: RegexLexemeOptions): { regex: Regex; lexeme: RegexLexeme } | undefined {
  const regex = parse(store, pattern);
  // Bounds of lengths may take more states than are allowed.
  const lexeme = regex && unlessRefused(() => new RegexLexeme(store, regex, options));
  return lexeme && { regex, lexeme };
}

const store = new RegexStore();

describe("regular expressions", () => {
  for (const isLooking of [false, true]) {
    it(`find what the host's RegExp finds${isLooking ? ", with assertions" : ""}`, () => {
      fc.assert(
        fc.property(randomPattern(isLooking), texts, (pattern, some) => {
          const regex = parse(store, pattern);
          if (!isLooking) expect(regex).toBeDefined();
          if (!regex) return;
          for (const text of [...SHORT_TEXTS, ...some]) {
            const expected = hostFinds(pattern, text);
            if (store.test(regex, text) !== expected) expect.fail(`${pattern} on ${JSON.stringify(text)}: the host says ${expected}`);
          }
        }),
        { numRuns: 400 },
      );
    });
  }

  it("are read byte by byte: whole exactly where the text matches and its length is in bounds", () => {
    fc.assert(
      fc.property(randomPattern(false), bounds, texts, (pattern, options, some) => {
        const made = lexemeOf(pattern, options);
        fc.pre(made !== undefined);
        const { regex, lexeme } = made;
        for (const text of [...SHORT_TEXTS, ...some, ...some.map((each) => each + each + each)]) {
          const length = codePoints(text);
          const expected = store.test(regex, text) && length >= options.minLength && length <= options.maxLength;
          if (accepts(lexeme, text, options) !== expected) expect.fail(`${pattern} with ${JSON.stringify(options)} on ${JSON.stringify(text)}`);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("never lead into a dead end: from every state, smaller ranks lead to a text that matches", () => {
    fc.assert(
      fc.property(randomPattern(true), bounds, fc.array(fc.nat(0xffff), { maxLength: 24 }), (pattern, options, choices) => {
        const made = lexemeOf(pattern, options);
        if (!made) return;
        const { regex, lexeme } = made;
        if (lexeme.distance(lexeme.start) === Infinity) {
          expect(Array.from({ length: 256 }, (_, byte) => lexeme.step(lexeme.start, byte)).every((next) => next < 0)).toBe(true);
          return;
        }
        const written: number[] = [];
        let state = lexeme.start;
        for (const choice of choices) {
          const text = textOf(Uint8Array.from([...written, ...finish(lexeme, state)]), options.escapes);
          const length = codePoints(text);
          if (!store.test(regex, text) || length < options.minLength || length > options.maxLength) {
            expect.fail(`${pattern} with ${JSON.stringify(options)} ended as ${JSON.stringify(text)}`);
          }
          const bytes = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => lexeme.step(state, byte) >= 0);
          if (bytes.length === 0) return;
          const byte = bytes[choice % bytes.length];
          written.push(byte);
          state = lexeme.step(state, byte);
          // A token may end inside of a character, which then counts.
          const begun = beginningOf(written, options.escapes);
          if (begun !== undefined) state = lexeme.settle(state, begun);
        }
      }),
      { numRuns: 200 },
    );
  });
});
