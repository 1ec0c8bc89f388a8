// Copies on a model with random weights: whatever it writes, it cannot write a word that the document does not have.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { Engine } from "../../../engine/engine.js";
import { loadEngine } from "../../../engine/load-engine.js";
import type { EngineResult } from "../../../engine/request.js";
import { defineTask, oneOfSource, verbatim, withEvidence, type Field, type LanguageModel } from "../../../src/index.js";
import { createEngineModel } from "../../../src/model/engine-model.js";
import { ask, requestOf } from "../../fixtures/engine/ask.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../../fixtures/engine/tiny-model.js";
import { foldText } from "../../fixtures/verbatim-reference.js";

const home = await temporaryFolder();
let engine: Engine;
let model: LanguageModel;

beforeAll(async () => {
  engine = await loadEngine(await writeTinyModel(home, { seed: 41, contextLength: 4096 }), { home, threadCount: 1 });
  model = createEngineModel(engine, { id: "tiny" });
});
afterAll(() => engine.close());

const texts = [
  "Acme  Widgets,\nInc. owes 1,200.50 EUR to Beta LLC; BETA LLC agrees.",
  "甲方：北京某某科技有限公司；乙方：上海“星”贸易有限公司。合同金额１２００元 😀。",
];
const copied = { type: "string", "x-verbatim": true, maxLength: 24 };
const schema = {
  type: "object",
  properties: { 各方: { type: "array", items: copied, minItems: 2, maxItems: 3 }, note: { anyOf: [{ ...copied, "x-verbatim": { wholeWords: false } }, { type: "null" }] } },
  required: ["各方", "note"],
  additionalProperties: false,
};

async function copyFrom(document: string, seed: number): Promise<EngineResult> {
  const format = { type: "json", schema, sources: { document } } as const;
  const prompt = engine.tokenizer.encodeChat([{ role: "user", content: "Copy." }]).tokens;
  const { result } = await ask(engine, requestOf(prompt, { format, sampling: { temperature: 1.5, seed }, maxTokens: 300 }));
  return result;
}

describe("the engine", () => {
  test.each([0, 1])("gives every copy with its place in the reply and its places in text %i", async (which) => {
    for (let seed = 0; seed < 6; seed++) {
      const { text, verbatim: copies, warnings } = await copyFrom(texts[which], seed);
      const { 各方: parties, note } = JSON.parse(text) as { 各方: string[]; note: string | null };
      const written = copies.map(({ start, end }) => JSON.parse(text.slice(start, end)) as string);
      expect(written).toEqual([...parties, ...(note === null ? [] : [note])]);
      for (const [index, { source, spans }] of copies.entries()) {
        expect(source).toBe("document");
        expect(spans.length).toBeGreaterThan(0);
        for (const { start, end } of spans) expect(foldText(texts[which].slice(start, end))).toBe(foldText(written[index]));
      }
      expect(warnings).toEqual([]);
    }
  });

  test("takes each document for itself, also under one schema", async () => {
    for (const document of ["one", "two", "one"]) {
      const { text } = await copyFrom(document, 1);
      expect((JSON.parse(text) as { 各方: string[] }).各方.map((value) => value.toLowerCase())).toContain(document);
    }
  });
});

test("a reply that is given its beginning counts the copies in it", async () => {
  const given = '{"各方": ["beta llc", ';
  const format = { type: "json", schema, sources: { document: texts[0] }, prefix: { text: given, banned: ["Beta LLC"] } } as const;
  const prompt = engine.tokenizer.encodeChat([{ role: "user", content: "Copy." }]).tokens;
  const { result } = await ask(engine, requestOf(prompt, { format, maxTokens: 300 }));
  const { 各方: parties } = JSON.parse(result.text) as { 各方: string[] };
  expect(result.text.startsWith(given)).toBe(true);
  expect(parties[1].toLowerCase()).not.toBe("beta llc");
  expect(result.verbatim.slice(0, 2).map(({ start, end }) => JSON.parse(result.text.slice(start, end)) as string)).toEqual(parties.slice(0, 2));
  expect(result.verbatim[0].spans.map(({ start, end }) => texts[0].slice(start, end))).toEqual(["Beta LLC", "BETA LLC"]);
});

describe("a task", () => {
  const task = defineTask({
    name: "copy",
    description: "Copies.",
    template: "Copy.",
    output: z.object({
      party: verbatim(z.string().max(30)),
      amount: oneOfSource(/\d[\d.,]*/, { absent: true }),
      clause: withEvidence(z.boolean(), { maxLength: 40 }),
    }),
  });

  test("gives values that stand at their spans, letter by letter", async () => {
    for (const [seed, document] of texts.entries()) {
      const { data, fields, warnings } = await task(document, { model, samples: 2, seed, readings: 1, maxTokens: 300 });
      const copies: [string | null, Field][] = [
        [data.party, fields.party],
        [data.amount, fields.amount],
        [data.clause.evidence, fields.clause.evidence],
      ];
      for (const [value, { status, spans }] of copies) {
        expect(status).toBe(value === null ? "absent" : "verbatim");
        for (const { start, end } of spans) expect(document.slice(start, end).replaceAll(/\s+/gu, " ")).toBe(value);
      }
      expect(warnings).toEqual([]);
    }
  });

  test("copies no label that the reader wrote beside the values", async () => {
    const record = { labelA: { labelB: "alpha" }, labelC: ["beta 1", "gamma, 22"] };
    for (let seed = 0; seed < 4; seed++) {
      const { data, fields } = await task(record, { model, samples: 2, seed, readings: 1, maxTokens: 300 });
      const values = [data.party, data.clause.evidence];
      for (const value of values) expect(["alpha", "beta 1", "gamma, 22"].some((leaf) => leaf.includes(value))).toBe(true);
      expect(fields.party.spans[0].pointer).toMatch(/^\/label/u);
    }
  });

  test("reads a second time under the same constraint", async () => {
    const { data, trace } = await task(texts[0], { model, maxTokens: 300 });
    expect(trace.map(({ purpose }) => purpose)).toContain("second-reading");
    for (const { text } of trace) {
      const { party } = JSON.parse(text) as { party?: string };
      if (party !== undefined) expect(foldText(texts[0])).toContain(foldText(party));
    }
    expect(foldText(texts[0])).toContain(foldText(data.party));
  });
});
