// Forced tokens on a tiny model: which are taken, in how many passes, and that nothing else about a reply changes.
import * as fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import type { Engine } from "../../../engine/engine.js";
import { Decoder } from "../../../engine/forward/decoder.js";
import { ForcedText } from "../../../engine/generation/forced-text.js";
import type { Matcher } from "../../../engine/grammar/matcher.js";
import { compileJsonSchema, createVocabulary, type JsonSchema } from "../../../engine/index.js";
import { loadEngine } from "../../../engine/load-engine.js";
import type { EngineResult } from "../../../engine/request.js";
import { LogitsRow } from "../../../engine/sampler/logits-row.js";
import { Sampler } from "../../../engine/sampler/sampler.js";
import { forcedRuns } from "../../fixtures/forced-agreement.mjs";
import { ask, requestOf } from "../../fixtures/engine/ask.js";
import { createLinearDecoder } from "../../fixtures/engine/linear-decoder.mjs";
import { openDecoder } from "../../fixtures/engine/open-decoder.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { jsonMetadata, writeTinyModel } from "../../fixtures/engine/tiny-model.js";

const home = await temporaryFolder();
let path: string;
let engine: Engine;

beforeAll(async () => {
  path = await writeTinyModel(home, { seed: 8, contextLength: 1024, tokenizer: jsonMetadata() });
  engine = await loadEngine(path, { home, threadCount: 1 });
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => engine.close());

const prompt = (text: string): number[] => engine.tokenizer.encodeChat([{ role: "user", content: text }]).tokens;

function objectOf(properties: Record<string, JsonSchema>): JsonSchema {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

const flag = { type: "boolean" };
const record = objectOf({
  kind: { const: "total" },
  name: { type: "string", maxLength: 12 },
  total: objectOf({ id: flag, 名称: { enum: ["名字一", "名字二"] } }),
  list: { type: "array", items: objectOf({ id: flag }), minItems: 2, maxItems: 2 },
});

async function askFor(schema: JsonSchema, text: string, change: Parameters<typeof requestOf>[1] = {}): Promise<EngineResult> {
  const { result } = await ask(engine, requestOf(prompt(text), { format: { type: "json", schema }, maxTokens: 200, ...change }));
  return result;
}

describe("what is forced", () => {
  test("all of a text without a choice, in no pass at all", async () => {
    const run = vi.spyOn(Decoder.prototype, "run");
    const result = await askFor(objectOf({ name: { const: "total" }, id: { const: true } }), "all");
    expect(result.text).toBe('{"name": "total", "id": true}');
    expect(result.tokens.map(({ id }) => id)).toEqual(engine.tokenizer.encode(result.text));
    expect(result.tokens.every(({ isForced, logprob }) => isForced && logprob === 0)).toBe(true);
    expect(result).toMatchObject({ finishReason: "stop", usage: { outputTokens: result.tokens.length, forcedTokens: result.tokens.length } });
    // The prompt's only: its last token counts as read once it has been computed.
    expect(run).toHaveBeenCalledTimes(1);
  });

  test("a run goes through the model in one pass, together with the token before it", async () => {
    const run = vi.spyOn(Decoder.prototype, "run");
    const result = await askFor(objectOf({ name: flag, id: flag, kind: flag }), "runs");
    const passes = run.mock.calls.slice(1).map(([{ slots }]) => slots[0].tokens.length);
    const sampled = result.tokens.filter(({ isForced }) => !isForced).length;
    expect(result.text).toMatch(/^\{"name": (true|false), "id": (true|false), "kind": (true|false)\}$/);
    // One pass before each token that is sampled, but for what closes the text.
    expect(passes.length).toBeLessThanOrEqual(sampled + 1);
    expect(Math.max(...passes)).toBeGreaterThan(2);
    expect(result.usage.forcedTokens).toBe(result.tokens.length - sampled);
    expect(result.usage.forcedTokens).toBeGreaterThan(sampled / 3);
  });

  test("the unsure end of a run is left to the model", async () => {
    const result = await askFor(objectOf({ name: { type: "string", maxLength: 5 } }), "end");
    const last = result.tokens.findLastIndex(({ isForced }, at) => isForced && at < 5);
    // `"` may grow into another token with what follows.
    expect(result.text.slice(0, result.tokens[last].end)).toBe('{"name":');
    expect(result.tokens[last + 1].isForced).toBe(false);
  });

  test("text deltas hold forced text too", async () => {
    const { events, result } = await ask(engine, requestOf(prompt("delta"), { format: { type: "json", schema: record }, maxTokens: 200 }));
    expect(events.flatMap((event) => (event.type === "text-delta" ? [event.text] : [])).join("")).toBe(result.text);
    expect(events[1]).toEqual({ type: "text-delta", text: '{"kind": "total", "name":' });
  });

  test("thinking first: the grammar and its forced text begin behind it", async () => {
    const thinking = { close: "</think>", budgetTokens: 6 };
    const result = await askFor(record, "think", { thinking });
    expect(result.usage.thinkingTokens).toBe(6);
    expect(result.text.startsWith('{"kind": "total", "name":')).toBe(true);
    expect(result.tokens[0]).toMatchObject({ start: 0, isForced: true });
    expect(JSON.parse(result.text)).toHaveProperty("list.length", 2);
  });

  test("texts without a format have none", async () => {
    const { result } = await ask(engine, requestOf(prompt("free")));
    expect(result.usage.forcedTokens).toBe(0);
    expect(result.tokens.some(({ isForced }) => isForced)).toBe(false);
  });
});

/** Every reply token by token, each pass with one token: the same choices, and every sampled token is the one the mask and the logits say. */
async function replay({ tokens }: EngineResult, ids: readonly number[], schema: JsonSchema, maxTokens: number): Promise<void> {
  const { decoder: passes, close } = await openDecoder(path, { home });
  const decoder = createLinearDecoder(passes, 1024);
  const vocabulary = createVocabulary(engine.tokenizer.tokenBytes, engine.tokenizer.endTokens);
  const sampler = new Sampler({ temperature: 0 });
  let matcher = compileJsonSchema(schema, vocabulary).start();
  let logits = await decoder.forward(ids);
  for (const [at, { id, isForced, logprob }] of tokens.entries()) {
    const choice = sampler.sample(new LogitsRow(logits), matcher.mask(maxTokens - at));
    if (!isForced) {
      expect(choice.id, `token ${at}`).toBe(id);
      expect(logprob).toBeCloseTo(choice.logprob, 3);
    }
    matcher = matcher.accept(id);
    logits = await decoder.forward([id]);
  }
  expect(matcher.isComplete()).toBe(true);
  decoder.release();
  await close();
}

test("a greedy reply is the one of a plain step loop that is given the forced tokens", async () => {
  for (const text of ["one", "two", "three"]) await replay(await askFor(record, text), prompt(text), record, 200);
});

describe("the tokenizer's own cut", () => {
  const names = fc.uniqueArray(fc.constantFrom("name", "id", "total", "kind", "a b", "名称", "x\"y", "to", " t"), { minLength: 1, maxLength: 4 });
  const values = fc.constantFrom<JsonSchema>(
    flag,
    { enum: ["name", "named", "total"] },
    { const: "a  b" },
    { const: "名字 😀" },
    { type: "string", maxLength: 6 },
    { type: "integer", minimum: 10, maximum: 12 },
    { type: "array", items: flag, minItems: 1, maxItems: 2 },
    { anyOf: [{ type: "null" }, { type: "string", maxLength: 3 }] },
  );
  const schemas = fc.tuple(names, fc.array(values, { minLength: 4, maxLength: 4 })).map(([keys, shapes]) => objectOf(Object.fromEntries(keys.map((key, at) => [key, shapes[at]]))));

  test("every forced run has the ids of the finished text, whatever the schema and the model's choices", async () => {
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(schemas, fc.nat(1000), fc.integer({ min: 0, max: 3 }), async (schema, seed, temperature) => {
        const result = await askFor(schema, "cut", { sampling: { temperature, seed } });
        const found = forcedRuns(result, engine.tokenizer);
        runs += found.length;
        expect(found.filter(({ isCanonical }) => !isCanonical), result.text).toEqual([]);
        expect(() => JSON.parse(result.text) as unknown).not.toThrow();
      }),
      { numRuns: 150 },
    );
    expect(runs).toBeGreaterThan(150);
  });
});

test("forced tokens leave room to close: with every budget the reply is whole where one fits", async () => {
  const shortest = engine.tokenizer.encode('{"kind": "total", "name": "", "total": {"id": true, "名称": "名字一"}, "list": [{"id": true}, {"id": true}]}').length;
  let whole = 0;
  for (let maxTokens = 1; maxTokens <= shortest + 12; maxTokens++) {
    const result = await askFor(record, "budget", { maxTokens, sampling: { temperature: 1, seed: maxTokens } });
    expect(result.usage.outputTokens).toBe(result.tokens.length);
    expect(result.tokens.length).toBeLessThanOrEqual(maxTokens);
    if (result.finishReason === "length") continue;
    whole++;
    expect(JSON.parse(result.text)).toHaveProperty("kind", "total");
  }
  // The way out of the grammar may take fewer tokens than the tokenizer's cut, never more.
  expect(whole).toBeGreaterThanOrEqual(13);
});

function followed(length: number) {
  const matcher = compileJsonSchema({ const: "ab ".repeat(length / 3) }, createVocabulary(engine.tokenizer.tokenBytes, engine.tokenizer.endTokens)).start();
  return { matcher, forced: vi.spyOn(Object.getPrototypeOf(matcher) as Matcher, "forced") };
}

describe("forced text of any length", () => {
  test("more than fits the call stack is taken whole where the budget holds it", () => {
    const { matcher } = followed(201_000);
    const run = new ForcedText(engine.tokenizer).next(matcher, 250_000);
    expect(engine.tokenizer.decode(run.map(({ id }) => id))).toBe(JSON.stringify("ab ".repeat(67_000)));
    expect(run.at(-1)?.matcher.isComplete()).toBe(true);
  });

  test("what the budget cannot hold is not looked for at each step, nor farther than it could be written", () => {
    const longest = engine.tokenizer.tokenBytes.reduce((most, bytes) => Math.max(most, bytes?.length ?? 0), 0);
    for (const [length, budget] of [[30_000, 50], [3000, 1500]]) {
      const { matcher, forced } = followed(length);
      const text = new ForcedText(engine.tokenizer);
      let place = matcher;
      for (let left = budget; left > 0; left--) {
        expect(text.next(place, left)).toEqual([]);
        const mask = place.mask(left);
        const id = engine.tokenizer.tokenBytes.findIndex((_, token) => (mask[token >>> 5] >>> (token & 31)) & 1);
        text.push(id);
        place = place.accept(id);
      }
      expect(forced.mock.calls.length).toBeLessThanOrEqual(budget / 20);
      expect(forced.mock.results.every(({ value }) => (value as Uint8Array).length <= budget * longest + 1)).toBe(true);
      forced.mockRestore();
    }
  });
});
