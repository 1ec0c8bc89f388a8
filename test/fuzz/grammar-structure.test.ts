// Arrays and objects of the automaton against an enumeration: counts, counted items, items that differ, classes of names, both key orders.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Automaton } from "../../engine/grammar/automaton/automaton.js";
import { ShortestWay } from "../../engine/grammar/automaton/shortest-way.js";
import type { State } from "../../engine/grammar/automaton/state.js";
import { settleMinimumBytes } from "../../engine/grammar/automaton/structure/minimum-bytes.js";
import { StringLexeme } from "../../engine/grammar/lexeme/string-lexeme.js";
import { ExceptLexeme } from "../../engine/grammar/lexeme/except-lexeme.js";
import { WordList } from "../../engine/grammar/lexeme/word-list.js";
import { type ArrayShape, COMPACT, type KeyOrder, type ObjectShape, wordsShape } from "../../engine/grammar/shape.js";
import { grammarVocabulary } from "../fixtures/grammar-vocabulary.js";

const vocabulary = grammarVocabulary();
/** Bytes of all texts below, and some more. */
const ALPHABET = [...'[]{},:"abckx123'].map((character) => character.charCodeAt(0));

/** All texts of at most `limit` bytes that the automaton accepts. */
function texts(automaton: Automaton, limit: number): Set<string> {
  const found = new Set<string>();
  const visit = (state: State, text: string): void => {
    if (state.isComplete) found.add(text);
    if (text.length === limit) return;
    for (const byte of ALPHABET) {
      const next = automaton.next(state, byte);
      if (next && text.length + 1 + Math.min(next.distance, 1) <= limit + 1) visit(next, text + String.fromCharCode(byte));
    }
  };
  visit(automaton.start(), "");
  return found;
}

/** From every state passed on random walks the shortest way leads to the end, in as many tokens as it says. */
function followWays(automaton: Automaton, choices: readonly number[]): void {
  const way = new ShortestWay(automaton, vocabulary.trie);
  let state = automaton.start();
  for (const choice of choices) {
    let at = state;
    for (let bytes = 0; at.distance > 0; bytes++) {
      expect(bytes, "the way goes on forever").toBeLessThan(500);
      const next: State | null = automaton.next(at, way.byteOnWay(at));
      expect(next!.distance).toBeLessThan(at.distance);
      at = next!;
    }
    const open = ALPHABET.filter((byte) => automaton.next(state, byte));
    if (open.length === 0) break;
    state = automaton.next(state, open[choice % open.length])!;
  }
}

const item = fc.subarray(["1", "2", '"a"', '"b"'], { minLength: 0, maxLength: 3 });
const arrayCase = fc.record({
  prefix: fc.array(item, { maxLength: 2 }),
  rest: item,
  counted: fc.subarray(["1", '"a"'], { minLength: 1 }),
  minItems: fc.nat(3),
  extra: fc.option(fc.nat(2)),
  contains: fc.option(fc.record({ min: fc.nat(2), extra: fc.option(fc.nat(1)) })),
  isUnique: fc.boolean(),
});

test("arrays hold exactly what their bounds, counted items and uniqueness allow", () => {
  fc.assert(
    fc.property(arrayCase, fc.array(fc.nat(20), { maxLength: 12 }), (given, choices) => {
      const isUnique = given.isUnique && !given.contains && given.prefix.length === 0;
      const max = given.contains?.extra === null || !given.contains ? Infinity : given.contains.min + given.contains.extra!;
      const maxItems = given.extra === null ? Infinity : given.minItems + given.extra;
      const itemShape = (words: string[]) => {
        const counted = given.contains ? words.filter((word) => given.counted.includes(word)) : undefined;
        const plain = counted && max < Infinity ? words.filter((word) => !counted.includes(word)) : words;
        return { value: wordsShape(plain), counted: counted && wordsShape(counted) };
      };
      const shape: ArrayShape = {
        kind: "array", prefix: given.prefix.map(itemShape), rest: itemShape(given.rest), minItems: given.minItems, maxItems,
        contains: given.contains ? { min: given.contains.min, max } : undefined, isUnique, minimumBytes: Infinity,
      };
      settleMinimumBytes(shape, COMPACT);
      const expected = new Set<string>();
      const build = (items: string[]): void => {
        const hits = items.filter((one) => given.counted.includes(one)).length;
        const isCounted = !given.contains || (hits >= given.contains.min && hits <= max);
        if (items.length >= given.minItems && isCounted) expected.add(`[${items.join()}]`);
        if (items.length >= maxItems || items.length === 4) return;
        for (const next of given.prefix[items.length] ?? given.rest) if (!isUnique || !items.includes(next)) build([...items, next]);
      };
      build([]);
      const fits = [...expected].filter((text) => text.length <= 10).toSorted();
      if (shape.minimumBytes === Infinity) return void expect(fits).toEqual([]);
      const automaton = new Automaton(shape, COMPACT);
      // Four items take at most 17 bytes; below 10 bytes there are never more than four.
      expect([...texts(automaton, 10)].toSorted()).toEqual(fits);
      followWays(automaton, choices);
    }),
    { numRuns: 400 },
  );
});

const objectCase = fc.record({
  values: fc.array(fc.subarray(["1", "2"], { minLength: 0 }), { minLength: 0, maxLength: 3 }),
  required: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
  free: fc.option(fc.subarray(["3"], { minLength: 0 })),
  min: fc.nat(3),
  extra: fc.option(fc.nat(2)),
});
const NAMES = ["a", "b", "c"];

test.each(["schema", "any"] as const)("objects in the order %s hold exactly the properties that their bounds allow", (order: KeyOrder) => {
  fc.assert(
    fc.property(objectCase, fc.array(fc.nat(20), { maxLength: 12 }), ({ values, required, free, min, extra }, choices) => {
      const max = extra === null ? Infinity : min + extra;
      const names = NAMES.slice(0, values.length);
      const body = new StringLexeme({ minLength: 1, maxLength: 1, saturation: 5, escapes: "canonical" });
      const shape: ObjectShape = {
        kind: "object",
        properties: names.map((key, i) => ({ key, value: wordsShape(values[i]), isRequired: required[i] })),
        free: free ? [{ key: new ExceptLexeme(body, new WordList(names)), value: wordsShape(free) }] : [],
        minProperties: min, maxProperties: max, minimumBytes: Infinity,
      };
      settleMinimumBytes(shape, COMPACT);
      const expected = new Set<string>();
      const others = ALPHABET.map((byte) => String.fromCharCode(byte)).filter((name) => name !== '"' && !names.includes(name));
      const build = (written: readonly string[], parts: readonly string[]): void => {
        const isWhole = names.every((name, i) => !required[i] || written.includes(name));
        if (isWhole && parts.length >= min && parts.length <= max) expected.add(`{${parts.join()}}`);
        if (parts.length === 2) return;
        const last = Math.max(-1, ...written.map((name) => (names.includes(name) ? names.indexOf(name) : names.length)));
        names.forEach((name, i) => {
          if (written.includes(name) || (order === "schema" && i <= last)) return;
          for (const value of values[i]) build([...written, name], [...parts, `"${name}":${value}`]);
        });
        for (const name of others) {
          // A repeated name is the same property again: it counts once, and is kept out where counts matter.
          if (free && free.length > 0 && !(written.includes(name) && parts.length < min)) build([...written, name], [...parts, `"${name}":${free[0]}`]);
        }
      };
      build([], []);
      const automaton = new Automaton(shape, COMPACT, order);
      const fits = [...expected].filter((text) => text.length <= 13).toSorted();
      if (shape.minimumBytes === Infinity) return void expect(fits).toEqual([]);
      expect([...texts(automaton, 13)].toSorted()).toEqual(fits);
      followWays(automaton, choices);
    }),
    { numRuns: 150 },
  );
});
