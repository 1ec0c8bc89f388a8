// A form without some of its texts, against brute force; strings whose lengths are counted outside of the automaton.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ExceptLexeme } from "../../../../engine/grammar/lexeme/except-lexeme.js";
import type { Lexeme } from "../../../../engine/grammar/lexeme/lexeme.js";
import { NumberLexeme } from "../../../../engine/grammar/lexeme/number/number-lexeme.js";
import { StringLexeme } from "../../../../engine/grammar/lexeme/string-lexeme.js";
import { WordList } from "../../../../engine/grammar/lexeme/word-list.js";
import type { WordTree } from "../../../../engine/grammar/lexeme/word-tree.js";
import { WordsLexeme } from "../../../../engine/grammar/lexeme/words-lexeme.js";
import { accepts, randomText, runOf } from "../../../fixtures/lexeme-run.js";
import { createRandomSource } from "../../../fixtures/random-source.js";

const body = (text: string) => JSON.stringify(text).slice(1, -1);
const texts = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "é", "中", "\n", "\u0001", '"'), maxLength: 4 }), { maxLength: 12 });

function string(minLength: number, maxLength: number, saturation = 1000): StringLexeme {
  return new StringLexeme({ minLength, maxLength, saturation, escapes: "canonical" });
}

function except(inner: Lexeme, words: readonly string[]): ExceptLexeme {
  return new ExceptLexeme(inner, new WordList(words));
}

/** The words of a tree, one character a byte. */
function spellingsOf(words: WordTree | undefined): string[] {
  if (!words) return [];
  const longer = words.bytes.flatMap((byte) => spellingsOf(words.child(byte)).map((rest) => String.fromCharCode(byte) + rest));
  return words.isWord ? ["", ...longer] : longer;
}

/** Every state within so many bytes: ranks fall, step keeps to states that have an end, `reduce` changes nothing. */
function expectSound(lexeme: Lexeme, bytes: readonly number[], depth: number): void {
  for (let states = [lexeme.start], level = 0; level < depth && states.length > 0; level++) {
    const next = new Set<number>();
    for (const state of states) {
      const steps = bytes.map((byte) => lexeme.step(state, byte)).filter((step) => step >= 0);
      const rank = lexeme.distance(state);
      expect(rank === 0).toBe(lexeme.isWhole(state));
      expect(rank).toBeLessThan(Infinity);
      if (rank > 0) expect(Math.min(...steps.map((step) => lexeme.distance(step)))).toBeLessThan(rank);
      const reduced = lexeme.reduce(state);
      expect(reduced.lexeme.distance(reduced.state)).toBe(rank);
      for (const byte of bytes) expect(reduced.lexeme.step(reduced.state, byte) >= 0).toBe(lexeme.step(state, byte) >= 0);
      steps.forEach((step) => next.add(step));
    }
    states = [...next].slice(0, 300);
  }
}

const ALL_BYTES = Array.from({ length: 256 }, (_, byte) => byte);

describe("closed sets", () => {
  test("exactly the other words are left, and no step leads to a dead end", () => {
    fc.assert(
      fc.property(texts, fc.array(fc.nat(20)), texts, (inside, chosen, outside) => {
        const excluded = new Set([...chosen.map((index) => inside[index % Math.max(1, inside.length)]).filter((word) => word !== undefined), ...outside]);
        const left = inside.filter((word) => !excluded.has(word));
        const lexeme = except(new WordsLexeme(new WordList(inside)), [...excluded]);
        if (inside.length === 0 || left.length === 0) return void expect(lexeme.distance(lexeme.start)).toBe(Infinity);
        for (const word of [...inside, ...outside]) {
          expect(accepts(lexeme, word)).toBe(left.includes(word));
          const bytes = Buffer.from(word);
          for (let length = 1; length <= bytes.length; length++) {
            const isOpen = left.some((other) => Buffer.from(other).subarray(0, length).equals(bytes.subarray(0, length)));
            expect(runOf(lexeme, bytes.subarray(0, length)) >= 0).toBe(isOpen);
          }
        }
        expectSound(lexeme, ALL_BYTES, 8);
      }),
      { numRuns: 150 },
    );
  });

  test("integers of a range without some", () => {
    fc.assert(
      fc.property(fc.integer({ min: -120, max: 120 }), fc.nat(40), fc.array(fc.integer({ min: -130, max: 130 }), { maxLength: 60 }), (minimum, width, excluded) => {
        const range = { isInteger: true, minimum, maximum: minimum + width, isMinimumOpen: false, isMaximumOpen: false };
        const lexeme = except(new NumberLexeme(range), excluded.map(String));
        const left = Array.from({ length: width + 1 }, (_, index) => minimum + index).filter((value) => !excluded.includes(value));
        if (left.length === 0) return void expect(lexeme.distance(lexeme.start)).toBe(Infinity);
        for (let value = -200; value <= 200; value++) {
          expect(accepts(lexeme, String(value))).toBe(left.includes(value));
          expect(runOf(lexeme, String(value)) >= 0).toBe(left.some((other) => String(other).startsWith(String(value))));
        }
        expectSound(lexeme, ALL_BYTES.slice(0x2b, 0x3a), 5);
      }),
      { numRuns: 200 },
    );
  });
});

describe("strings", () => {
  test("every text but the excluded ones", () => {
    fc.assert(
      fc.property(texts, texts, fc.nat(3), fc.nat(4), fc.nat(), (excluded, others, minLength, width, seed) => {
        const lexeme = except(string(minLength, minLength + width), excluded.map(body));
        const fits = (value: string) => [...value].length >= minLength && [...value].length <= minLength + width && !excluded.includes(value);
        for (const value of [...excluded, ...others, "", "a", "ab"]) expect(accepts(lexeme, body(value)), value).toBe(fits(value));
        if (lexeme.distance(lexeme.start) === Infinity) return void expect(minLength + width).toBe(0);
        expectSound(lexeme, [...ALL_BYTES.slice(0x20, 0x24), 0x5c, 0x61, 0x62, 0x63, 0xc3, 0xa9, 0xe4, 0xb8, 0xad], 6);
        const random = createRandomSource(seed);
        for (let walk = 0; walk < 5; walk++) expect(fits(JSON.parse(`"${randomText(lexeme, random)}"`))).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test("a single character that is none of ASCII", () => {
    const ascii = Array.from({ length: 128 }, (_, code) => body(String.fromCharCode(code)));
    const lexeme = except(string(0, 1), ["", ...ascii]);
    expect(lexeme.distance(lexeme.start)).toBe(2);
    for (const word of ascii) expect(runOf(lexeme, word)).toBe(-1);
    expect(accepts(lexeme, "é")).toBe(true);
    expect(runOf(lexeme, "éa")).toBe(-1);
  });

  test("no escape brings an excluded text back, and every control character has its one spelling", () => {
    const lexeme = except(string(0, Infinity), [body("ab"), body("\u001f"), body("/")]);
    for (const spelling of ["\\u0061b", "a\\u0062", "\\u001F", "\\u001f", "\\/", "\\u000a", "\\u0020", "\\u002f"]) expect(accepts(lexeme, spelling), spelling).toBe(false);
    for (let code = 0; code < 0x20; code++) if (code !== 0x1f) expect(accepts(lexeme, body(String.fromCharCode(code)))).toBe(true);
    expect(accepts(lexeme, "\\u001e")).toBe(true);
  });

  test("in canonical form a ban holds for every spelling", () => {
    const strings = new StringLexeme({ minLength: 0, maxLength: 9, saturation: 50, escapes: "any" });
    expect(accepts(strings, "\\u0061b")).toBe(true);
    expect(strings.canonical()).toBe(strings.canonical());
    const others = except(strings.canonical(), ["ab"]);
    for (const spelling of ["ab", "\\u0061b"]) expect(accepts(others, spelling)).toBe(false);
    expect(others.canonical()).toBe(others);
    const numbers = new NumberLexeme({ isInteger: false, minimum: 0, isMinimumOpen: false, maximum: 9, isMaximumOpen: false });
    expect(accepts(numbers, "1.50")).toBe(true);
    const rest = except(numbers.canonical(), ["1.5"]);
    for (const spelling of ["1.5", "1.50", "1.5e0", "15e-1"]) expect(accepts(rest, spelling)).toBe(false);
    expect(accepts(rest, "1.25")).toBe(true);
  });

  test("once no word can match, the state is the plain form's", () => {
    const inner = string(0, Infinity);
    const lexeme = except(inner, ["abc", "abd"]);
    expect(lexeme.reduce(runOf(lexeme, "abx"))).toEqual({ lexeme: inner, state: runOf(inner, "abx") });
    expect(lexeme.reduce(runOf(lexeme, "abc"))).toEqual({ lexeme, state: runOf(lexeme, "abc") });
    expect(lexeme.reduce(runOf(lexeme, "abcd")).lexeme).toBe(inner);
    const twice = except(lexeme, ["x"]);
    expect(twice.reduce(runOf(twice, "y")).lexeme).toBe(inner);
    expect(twice.reduce(runOf(twice, "ab")).lexeme).toBe(lexeme);
  });

  test("only continuations that a remainder begins with, or that begin with one, fare otherwise than in the plain form", () => {
    fc.assert(
      fc.property(texts, fc.string({ unit: fc.constantFrom("a", "b", "é"), maxLength: 3 }), texts, (excluded, written, continuations) => {
        const lexeme = except(string(1, 4), excluded.map(body));
        const state = runOf(lexeme, body(written));
        if (state < 0) return;
        const { lexeme: inner, state: innerState, words } = lexeme.exceptions(state);
        const spelled = spellingsOf(words);
        const starting = excluded.map((word) => Buffer.from(body(word)).toString("latin1"));
        const begun = Buffer.from(body(written)).toString("latin1");
        expect(new Set(spelled.map((rest) => begun + rest))).toEqual(new Set(starting.filter((word) => word.startsWith(begun))));
        for (const continuation of continuations) {
          const bytes = Buffer.from(body(continuation));
          const form = bytes.toString("latin1");
          if (spelled.some((rest) => rest.startsWith(form) || form.startsWith(rest))) continue;
          let [after, innerAfter] = [state, innerState];
          for (const byte of bytes) [after, innerAfter] = [after < 0 ? -1 : lexeme.step(after, byte), innerAfter < 0 ? -1 : inner.step(innerAfter, byte)];
          expect(after >= 0).toBe(innerAfter >= 0);
          if (after >= 0) expect(lexeme.isWhole(after)).toBe(inner.isWhole(innerAfter));
        }
      }),
      { numRuns: 200 },
    );
  });

  test("a saturated counter, settled where it matters, ends where an exact one does", () => {
    const longest = 3;
    const maxLength = 9;
    const words = ["a".repeat(9), "a".repeat(8), "ab".repeat(4), "é".repeat(9)];
    const exact = except(string(0, maxLength), words);
    const saturated = except(string(0, maxLength, longest + 1), words);
    fc.assert(
      fc.property(fc.array(fc.string({ unit: fc.constantFrom("a", "b", "é"), minLength: 1, maxLength: longest }), { maxLength: 6 }), (tokens) => {
        let state = saturated.start;
        let written = "";
        for (const token of tokens) {
          for (const byte of Buffer.from(token)) if (state >= 0) state = saturated.step(state, byte);
          written += token;
          if (state >= 0) state = saturated.settle(state, written.length);
          const expected = runOf(exact, written);
          expect(state >= 0).toBe(expected >= 0);
          if (state < 0) return;
          expect(saturated.isWhole(state)).toBe(exact.isWhole(expected));
          expect(saturated.distance(state)).toBe(exact.distance(expected));
        }
      }),
      { numRuns: 300, examples: [[["aaa", "aaa", "aaa"]], [["aaa", "aaa", "aa", "a"]], [["ééé", "ééé", "ééé"]], [["aaa", "aaa", "aa", "b"]]] },
    );
  });

  test("of ten thousand names those left are known, and long ones need no call stack", () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `name${index}`);
    const lexeme = except(string(1, Infinity, 20), names);
    expect(lexeme.distance(lexeme.start)).toBe(1);
    expect(accepts(lexeme, "name123")).toBe(false);
    expect(accepts(lexeme, "name10000")).toBe(true);
    expect(lexeme.exceptions(runOf(lexeme, "name123")).words?.count).toBe(11);
    const long = "x".repeat(100_000);
    expect(except(new WordsLexeme(new WordList([long])), [long]).distance(1)).toBe(Infinity);
    expect(except(new WordsLexeme(new WordList([long, `${long}y`])), [long]).distance(1)).toBe(100_001);
  });

  test("a state promises room for plain text only where all of it leads to like states", () => {
    const lexeme = except(string(0, 5), ["abcde"]);
    expect(lexeme.plainRoom(lexeme.start)).toBe(-1);
    expect(lexeme.plainRoom(runOf(lexeme, "b"))).toBe(4);
    const saturated = except(string(0, 500, 10), ["abcde"]);
    expect(saturated.plainRoom(saturated.start)).toBe(-1);
    expect(saturated.plainRoom(runOf(saturated, "b"))).toBe(Infinity);
  });
});
