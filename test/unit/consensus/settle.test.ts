// When a vote is settled: whatever the samples left would say, its winners stay.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { samplesToSettle } from "../../../src/consensus/settle.js";
import { type Sample, vote } from "../../../src/consensus/vote.js";
import type { JsonSchema } from "../../../src/model/language-model.js";
import type { Field } from "../../../src/result/extraction.js";
import { type FieldTree, mapLeaves } from "../../../src/result/field-tree.js";
import { toJsonSchema } from "../../../src/schema/to-json-schema.js";

function sampleOf(data: unknown): Sample {
  const fields = mapLeaves(data, (): Field => ({ status: "verbatim", spans: [], confidence: 0.9, alternatives: [] }));
  return { data, fields: fields as FieldTree };
}

function needs(values: readonly unknown[], left: number, schema: JsonSchema = {}): number {
  return samplesToSettle(values.map(sampleOf), schema, left);
}

const times = <Value>(count: number, value: Value): Value[] => Array.from({ length: count }, () => value);

describe("a leaf", () => {
  it.each([
    ["five of five, five left", times(5, "a"), 5, 0],
    ["four of four, six left", times(4, "a"), 6, 1],
    ["five against one, four left", [...times(5, "a"), "b"], 4, 0],
    ["four against two, four left", [...times(4, "a"), "b", "b"], 4, 1],
    ["a tie of four, two left, that the first would keep", ["a", "b", "b", "a", "a", "b", "b", "a"], 2, 1],
    ["a lead of two, two left, that the later one has", ["b", "a", "b", "a", "a", "b", "a", "a"], 2, 1],
    ["a lead of two, two left, that the earlier one has", ["a", "b", "a", "b", "a", "b", "a", "a"], 2, 0],
    ["nothing usable yet", [], 8, 4],
  ])("%s", (_, values, left, expected) => {
    expect(needs(values, left)).toBe(expected);
  });

  it("is settled only with its written form", () => {
    expect(needs([...times(5, "acme"), ...times(4, "ACME")], 1)).toBe(0);
    expect(needs([...times(4, "ACME"), ...times(5, "acme")], 1)).toBe(1);
  });
});

describe("a list", () => {
  const words = toJsonSchema(z.array(z.string()));

  it.each([
    ["six alike, four left", times(6, ["a", "b"]), 4, 0],
    ["five alike, five left, that could bring a new item into half of the samples", times(5, ["a", "b"]), 5, 1],
    ["an item of one in six stays out", [...times(5, ["a"]), ["a", "b"]], 4, 1],
    ["and of one in eight, two left", [...times(7, ["a"]), ["a", "b"]], 2, 0],
    ["an item of five in eight, two left", [...times(5, ["a"]), [], [], []], 2, 0],
    ["an item of four in eight, two left", [...times(4, ["a"]), [], [], [], []], 2, 1],
    ["empty ones", times(6, []), 4, 0],
  ])("of words: %s", (_, values, left, expected) => {
    expect(needs(values, left, words)).toBe(expected);
  });

  it("of objects without keys is settled where all agree", () => {
    const schema = toJsonSchema(z.array(z.object({ name: z.string(), amount: z.number() })));
    const row = { name: "fee", amount: 1 };
    expect(needs(times(6, [row]), 4, schema)).toBe(0);
    expect(needs([...times(8, [row]), [{ ...row, amount: 2 }]], 1, schema)).toBe(1);
  });
});

const schema = toJsonSchema(
  z.object({
    leaf: z.string().nullable(),
    optional: z.number().optional(),
    inner: z.object({ a: z.string(), b: z.boolean() }).nullable(),
    words: z.array(z.string()),
    rows: z.array(z.object({ id: z.string().meta({ "x-key": true }), n: z.number().nullable() })),
    lines: z.array(z.object({ text: z.string(), kind: z.enum(["x", "y"]) })),
  }),
);

const word = fc.constantFrom("acme", "Acme", "ACME, Inc.", "globex", "12", "1,000");
const record = fc.record(
  {
    leaf: fc.option(word),
    optional: fc.integer({ min: 0, max: 2 }),
    inner: fc.option(fc.record({ a: word, b: fc.boolean() })),
    words: fc.array(word, { maxLength: 3 }),
    rows: fc.array(fc.record({ id: fc.constantFrom("A-1", "b-2", "B-2", "C-3"), n: fc.option(fc.integer({ min: 0, max: 2 })) }), { maxLength: 3 }),
    lines: fc.array(fc.record({ text: fc.constantFrom("one year term", "the term is one year", "law of Ohio"), kind: fc.constantFrom("x", "y") }), { maxLength: 3 }),
  },
  { requiredKeys: ["leaf", "inner", "words", "rows", "lines"] },
);

type Entry = [key: string, value: unknown];

/** Ten samples that mostly repeat a first record or a second; undefined where one is unusable. */
const tenSamples = fc
  .tuple(record, record, fc.array(fc.record({ own: record, from: fc.infiniteStream(fc.integer({ min: 0, max: 9 })), usable: fc.integer({ min: 0, max: 9 }) }), { minLength: 10, maxLength: 10 }), fc.integer({ min: 1, max: 9 }))
  .map(([first, second, draws, agreement]) =>
    draws.map(({ own, from, usable }) => {
      if (usable === 0) return undefined;
      const keys = ["leaf", "optional", "inner", "words", "rows", "lines"] as const;
      const entries = keys.flatMap((key): Entry[] => {
        const at = from.next().value!;
        const source = at <= agreement ? first : at < 9 ? second : own;
        return Object.hasOwn(source, key) ? [[key, source[key]]] : [];
      });
      return Object.fromEntries(entries);
    }),
  );

/** The order of a list's items is not voted on. */
function withoutOrder(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(withoutOrder).toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)));
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, withoutOrder(value)]));
}

it("gives the winners of all ten samples for every field, wherever it stops", () => {
  const stops = new Map<number, number>();
  fc.assert(
    fc.property(tenSamples, (all) => {
      const usable = (count: number): Sample[] => all.slice(0, count).flatMap((data) => (data ? [sampleOf(data)] : []));
      let drawn = 6;
      for (let next = 6; next > 0; drawn += next) next = samplesToSettle(usable(drawn), schema, 10 - drawn);
      stops.set(drawn, (stops.get(drawn) ?? 0) + 1);
      if (usable(10).length === 0) return;
      expect(withoutOrder(vote(usable(drawn), schema).data)).toEqual(withoutOrder(vote(usable(10), schema).data));
    }),
    { numRuns: 600 },
  );
  // The property would hold where all ten are always drawn.
  expect(stops.get(6)).toBeGreaterThan(20);
  expect(stops.get(10)).toBeGreaterThan(20);
  expect(stops.size).toBeGreaterThan(2);
});
