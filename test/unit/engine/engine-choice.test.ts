// Choosing one of a closed set: probabilities against those computed by hand from the decoder's logits.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine } from "../../../engine/engine.js";
import { loadEngine } from "../../../engine/load-engine.js";
import { ask, requestOf } from "../../fixtures/engine/ask.js";
import { createLinearDecoder, type LinearDecoder } from "../../fixtures/engine/linear-decoder.mjs";
import { openDecoder, type OpenedDecoder } from "../../fixtures/engine/open-decoder.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { jsonMetadata, writeTinyModel } from "../../fixtures/engine/tiny-model.js";

const home = await temporaryFolder();
let engine: Engine;
let opened: OpenedDecoder;
let plain: LinearDecoder;

beforeAll(async () => {
  const path = await writeTinyModel(home, { seed: 11, contextLength: 512 });
  engine = await loadEngine(path, { home, threadCount: 1 });
  opened = await openDecoder(path, { home });
  plain = createLinearDecoder(opened.decoder, 512);
});
afterAll(async () => {
  plain.release();
  await opened.close();
  await engine.close();
});

const prompt = (text: string): number[] => engine.tokenizer.encodeChat([{ role: "user", content: text }]).tokens;

async function choose(text: string, options: readonly string[], change = {}) {
  const { result, events } = await ask(engine, requestOf(prompt(text), { format: { type: "choice", options }, maxTokens: 8, ...change }));
  return { ...result, probabilities: result.probabilities ?? [], events };
}

/** Probabilities of all tokens after some. */
async function probabilitiesAfter(tokens: readonly number[]): Promise<number[]> {
  plain.restart();
  const logits = [...(await plain.forward(tokens))];
  const weights = logits.map((logit) => Math.exp(logit));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Every written form of every option as a path of tokens; a path that another goes on from ends with an end token. */
function paths(options: readonly string[]): { option: number; tokens: number[] }[] {
  return options.flatMap((text, option) => {
    const forms = new Set([text, text[0].toUpperCase() + text.slice(1), text.toUpperCase()]);
    return [...forms].map((form) => ({ option, tokens: engine.tokenizer.encode(form) }));
  });
}

const END = -1;

/** The probability of each option where every step is renormalised over what some option allows there. */
async function byHand(text: string, options: readonly string[]): Promise<number[]> {
  const all = paths(options);
  const found = options.map(() => 0);
  for (const { option, tokens } of all) {
    let probability = 1;
    for (let done = 0; done <= tokens.length; done++) {
      const here = all.filter((path) => tokens.slice(0, done).every((token, i) => path.tokens[i] === token));
      const allowed = new Set(here.map((path) => path.tokens[done] ?? END));
      const next = await probabilitiesAfter([...prompt(text), ...tokens.slice(0, done)]);
      const weight = (token: number): number =>
        token === END ? engine.tokenizer.endTokens.reduce((sum, id) => sum + next[id], 0) : next[token];
      const total = [...allowed].reduce((sum, token) => sum + weight(token), 0);
      probability *= weight(tokens[done] ?? END) / total;
    }
    found[option] += probability;
  }
  return found;
}

const close = (values: readonly number[]): unknown[] => values.map((value) => expect.closeTo(value, 4) as unknown);

describe("probabilities are those of constrained decoding", () => {
  test.each([
    ["single tokens", ["1", "2", "7"]],
    ["case variants", ["yes", "no"]],
    ["a shared beginning", ["noun", "none", "normal", "verb"]],
    ["an option that begins another", ["no", "none", "non"]],
    ["characters of several tokens", ["有效", "有效期", "无效"]],
    ["long options that part late", ["agreement of lease", "agreement of loan"]],
    ["a single option", ["only"]],
  ])("%s", async (_, options) => {
    const { probabilities, text, finishReason } = await choose("Which?", options);
    expect(probabilities).toEqual(close(await byHand("Which?", options)));
    expect(probabilities.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 6);
    expect(text).toBe(options[probabilities.indexOf(Math.max(...probabilities))]);
    expect(finishReason).toBe("stop");
  });

  test("options of single tokens: the softmax over their logits", async () => {
    const options = ["1", "2", "7"];
    const ids = options.map((option) => engine.tokenizer.encode(option)[0]);
    const next = await probabilitiesAfter(prompt("Number?"));
    const total = ids.reduce((sum, id) => sum + next[id], 0);
    const { probabilities, tokens, text } = await choose("Number?", options);
    expect(probabilities).toEqual(close(ids.map((id) => next[id] / total)));
    expect(tokens).toEqual([{ id: ids[options.indexOf(text)], start: 0, end: 1, logprob: expect.any(Number), isForced: false }]);
    expect(tokens[0].logprob).toBeCloseTo(Math.log(next[ids[options.indexOf(text)]]), 4);
  });

  test("options that differ by case only share what is theirs, and nothing is lost", async () => {
    const { probabilities } = await choose("Which?", ["yes", "Yes", "no"]);
    expect(probabilities.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 6);
    const [without] = (await choose("Which?", ["yes", "no"])).probabilities;
    expect(probabilities[0] + probabilities[1]).toBeCloseTo(without, 4);
  });
});

describe("the request's other wishes", () => {
  test("the prompt stays in the cache, the options do not", async () => {
    const options = ["noun", "none", "normal"];
    const first = await choose("Once?", options);
    const second = await choose("Once?", options);
    expect(second.usage.cachedTokens).toBe(prompt("Once?").length - 1);
    expect(second.probabilities).toEqual(close(first.probabilities));
  });

  test("sampled choices follow the probabilities", async () => {
    const options = ["1", "2", "7"];
    const { probabilities } = await choose("Draw?", options);
    const drawn = options.map(() => 0);
    for (let seed = 0; seed < 300; seed++) {
      const { text } = await choose("Draw?", options, { sampling: { temperature: 1, seed } });
      drawn[options.indexOf(text)]++;
    }
    for (const [i, count] of drawn.entries()) {
      const deviation = Math.sqrt(300 * probabilities[i] * (1 - probabilities[i]));
      expect(Math.abs(count - 300 * probabilities[i])).toBeLessThan(4 * deviation + 1);
    }
  });

  test("thinking comes first", async () => {
    const { thinking, usage, text } = await choose("Ponder this", ["a", "b"], { thinking: { close: "</t>", budgetTokens: 6 } });
    expect(usage.thinkingTokens).toBe(6);
    expect(thinking).not.toBe("");
    expect(["a", "b"]).toContain(text);
  });

  test("an abort between two options", async () => {
    const controller = new AbortController();
    const reason = new Error("stop");
    const run = async (): Promise<void> => {
      const options = ["noun", "none", "normal"];
      const request = requestOf(prompt("Stop?"), { format: { type: "choice", options }, signal: controller.signal });
      for await (const event of engine.generate(request)) if (event.type === "prefill-progress") queueMicrotask(() => controller.abort(reason));
    };
    await expect(run()).rejects.toBe(reason);
  });
});

test("after the beginning of a reply, an option that begins another one ends with its quote and whatever token holds it", async () => {
  const path = await writeTinyModel(home, { seed: 12, contextLength: 512, tokenizer: jsonMetadata() });
  const json = await loadEngine(path, { home, threadCount: 1 });
  const reference = await openDecoder(path, { home });
  const linear = createLinearDecoder(reference.decoder, 512);
  const question = json.tokenizer.encodeChat([{ role: "user", content: "Which?" }]).tokens;
  const prefix = '{"kind":';
  const options = ['"id"', '"idle"'];
  const { result } = await ask(json, requestOf(question, { format: { type: "choice", options, prefix } }));

  const [short, long] = options.map((option) => json.tokenizer.encode(prefix + option));
  const shared = short.findIndex((id, i) => id !== long[i]);
  const logits = [...(await linear.forward([...question, ...short.slice(0, shared)]))];
  const weight = (id: number): number => Math.exp(logits[id]);
  const bytes = json.tokenizer.tokenBytes.map((token) => (token ? Buffer.from(token).toString("latin1") : ""));
  const ends = bytes.flatMap((text, id) => (/^"(?:[ ,}\]\n]|$)/.test(text) ? [id] : []));
  expect(ends.length).toBeGreaterThan(1);
  const ended = ends.reduce((sum, id) => sum + weight(id), 0);
  expect(result.probabilities).toEqual(close([ended / (ended + weight(long[shared])), weight(long[shared]) / (ended + weight(long[shared]))]));
  linear.release();
  await reference.close();
  await json.close();
});

test("passes that weigh the options count as the request's own, each once", async () => {
  const before = engine.stats().passes;
  const { usage } = await choose("count them", ["abcd", "abef", "xyz1", "xyz2"]);
  expect(usage.passes).toBe(engine.stats().passes - before);
  expect(usage.passes).toBe(2);
});
