// Samples drawn together from one tree have the distribution of independent ones: counted against the model's exact probabilities.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine } from "../../engine/engine.js";
import { compileJsonSchema } from "../../engine/grammar/json-schema.js";
import type { Matcher } from "../../engine/grammar/matcher.js";
import { createVocabulary } from "../../engine/grammar/mask/vocabulary.js";
import { loadEngine } from "../../engine/load-engine.js";
import type { EngineRequest, EngineResult, Sampling } from "../../engine/request.js";
import { chiSquare } from "../fixtures/chi-square.js";
import { ask, requestOf } from "../fixtures/engine/ask.js";
import { createLinearDecoder, type LinearDecoder } from "../fixtures/engine/linear-decoder.mjs";
import { openDecoder, type OpenedDecoder } from "../fixtures/engine/open-decoder.js";
import { temporaryFolder } from "../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../fixtures/engine/tiny-model.js";

/** Of all tests here together a false alarm is rarer than 1e-6; and seeds are fixed. */
const ALARM = 1e-7;
const SAMPLES = 4000;
const TOGETHER = 200;
const CONTEXT_LENGTH = 512;
const home = await temporaryFolder();
const schema = {
  type: "object",
  properties: { kind: { enum: ["ab", "cd", "ce"] }, ok: { type: "boolean" } },
  required: ["kind", "ok"],
  additionalProperties: false,
};
let engine: Engine;
let opened: OpenedDecoder;
let linear: LinearDecoder;
let prompt: number[];

beforeAll(async () => {
  const path = await writeTinyModel(home, { seed: 71, layerCount: 1, contextLength: CONTEXT_LENGTH });
  // Forced text may be cut into other tokens than the model would choose: no part of what is compared.
  engine = await loadEngine(path, { home, threadCount: 1, switches: { forced: false } });
  opened = await openDecoder(path, { home });
  linear = createLinearDecoder(opened.decoder, CONTEXT_LENGTH);
  prompt = engine.tokenizer.encodeChat([{ role: "user", content: "a prompt that all samples share" }]).tokens;
});
afterAll(async () => {
  linear.release();
  await opened.close();
  await engine.close();
});

/** In batches of requests at the same time. */
async function sample(count: number, change: Partial<EngineRequest>, samplingOf: (index: number) => Sampling): Promise<EngineResult[]> {
  const results: EngineResult[] = [];
  while (results.length < count) {
    const start = results.length;
    const requests = Array.from({ length: Math.min(TOGETHER, count - start) }, (_, i) => requestOf(prompt, { ...change, sampling: samplingOf(start + i) }));
    results.push(...(await Promise.all(requests.map(async (request) => (await ask(engine, request)).result))));
  }
  return results;
}

async function logitsAfter(tokens: readonly number[]): Promise<Float32Array> {
  linear.restart();
  return (await linear.forward([...prompt, ...tokens])).slice();
}

/** Of the tokens that may come, by id. */
function probabilities(logits: Float32Array, { temperature, topK = logits.length }: Sampling, isAllowed: (id: number) => boolean = () => true): Map<number, number> {
  const ids = [...logits.keys()].filter(isAllowed).toSorted((a, b) => logits[b] - logits[a]).slice(0, topK);
  const weights = ids.map((id) => Math.exp((logits[id] - logits[ids[0]]) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return new Map(ids.map((id, i) => [id, weights[i] / total]));
}

const isEnd = (id: number): boolean => engine.tokenizer.endTokens.includes(id);
/** What a reply begins with; the end is a token, too. */
const beginning = ({ tokens }: EngineResult, length: number): string => Array.from({ length }, (_, i) => tokens[i]?.id ?? "end").join();

/** The probability of each beginning of so many tokens. */
async function beginnings(length: number, sampling: Sampling, path: readonly number[] = [], share = 1, found = new Map<string, number>()): Promise<Map<string, number>> {
  for (const [id, probability] of probabilities(await logitsAfter(path), sampling)) {
    const tokens = [...path, id];
    if (isEnd(id)) add(found, [...path, ...Array.from({ length: length - path.length }, () => "end")].join(), share * probability);
    else if (tokens.length === length) add(found, tokens.join(), share * probability);
    else await beginnings(length, sampling, tokens, share * probability, found);
  }
  return found;
}

function add(counts: Map<string, number>, key: string, weight = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + weight);
}

/** How likely counts like these are, or rarer ones, if the expectation holds. */
function pValue(seen: readonly string[], expected: ReadonlyMap<string, number>): number {
  const observed = new Map<string, number>();
  for (const key of seen) add(observed, key);
  const keys = [...new Set([...expected.keys(), ...observed.keys()])];
  return chiSquare(keys.map((key) => observed.get(key) ?? 0), keys.map((key) => expected.get(key) ?? 0)).pValue;
}

/** Of two independent draws. */
function pairs(single: ReadonlyMap<string, number>): Map<string, number> {
  const both = new Map<string, number>();
  for (const [a, p] of single) for (const [b, q] of single) both.set(`${a} ${b}`, p * q);
  return both;
}

const inPairs = (seen: readonly string[]): string[] => Array.from({ length: Math.floor(seen.length / 2) }, (_, i) => `${seen[2 * i]} ${seen[2 * i + 1]}`);

describe("beginnings of text", () => {
  const sampling = { temperature: 0.7, topK: 8 };
  let results: EngineResult[];
  let seen: string[];

  beforeAll(async () => {
    const before = engine.stats().rows;
    results = await sample(SAMPLES, { maxTokens: 2 }, (seed) => ({ ...sampling, seed }));
    seen = results.map((result) => beginning(result, 1));
    // They did share: each by itself computes its first token, and the prompt.
    expect(engine.stats().rows - before).toBeLessThan(SAMPLES / 2);
  });

  test("first tokens", async () => {
    expect(pValue(seen, await beginnings(1, sampling))).toBeGreaterThan(ALARM);
  });

  test("first tokens of all the vocabulary", async () => {
    const all = { temperature: 1.3 };
    const drawn = await sample(SAMPLES, { maxTokens: 1 }, (seed) => ({ ...all, seed: seed + 100_000 }));
    expect(pValue(drawn.map((result) => beginning(result, 1)), await beginnings(1, all))).toBeGreaterThan(ALARM);
  });

  test("two tokens", async () => {
    const expected = await beginnings(2, sampling);
    expect(expected.size).toBeGreaterThan(40);
    expect(pValue(results.map((result) => beginning(result, 2)), expected)).toBeGreaterThan(ALARM);
  });

  test("neighbours are independent of each other, and so are samples far apart", async () => {
    const expected = pairs(await beginnings(1, sampling));
    expect(pValue(inPairs(seen), expected)).toBeGreaterThan(ALARM);
    const half = seen.length / 2;
    const apart = seen.slice(0, half).map((first, i) => `${first} ${seen[half + i]}`);
    expect(pValue(apart, expected)).toBeGreaterThan(ALARM);
  });
});

describe("what the counts would show", () => {
  const sampling = { temperature: 0.7, topK: 8 };

  test("samples that share a stream of random numbers by twos", async () => {
    const results = await sample(SAMPLES, { maxTokens: 1 }, (index) => ({ ...sampling, seed: index >> 1 }));
    const seen = results.map((result) => beginning(result, 1));
    expect(pValue(inPairs(seen), pairs(await beginnings(1, sampling)))).toBeLessThan(ALARM);
    // Each of the two by itself has the distribution: it is the pairs that show it.
    expect(pValue(seen.filter((_, i) => i % 2 === 0), await beginnings(1, sampling))).toBeGreaterThan(ALARM);
  });

  test("another temperature, and second tokens drawn as first ones", async () => {
    const results = await sample(SAMPLES, { maxTokens: 2 }, (seed) => ({ ...sampling, seed: seed + 200_000 }));
    expect(pValue(results.map((result) => beginning(result, 1)), await beginnings(1, { ...sampling, temperature: 0.85 }))).toBeLessThan(ALARM);
    const first = await beginnings(1, sampling);
    const independent = new Map([...pairs(first)].map(([key, p]) => [key.replace(" ", ","), p]));
    expect(pValue(results.map((result) => beginning(result, 2)), independent)).toBeLessThan(ALARM);
  });
});

/** The probability of each record under the schema, in whatever tokens it is written. */
async function records(sampling: Sampling): Promise<Map<string, number>> {
  const { tokenizer } = engine;
  const found = new Map<string, number>();
  const visit = async (matcher: Matcher, path: readonly number[], share: number): Promise<void> => {
    const mask = matcher.mask();
    const allowed = probabilities(await logitsAfter(path), sampling, (id) => ((mask[id >>> 5] >>> (id & 31)) & 1) === 1);
    for (const [id, probability] of allowed) {
      if (isEnd(id)) add(found, tokenizer.decode(path), share * probability);
      else await visit(matcher.accept(id), [...path, id], share * probability);
    }
  };
  const grammar = compileJsonSchema(schema, createVocabulary(tokenizer.tokenBytes, tokenizer.endTokens), {});
  await visit(grammar.start(), [], 1);
  return found;
}

test("records under a schema", async () => {
  const sampling = { temperature: 1 };
  const expected = await records(sampling);
  expect(expected.size).toBe(6);
  const results = await sample(2000, { format: { type: "json", schema }, maxTokens: 60 }, (seed) => ({ ...sampling, seed: seed + 300_000 }));
  const seen = results.map(({ text }) => text);
  expect(pValue(seen, expected)).toBeGreaterThan(ALARM);
  expect(pValue(inPairs(seen), pairs(expected))).toBeGreaterThan(ALARM);
});
