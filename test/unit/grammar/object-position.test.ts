// Positions in an object: ranks by arithmetic against the positions themselves, one position for one set, many properties.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ObjectPlan, type ObjectPosition } from "../../../engine/grammar/automaton/structure/object-position.js";
import { compileJsonSchema } from "../../../engine/grammar/json-schema.js";
import { ExceptLexeme } from "../../../engine/grammar/lexeme/except-lexeme.js";
import { StringLexeme } from "../../../engine/grammar/lexeme/string-lexeme.js";
import { WordList } from "../../../engine/grammar/lexeme/word-list.js";
import { COMPACT, type KeyOrder, type ObjectShape, wordsShape } from "../../../engine/grammar/shape.js";
import { grammarVocabulary } from "../../fixtures/grammar-vocabulary.js";

function settled(text: string) {
  return { ...wordsShape([text]), minimumBytes: text.length };
}

function planOf({ required, hasFree, min, extra }: { required: readonly boolean[]; hasFree: boolean; min: number; extra: number | null }, order: KeyOrder): ObjectPlan {
  const names = required.map((_, i) => `p${i}`);
  const body = new StringLexeme({ minLength: 1, maxLength: 2, saturation: 5, escapes: "canonical" });
  const shape: ObjectShape = {
    kind: "object",
    properties: names.map((key, i) => ({ key, value: settled("1".repeat(1 + ((i * 7) % 5))), isRequired: required[i] })),
    free: hasFree ? [{ key: new ExceptLexeme(body, new WordList(names)), value: settled("12") }] : [],
    minProperties: min, maxProperties: extra === null ? Infinity : min + extra, minimumBytes: Infinity,
  };
  return new ObjectPlan(shape, COMPACT, order);
}

const given = fc.record({
  required: fc.array(fc.boolean(), { minLength: 1, maxLength: 20 }),
  hasFree: fc.boolean(),
  min: fc.nat(8),
  extra: fc.option(fc.nat(20)),
});

function allowed(position: ObjectPosition, count: number): number[] {
  return Array.from({ length: count }, (_, i) => i).filter((property) => position.allows(property));
}

test.each(["schema", "any"] as const)("in the order %s, the rank after a property is that of the position after it", (order) => {
  fc.assert(
    fc.property(given, fc.array(fc.nat(30), { maxLength: 10 }), (object, choices) => {
      let position: ObjectPosition = planOf(object, order).start;
      for (const choice of choices) {
        const next = allowed(position, object.required.length);
        for (const property of next) expect(position.bytesAfter(property)).toBe(position.take(property).bytes);
        if (position.canTakeFree && choice % 3 === 0) position = position.takeFree(`n${choice}`);
        else if (next.length > 0) position = position.take(next[choice % next.length]);
      }
    }),
    { numRuns: 300 },
  );
});

describe("in any order", () => {
  test("the same properties lead to one position, others to another", () => {
    const { start } = planOf({ required: Array.from({ length: 40 }, (_, i) => i % 2 === 0), hasFree: false, min: 0, extra: null }, "any");
    const after = (properties: readonly number[]) => properties.reduce((position, property) => position.take(property), start);
    fc.assert(
      fc.property(fc.shuffledSubarray(Array.from({ length: 40 }, (_, i) => i), { minLength: 1 }), (properties) => {
        const position = after(properties);
        expect(after(properties.toSorted((a, b) => a - b))).toBe(position);
        expect(after(properties.slice(1))).not.toBe(position);
        expect(allowed(position, 40)).toEqual(Array.from({ length: 40 }, (_, i) => i).filter((i) => !properties.includes(i)));
        expect(position.canClose).toBe(allowed(position, 40).every((i) => i % 2 === 1));
      }),
    );
  });

  test("a thousand required properties are written, in whatever order", () => {
    const vocabulary = grammarVocabulary();
    const names = Array.from({ length: 1000 }, (_, i) => `k${(i * 611) % 1000}`);
    const properties = Object.fromEntries(names.toSorted().map((name) => [name, { const: 1 }]));
    const grammar = compileJsonSchema({ type: "object", properties, required: names, additionalProperties: false }, vocabulary, { order: "any" });
    const tokens = vocabulary.encode(`{${names.map((name) => `"${name}": 1`).join(", ")}`);
    const open = tokens.reduce((matcher, token) => matcher.accept(token), grammar.start());
    expect(open.isComplete()).toBe(false);
    expect(new TextDecoder().decode(open.forced())).toBe("}");
  });
});
