// One lexeme for equal forms, within bounds of memory; strings of patterns and formats without some texts.
import { expect, test } from "vitest";
import { LexemeStore } from "../../../../engine/grammar/lexeme/lexeme-store.js";
import { FORMATS } from "../../../../engine/grammar/regex/formats.js";
import { RegexStore } from "../../../../engine/grammar/regex/regex-store.js";
import { accepts, randomText, runOf } from "../../../fixtures/lexeme-run.js";
import { createRandomSource } from "../../../fixtures/random-source.js";

const LONGEST = 20;
const unbounded = { isInteger: false, minimum: -Infinity, isMinimumOpen: false, maximum: Infinity, isMaximumOpen: false };

function regex(pattern: string) {
  const store = new RegexStore();
  return { store, regex: store.parse(pattern) };
}

test("equal forms are one lexeme, others are not", () => {
  const store = new LexemeStore(LONGEST);
  const plain = { minLength: 0, maxLength: 10 };
  const forms = [
    () => store.string(plain),
    () => store.string({ ...plain, minLength: 1 }),
    () => store.string({ ...plain, except: [] }),
    () => store.string({ ...plain, except: [""] }),
    () => store.string({ ...plain, except: ["a", "b"] }),
    () => store.string({ ...plain, except: ["ab"] }),
    () => store.string({ ...plain, except: ['a"', "b"] }),
    () => store.string({ ...plain, regex: regex("^a*$") }),
    () => store.string({ ...plain, regex: regex("^b*$") }),
    () => store.string({ ...plain, regex: regex("^a*$"), except: ["a"] }),
    () => store.number(unbounded),
    () => store.number({ ...unbounded, isInteger: true }),
    () => store.number({ ...unbounded, multiplesOf: [2] }),
    () => store.number({ ...unbounded, form: "canonical" }),
    () => store.number({ ...unbounded, except: [1] }),
    () => store.number({ ...unbounded, except: [1, 2] }),
  ];
  const lexemes = forms.map((form) => form());
  expect(new Set(lexemes).size).toBe(forms.length);
  for (const [index, form] of forms.entries()) expect(form()).toBe(lexemes[index]);
  expect(store.string({ ...plain, except: ["b", "a", "b"] })).toBe(lexemes[4]);
  expect(store.number({ ...unbounded, multiplesOf: [3, 2] })).toBe(store.number({ ...unbounded, multiplesOf: [2, 3] }));
});

test("forms without some texts share the states of the whole form", () => {
  const store = new LexemeStore(LONGEST);
  const whole = store.string({ minLength: 0, maxLength: Infinity, except: [] });
  const known = store.string({ minLength: 0, maxLength: Infinity, except: ["id", "name"] });
  expect(known.reduce(runOf(known, "x")).lexeme).toBe(whole);
  const numbers = store.number({ ...unbounded, form: "canonical" });
  const others = store.number({ ...unbounded, except: [12, 1.5] });
  expect(others.reduce(runOf(others, "3")).lexeme).toBe(numbers);
});

test("the least recently used lexeme is forgotten first", () => {
  const store = new LexemeStore(LONGEST);
  const first = store.string({ minLength: 0, maxLength: 1 });
  const second = store.string({ minLength: 0, maxLength: 2 });
  for (let maxLength = 3; maxLength <= 2000; maxLength++) store.string({ minLength: 0, maxLength });
  expect(store.string({ minLength: 0, maxLength: 1 })).toBe(first);
  store.string({ minLength: 0, maxLength: 2001 });
  expect(store.string({ minLength: 0, maxLength: 1 })).toBe(first);
  expect(store.string({ minLength: 0, maxLength: 2 })).not.toBe(second);
});

test("bounds cost nothing before a text is written", () => {
  const store = new LexemeStore(LONGEST);
  const lexeme = store.string({ minLength: 1000, maxLength: 100_000 });
  expect(lexeme.distance(lexeme.start)).toBe(1000);
  expect(lexeme.plainRoom(lexeme.start)).toBe(Infinity);
  expect(lexeme.settleAbove(lexeme.start)).toBe(100_000 - LONGEST - 1);
});

test("numbers without some, by value", () => {
  const lexeme = new LexemeStore(LONGEST).number({ ...unbounded, minimum: 0, maximum: 2, except: [0, 1, 1.5, 1e-7] });
  for (const text of ["0", "1", "1.0", "1.50", "1.5", "1e-7", "1e-07", "0.0000001", "10e-1"]) expect(accepts(lexeme, text), text).toBe(false);
  for (const text of ["2", "1.25", "1e-8", "0.5"]) expect(accepts(lexeme, text), text).toBe(true);
});

test("a pattern without some of its texts, bounded so that few are left", () => {
  const lexeme = new LexemeStore(LONGEST).string({ minLength: 1, maxLength: 4, regex: regex("^(ab)*$"), except: ["ab"] });
  expect(accepts(lexeme, "ab")).toBe(false);
  expect(accepts(lexeme, "abab")).toBe(true);
  expect(lexeme.distance(lexeme.start)).toBe(4);
  const empty = new LexemeStore(LONGEST).string({ minLength: 1, maxLength: 4, regex: regex("^(ab)*$"), except: ["ab", "abab"] });
  expect(empty.distance(empty.start)).toBe(Infinity);
});

test.each([...FORMATS])("walks write texts of the format %s, without those left out", (_, { pattern, maxLength = Infinity }) => {
  const store = new LexemeStore(LONGEST);
  const random = createRandomSource(pattern.length);
  const form = { minLength: 0, maxLength, regex: regex(pattern) };
  const lexeme = store.string(form);
  const expression = new RegExp(pattern, "u");
  const texts = Array.from({ length: 15 }, () => JSON.parse(`"${randomText(lexeme, random)}"`) as string);
  for (const text of texts) expect(text).toMatch(expression);
  const rest = store.string({ ...form, except: texts });
  for (const text of texts) expect(accepts(rest, JSON.stringify(text).slice(1, -1)), text).toBe(false);
  for (let walk = 0; walk < 5; walk++) {
    const text = JSON.parse(`"${randomText(rest, random)}"`) as string;
    expect(texts).not.toContain(text);
    expect(text).toMatch(expression);
  }
});
