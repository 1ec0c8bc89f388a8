// Requests at the same time against the same requests one by one on engines of their own: packed passes, branches of one tree, drafts.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine } from "../../engine/engine.js";
import { loadEngine, type LoadEngineOptions } from "../../engine/load-engine.js";
import type { EngineRequest, EngineResult } from "../../engine/request.js";
import { ask, essence, requestOf } from "../fixtures/engine/ask.js";
import { temporaryFolder } from "../fixtures/engine/temporary-folder.js";
import { jsonMetadata, writeTinyModel } from "../fixtures/engine/tiny-model.js";

const home = await temporaryFolder();
const OFF = { sharing: false, packing: false, forced: false, drafts: false };
const schema = {
  type: "object",
  properties: { name: { type: "string", maxLength: 12 }, kind: { enum: ["total", "other"] }, id: { type: "integer", minimum: 0, maximum: 99 } },
  required: ["name", "kind", "id"],
  additionalProperties: false,
};
let path: string;
let plain: Engine;
let engine: Engine;
const load = (options: LoadEngineOptions = {}): Promise<Engine> => loadEngine(path, { home, threadCount: 1, ...options });
const prompt = (text: string): number[] => plain.tokenizer.encodeChat([{ role: "user", content: text }]).tokens;

beforeAll(async () => {
  path = await writeTinyModel(home, { seed: 9, contextLength: 8192, layerCount: 3, tokenizer: jsonMetadata() });
  plain = await load({ switches: OFF });
});
afterAll(() => plain.close());

async function together(requests: readonly EngineRequest[], options: LoadEngineOptions = {}): Promise<EngineResult[]> {
  engine = await load(options);
  const answers = await Promise.all(requests.map((request) => ask(engine, request)));
  return answers.map(({ result }) => result);
}

async function expectSame(requests: readonly EngineRequest[], results: readonly EngineResult[]): Promise<void> {
  for (const [index, request] of requests.entries()) {
    const { result } = await ask(plain, request);
    expect(essence(results[index])).toEqual(essence(result));
  }
}

/** Passes and tokens computed for requests that each run alone. */
async function alone(requests: readonly EngineRequest[]): Promise<{ passes: number; rows: number }> {
  const before = plain.stats();
  for (const request of requests) await ask(plain, request);
  const after = plain.stats();
  return { passes: after.passes - before.passes, rows: after.rows - before.rows };
}

test("documents of unequal lengths share passes, and each reply is its own", async () => {
  const requests = [3, 40, 9, 90, 1, 22, 60, 33, 5, 14].map((length, index) => requestOf(prompt(`${index} ${"some words ".repeat(length)}`)));
  const results = await together(requests);
  await expectSame(requests, results);
  const { passes, slots } = engine.stats();
  expect(slots).toBeGreaterThan(3 * passes);
  expect(passes * 3).toBeLessThan((await alone(requests)).passes);
  await engine.close();
});

test("samples of one prompt compute it once, and draw what they would have drawn alone", async () => {
  const requests = [1, 2, 3, 4, 5].map((seed) => requestOf(prompt("a prompt ".repeat(60)), { sampling: { temperature: 0.7, topP: 0.95, seed } }));
  const results = await together(requests);
  await expectSame(requests, results);
  expect(new Set(results.map(({ text }) => text)).size).toBeGreaterThan(1);
  const { passes, slots, rows } = engine.stats();
  expect(slots).toBe(passes);
  expect(rows).toBeLessThan(requests[0].prompt.length + 5 * 25);
  expect(rows * 3).toBeLessThan((await alone(requests)).rows);
  await engine.close();
});

test("equal samples are one: every token is computed once", async () => {
  const requests = [1, 2, 3].map((seed) => requestOf(prompt("greedy ".repeat(30)), { sampling: { temperature: 0, seed } }));
  const results = await together(requests, { switches: { drafts: false } });
  await expectSame(requests, results);
  expect(engine.stats().rows).toBe((await alone(requests.slice(0, 1))).rows);
  await engine.close();
});

test("questions about one document compute the document once", async () => {
  const document = "the document says this and that. ".repeat(20);
  const requests = ["who?", "what is it?", "when and where?", "no"].map((question) => requestOf(prompt(document + question)));
  const results = await together(requests);
  await expectSame(requests, results);
  expect(engine.stats().rows).toBeLessThan(requests[0].prompt.length + 4 * 60);
  expect(results.filter(({ usage }) => usage.cachedTokens > document.length / 2)).toHaveLength(3);
  await engine.close();
});

test("requests under one instruction compute it once, also where their own parts are long", async () => {
  const instruction = "do as you are told. ".repeat(15);
  const requests = [1, 2, 3, 4].map((index) => requestOf(prompt(`${instruction}${String(index).repeat(200)}`)));
  const results = await together(requests);
  await expectSame(requests, results);
  const shared = instruction.length;
  expect(engine.stats().rows).toBeLessThan((await alone(requests)).rows - 2.5 * shared * 0.9);
  await engine.close();
});

test("records under a schema, together and with forced tokens, are the plain ones", async () => {
  const requests = [1, 2, 3, 4, 5, 6].map((seed) =>
    requestOf(prompt(`record ${seed % 3} `.repeat(20)), { format: { type: "json", schema }, sampling: { temperature: 0.8, seed }, maxTokens: 60 }),
  );
  const results = await together(requests, { switches: { ...OFF, sharing: true, packing: true } });
  await expectSame(requests, results);
  await engine.close();
  const forced = await together(requests, { switches: { ...OFF, sharing: true, packing: true, forced: true } });
  expect(forced.every(({ usage }) => usage.forcedTokens > 0)).toBe(true);
  for (const { text } of forced) expect(Object.keys(JSON.parse(text) as object)).toEqual(["name", "kind", "id"]);
  await engine.close();
});

test("a choice weighs all options in one pass, as one by one", async () => {
  const options = ["total", "totals", "tower", "kind", "kin", "other things", "other"];
  const request = requestOf(prompt("which of them?"), { format: { type: "choice", options } });
  const [result] = await together([request]);
  await expectSame([request], [result]);
  const alonePasses = engine.stats().passes;
  expect(alonePasses).toBeLessThanOrEqual(2);
  await engine.close();
});

describe("drafts", () => {
  test.each([
    ["text", { format: { type: "text" } }],
    ["json", { format: { type: "json", schema }, maxTokens: 60 }],
  ] as const)("%s: a reply is drafted from an earlier one to the same prompt, and is the plain one all the same", async (_, change) => {
    engine = await load();
    const undrafted = await load({ switches: { drafts: false } });
    for (const seed of [1, 1, 2, 3]) {
      const request = requestOf(prompt("once more"), { ...change, sampling: { temperature: 0.8, seed } });
      const drafted = await ask(engine, request);
      const { result } = await ask(undrafted, request);
      expect(drafted.result.text).toBe(result.text);
      expect(drafted.result.tokens.map(({ id }) => id)).toEqual(result.tokens.map(({ id }) => id));
    }
    const request = requestOf(prompt("once more"), { ...change, sampling: { temperature: 0.8, seed: 1 } });
    const { usage } = (await ask(engine, request)).result;
    expect(usage.acceptedTokens).toBeGreaterThan(5);
    expect(usage.passes).toBeLessThan(usage.outputTokens - usage.acceptedTokens / 2);
    await undrafted.close();
    await engine.close();
  });
});

describe("switches", () => {
  test.each([
    ["sharing", { sharing: false }],
    ["packing", { packing: false }],
  ] as const)("without %s the replies are the same", async (_, change) => {
    const requests = [1, 2, 3, 4].map((seed) => requestOf(prompt("switch ".repeat(30)), { sampling: { temperature: 0.9, seed } }));
    const results = await together(requests, { switches: { ...OFF, sharing: true, packing: true, ...change } });
    await expectSame(requests, results);
    await engine.close();
  });
});
