// Choices of the model: the probabilities of what else it might have written, as branches of its own reply.
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createScriptedModel, defineTask, toJsonSchema, type GenerationRequest, type ScriptedAnswer, type ScriptedReply } from "../../../src/index.js";
import { closedValues, propertyView, viewSchema } from "../../../src/schema/schema-view.js";

const output = z.strictObject({
  kind: z.enum(["lease", "sale", "loan"]),
  signed: z.boolean(),
  grade: z.union([z.literal(1), z.literal(12), z.null()]),
  party: z.string().max(40).nullable(),
  term: z.number().nullable(),
  tags: z.array(z.enum(["a", "b"])).max(3),
});
const task = defineTask({ name: "t", description: "t", output, template: "t" });
const document = "a Alder, 5";
const record = { kind: "sale", signed: true, grade: 12, party: "Alder", term: null, tags: ["a", "b"] };
const text = '{"kind": "sale", "signed": true, "grade": 12, "party": "Alder", "term": null, "tags": ["a", "b"]}';

/** The reply with tokens of the given probabilities over parts of it, and sure ones between them. */
function written(probabilities: Record<string, number>, reply = text): ScriptedAnswer {
  const parts = Object.entries(probabilities).map(([part, probability]) => ({ start: reply.indexOf(part), end: reply.indexOf(part) + part.length, logprob: Math.log(probability) }));
  const ends = [...new Set([...parts.flatMap(({ start, end }) => [start, end]), reply.length])].toSorted((a, b) => a - b);
  const tokens = ends.map((end, index) => parts.find((part) => part.end === end) ?? { start: ends[index - 1] ?? 0, end, logprob: 0 });
  return { text: reply, tokens: tokens.filter(({ start, end }) => end > start) };
}

function choiceOf({ format }: GenerationRequest): { options: readonly string[]; prefix?: string } {
  if (format.type !== "choice") throw new TypeError("no choice");
  return format;
}

/** Replies `first`, agrees with it in second readings, and gives probabilities by the written option. */
function model(first: ScriptedReply, scores: Record<string, number[]>, canResume = true) {
  return createScriptedModel(
    (request, call) => {
      if (call === 0) return first;
      if (request.format.type === "choice") return { text: request.format.options[0], probabilities: scores[request.format.options[0]] };
      const names = Object.keys((request.format as unknown as { schema: { properties: object } }).schema.properties);
      return JSON.stringify(Object.fromEntries(names.map((name) => [name, record[name as keyof typeof record]])));
    },
    { canResume },
  );
}

describe("what the model might have written", () => {
  it("is asked for where it was not sure of an enum, yes or no, or that there is a value, as a branch of its reply", async () => {
    const scripted = model(written({ "sale": 0.97, "true": 0.98, "12": 0.96, '"Alder': 0.97, '"b"': 0.975 }), {
      '"sale"': [0.9, 0.095, 0.005],
      true: [0.985, 0.015],
      "12": [0.5, 0.2, 0.3],
      '"Alder"': [0.96, 0.04],
      '"b"': [0.999, 0.001],
    });
    const { data, fields, warnings, trace } = await task(document, { model: scripted });
    expect(data).toEqual(record);
    expect(warnings).toEqual([]);
    const asked = scripted.requests.slice(1).map(choiceOf);
    expect(asked.map(({ options }) => options)).toEqual([['"sale"', '"lease"', '"loan"'], ["true", "false"], ["12", "1", "null"], ['"Alder"', "null"], ['"b"', '"a"']]);
    expect(asked.map(({ prefix }) => prefix)).toEqual(['"sale"', "true", "12", '"Alder"', '"b"'].map((value) => text.slice(0, text.indexOf(value))));
    expect(scripted.requests.every(({ messages }) => messages[0].content === scripted.requests[0].messages[0].content)).toBe(true);
    expect(trace.slice(1).map(({ purpose, path }) => `${purpose} ${path}`)).toEqual(["score /kind", "score /signed", "score /grade", "score /party", "score /tags/1"]);
    expect(fields.kind).toMatchObject({ confidence: 0.9, alternatives: [{ value: "lease", confidence: 0.095 }] });
    expect(fields.signed).toMatchObject({ confidence: expect.closeTo(0.98) as number, alternatives: [{ value: false, confidence: 0.015 }] });
    expect(fields.grade).toMatchObject({ confidence: 0.5, alternatives: [{ value: null, confidence: 0.3 }, { value: 1, confidence: 0.2 }] });
    expect(fields.party).toMatchObject({ status: "verbatim", confidence: 0.96, alternatives: [{ value: null, confidence: 0.04 }] });
    expect(fields.tags[1].alternatives).toEqual([]);
    expect(fields.term.alternatives).toEqual([]);
  });

  it("is not asked for where it was sure, nor for a string whose first token was, nor for null itself", async () => {
    const scripted = model(written({ "sale": 0.995, 'der"': 0.96, "null": 0.96 }), {});
    expect((await task(document, { model: scripted })).usage.requests).toBe(1);
  });

  it("joins what a second reading says", async () => {
    const scripted = model(written({ "sale": 0.6 }), { '"sale"': [0.6, 0.3, 0.1] });
    const { fields, usage } = await task(document, { model: scripted });
    expect(usage.requests).toBe(3);
    expect(fields.kind).toMatchObject({ confidence: 0.6, alternatives: [{ value: "lease", confidence: 0.3 }, { value: "loan", confidence: 0.1 }] });
  });

  it.each([
    ["a model that cannot take up a reply", false, {}],
    ["one reading", true, { readings: 1 as const }],
    ["several samples", true, { samples: 2 }],
  ])("is not asked of %s, without a word", async (_, canResume, options) => {
    const scripted = createScriptedModel(() => written({ "sale": 0.96 }), { canResume });
    const { warnings } = await task(document, { model: scripted, ...options });
    expect(scripted.requests.every(({ format }) => format.type === "json")).toBe(true);
    expect(warnings).toEqual([]);
  });

  it("changes nothing where the question fails, and says so", async () => {
    const scripted = createScriptedModel((_request, call) => (call === 0 ? written({ "sale": 0.97 }) : "none of them"), { canResume: true });
    const { data, fields, warnings } = await task(document, { model: scripted });
    expect(data).toEqual(record);
    expect(fields.kind).toMatchObject({ confidence: expect.closeTo(0.97) as number, alternatives: [] });
    expect(warnings).toMatchObject([{ code: "SCORE_FAILED", path: "/kind" }]);
  });

  it("is asked for at most 32 places, the least sure ones", async () => {
    const many = defineTask({ name: "t", description: "t", output: z.array(z.boolean()), template: "t" });
    const reply = `[${Array.from({ length: 40 }, () => "true").join(", ")}]`;
    const tokens = Array.from({ length: 40 }, (_, index) => ({ start: 1 + 6 * index, end: 5 + 6 * index, logprob: Math.log(0.95 + index / 1000) }));
    const scripted = createScriptedModel((_request, call) => (call === 0 ? { text: reply, tokens } : "true"), { canResume: true });
    const { trace } = await many("x", { model: scripted });
    expect(trace.slice(1).map(({ path }) => path)).toEqual(Array.from({ length: 32 }, (_, index) => `/${index}`));
  });
});

function valuesOf(schema: z.ZodType): unknown[] | undefined {
  return closedValues(propertyView(viewSchema(toJsonSchema(z.object({ v: schema }))), "v"));
}

describe("closedValues", () => {
  it.each([
    ["an enum or null", z.enum(["a", "b"]).nullable().describe("d"), ["a", "b", null]],
    ["literals of several types", z.union([z.literal("a"), z.literal(2), z.boolean()]), ["a", 2, true, false]],
    ["one value", z.literal("a"), ["a"]],
    ["a string among others", z.union([z.enum(["a"]), z.string()]), undefined],
    ["a number", z.number(), undefined],
    ["anything", z.any(), undefined],
  ])("of %s", (_, schema, expected) => {
    expect(valuesOf(schema)).toEqual(expected);
  });
});
