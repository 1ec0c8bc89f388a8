import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { combineReadings } from "../../../src/consensus/combine-readings.js";
import { type Sample, vote } from "../../../src/consensus/vote.js";
import type { Field } from "../../../src/result/extraction.js";
import { type FieldTree, mapLeaves } from "../../../src/result/field-tree.js";
import { toJsonSchema } from "../../../src/schema/to-json-schema.js";

function sampleOf(data: unknown, confidence: number | undefined = 0.9): Sample {
  const fields = mapLeaves(data, (value): Field => ({
    status: value === null ? "absent" : "verbatim",
    spans: [],
    confidence,
    alternatives: [],
  }));
  return { data, fields: fields as FieldTree };
}

function voteOver(values: unknown[], schema: z.ZodType | undefined = undefined, confidences: number[] = []) {
  return vote(values.map((data, index) => sampleOf(data, confidences[index])), schema ? toJsonSchema(schema) : {});
}

function fieldAt(result: Sample, ...path: (string | number)[]): Field {
  return path.reduce<unknown>((fields, key) => (fields as Record<string, unknown>)[key], result.fields) as Field;
}

describe("vote: leaves", () => {
  it("takes the value most samples agree on and its most frequent form", () => {
    const result = voteOver([{ v: "ACME, Inc." }, { v: "Globex" }, { v: "Acme Inc" }, { v: "Acme Inc" }, { v: null }]);
    expect(result.data).toEqual({ v: "Acme Inc" });
    const { confidence, alternatives } = fieldAt(result, "v");
    expect(confidence).toBe(3 / 5);
    expect(alternatives).toEqual([
      { value: "Globex", confidence: 1 / 5 },
      { value: null, confidence: 1 / 5 },
    ]);
  });

  it("compares numbers by value, also those in strings, and nothing else that looks alike", () => {
    expect(voteOver([{ v: 7 }, { v: 5 }, { v: 5.0 }]).data).toEqual({ v: 5 });
    expect(voteOver([{ v: "9" }, { v: "1,234.50" }, { v: "1234.5" }]).data).toEqual({ v: "1,234.50" });
    for (const [first, second] of [["12.34", "1234"], ["-5", "5"], ["$5", "€5"], ["007", "7"], ["1.2.3", "12.3"], ["5%", "5"]]) {
      expect(fieldAt(voteOver([{ v: first }, { v: second }]), "v").confidence, `${first} ${second}`).toBe(0.5);
    }
  });

  it("gives a tie to the earlier sample", () => {
    expect(voteOver(["b", "a"]).data).toBe("b");
    expect(voteOver([null, "a"]).data).toBeNull();
  });

  it("is no surer than the surest agreeing sample, and as sure as the share where nothing is known", () => {
    expect(fieldAt(voteOver([{ v: 1 }, { v: 1 }, { v: 2 }], undefined, [0.2, 0.4, 0.99]), "v").confidence).toBe(0.4);
    const unknown = ["a", "a", "b"].map((data) => ({ data, fields: { status: "verbatim" as const, spans: [], confidence: undefined, alternatives: [] } }));
    expect((vote(unknown, {}).fields as Field).confidence).toBe(2 / 3);
  });

  it("takes spans from the best-grounded sample that wrote the chosen form", () => {
    const spans = [{ start: 3, end: 7, text: "acme" }];
    const grounded: Sample = { data: "acme", fields: { status: "verbatim", spans, confidence: 0.1, alternatives: [] } };
    const lost: Sample = { data: "acme", fields: { status: "ungrounded", spans: [], confidence: 0.8, alternatives: [] } };
    expect(vote([lost, grounded, lost], {}).fields).toMatchObject({ status: "verbatim", spans, confidence: 0.8 });
  });
});

describe("vote: objects and lists", () => {
  const rows = z.object({ rows: z.array(z.object({ id: z.string().meta({ "x-key": true }), n: z.number() })) });

  it("lets a nullable object win or lose as a whole and counts its leaves over all samples", () => {
    const some = { o: { a: "x" } };
    expect(voteOver([{ o: null }, some, { o: null }]).data).toEqual({ o: null });
    const result = voteOver([some, { o: null }, { o: { a: "X" } }, { o: { a: "y" } }]);
    expect(result.data).toEqual({ o: { a: "x" } });
    expect(fieldAt(result, "o", "a")).toMatchObject({ confidence: 0.5, alternatives: [{ value: "y", confidence: 0.25 }] });
  });

  it("leaves out an optional property that most samples leave out", () => {
    expect(voteOver([{ a: 1 }, { a: 1, b: 2 }, { a: 1 }])).toMatchObject({ data: { a: 1 } });
    expect(Object.keys(voteOver([{ a: 1 }, { a: 1, b: 2 }, { a: 1 }]).fields)).toEqual(["a"]);
  });

  it("keeps scalars that half of the samples have, repeated ones counted", () => {
    expect(voteOver([["a", "a", "b"], ["A", "a"], ["a", "c"], ["a", "a"]]).data).toEqual(["a", "a"]);
    expect(voteOver([["a", "b"], ["b", "c"]]).data).toEqual(["a", "b", "c"]);
    expect(voteOver([["a"], [], []]).data).toEqual([]);
  });

  it("matches objects by key fields wherever they stand in their lists", () => {
    const result = voteOver(
      [
        { rows: [{ id: "A-1", n: 1 }, { id: "B-2", n: 2 }] },
        { rows: [{ id: "b-2", n: 2 }, { id: "A-1", n: 9 }, { id: "C-3", n: 3 }] },
        { rows: [{ id: "A-1", n: 1 }] },
      ],
      rows,
    );
    expect(result.data).toEqual({ rows: [{ id: "A-1", n: 1 }, { id: "B-2", n: 2 }] });
    expect(fieldAt(result, "rows", 0, "n")).toMatchObject({ confidence: 2 / 3, alternatives: [{ value: 9, confidence: 1 / 3 }] });
    expect(fieldAt(result, "rows", 1, "id").confidence).toBe(2 / 3);
  });

  it("matches objects without keys by what they say, and equal names by the rest", () => {
    const clauses = z.array(z.object({ kind: z.enum(["term", "law"]), text: z.string() }));
    const law = { kind: "law", text: "This Agreement is governed by the laws of Delaware." };
    const short = { kind: "law", text: "governed by the laws of Delaware" };
    const term = { kind: "term", text: "The term of this contract is five years." };
    expect(voteOver([[law, term], [short], [term, law]], clauses).data).toEqual([law, term]);

    const lines = z.array(z.object({ name: z.string(), amount: z.number() }));
    const [a, b] = [{ name: "Fee", amount: 1 }, { name: "Fee", amount: 2 }];
    expect(voteOver([[a, b], [b, a], [b]], lines).data).toEqual([b, a]);
  });
});

describe("vote: properties", () => {
  const scalar = fc.oneof(fc.constantFrom("a", "A.", "b", "12", "1,000"), fc.integer({ min: 0, max: 3 }), fc.constant(null), fc.boolean());
  const record = fc.record({ v: scalar, list: fc.array(scalar, { maxLength: 4 }), o: fc.option(fc.record({ w: scalar })), rows: fc.array(fc.record({ id: scalar, n: scalar }), { maxLength: 4 }) });

  it("of identical samples is the sample, as sure as before", () => {
    fc.assert(
      fc.property(record, fc.integer({ min: 1, max: 6 }), fc.double({ min: 0, max: 1, noNaN: true }), (data, count, confidence) => {
        const sample = sampleOf(data, confidence);
        expect(vote(Array.from({ length: count }, () => sample), {})).toEqual(sample);
      }),
    );
  });

  it("does not depend on the order of the samples where there is no tie", () => {
    // Counts 5, 3 and 1 of 9 leave no tie anywhere: each value of a field is given by one record alone.
    const records = fc.tuple(fc.constantFrom("p", "q"), fc.nat(9)).map(([prefix, n]) =>
      ["x", "y", "z"].map((name, index) => ({ v: `${prefix}${name}`, n: n + index, list: [`${name}1`, `${name}2`], o: index === 2 ? null : { w: name } })),
    );
    fc.assert(
      fc.property(records, fc.infiniteStream(fc.nat()), ([x, y, z3], stream) => {
        const samples = [x, x, x, x, x, y, y, y, z3].map((data) => sampleOf(data, 0.95));
        const shuffled = samples.map((sample) => ({ sample, at: stream.next().value! })).toSorted((a, b) => a.at - b.at).map(({ sample }) => sample);
        expect(vote(shuffled, {})).toEqual(vote(samples, {}));
      }),
    );
  });
});

describe("combineReadings", () => {
  const field: Field = { status: "verbatim", spans: [], confidence: 0.8, alternatives: [{ value: "old", confidence: 0.3 }] };

  it("is as sure as the less sure of two readings that agree", () => {
    expect(combineReadings({ value: "Acme, Inc.", field }, { value: "acme inc", confidence: 0.6 })).toEqual({ ...field, confidence: 0.6 });
    expect(combineReadings({ value: 1, field }, { value: 1, confidence: 0.99 }).confidence).toBe(0.8);
    expect(combineReadings({ value: 1, field }, { value: 1, confidence: undefined }).confidence).toBe(0.8);
  });

  it("is at most what a differing second reading leaves open, and keeps that value", () => {
    const result = combineReadings({ value: "Acme", field }, { value: "Globex", confidence: 0.9 });
    expect(result.confidence).toBeCloseTo(0.1, 10);
    expect(result.alternatives).toEqual([{ value: "Globex", confidence: 0.9 }, { value: "old", confidence: 0.3 }]);
    expect(combineReadings({ value: "Acme", field }, { value: null, confidence: 0.05 }).confidence).toBe(0.8);
  });

  it("replaces an alternative that the second reading gives again", () => {
    expect(combineReadings({ value: "Acme", field }, { value: "OLD", confidence: 0.7 }).alternatives).toEqual([{ value: "OLD", confidence: 0.7 }]);
  });

  it("counts as one voice of two where the model gives no probabilities", () => {
    const bare = { ...field, confidence: undefined };
    expect(combineReadings({ value: "a", field: bare }, { value: "b", confidence: undefined }).confidence).toBe(0.5);
    expect(combineReadings({ value: "a", field: bare }, { value: "a", confidence: undefined }).confidence).toBeUndefined();
  });
});
