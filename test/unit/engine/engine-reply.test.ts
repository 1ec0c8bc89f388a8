// Replies of the engine on tiny models: thinking and its end, places of tokens in the text, JSON that closes in time.
import { Ajv } from "ajv";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine } from "../../../engine/engine.js";
import { loadEngine } from "../../../engine/load-engine.js";
import type { EngineEvent, EngineResult } from "../../../engine/request.js";
import { ask, requestOf } from "../../fixtures/engine/ask.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../../fixtures/engine/tiny-model.js";

const home = await temporaryFolder();
let engine: Engine;

beforeAll(async () => {
  engine = await loadEngine(await writeTinyModel(home, { seed: 21, contextLength: 512 }), { home, threadCount: 1 });
});
afterAll(() => engine.close());

const prompt = (text: string): number[] => engine.tokenizer.encodeChat([{ role: "user", content: text }]).tokens;

/** What the model writes when nothing stops it: its thinking begins with the same tokens. */
async function freeTokens(text: string): Promise<number[]> {
  const { result } = await ask(engine, requestOf(prompt(text), { maxTokens: 40 }));
  return result.tokens.map(({ id }) => id);
}

const bytesOf = (id: number): Uint8Array => engine.tokenizer.tokenBytes[id] ?? new Uint8Array();
const isPlain = (id: number): boolean => bytesOf(id).every((byte) => byte > 0x20 && byte < 0x7f);

/** A prompt after which the model writes, at place `from` or later, `length` printable tokens that it had not written before. */
async function promptWithMark(length: number): Promise<{ text: string; at: number; mark: string }> {
  for (let i = 0; i < 200; i++) {
    const text = `try ${i}`;
    const ids = await freeTokens(text);
    for (let at = 3; at + length < ids.length; at++) {
      const mark = ids.slice(at, at + length);
      const written = engine.tokenizer.decode(ids.slice(0, at + length));
      const form = engine.tokenizer.decode(mark);
      const isFirst = written.indexOf(form) === written.length - form.length;
      if (mark.every(isPlain) && isFirst && engine.tokenizer.encode(form).length === length) return { text, at, mark: form };
    }
  }
  throw new Error("no prompt makes the model write a mark");
}

function thoughts(events: readonly EngineEvent[]): string {
  return events.map((event) => (event.type === "thinking-delta" ? event.text : "")).join("");
}

describe("thinking", () => {
  const budget = 12;

  test("is closed for the model when the budget is spent; the reply follows", async () => {
    const { result, events } = await ask(engine, requestOf(prompt("a"), { thinking: { close: "</think>", budgetTokens: budget } }));
    expect(result.usage.thinkingTokens).toBe(budget);
    const free = (await freeTokens("a")).slice(0, budget);
    expect(result.thinking).toBe(engine.tokenizer.decode(free).trim());
    expect(thoughts(events)).toBe(engine.tokenizer.decode(free));
    const closed = [...prompt("a"), ...free, ...engine.tokenizer.encodeMarks("</think>\n\n")];
    expect(result.text).toBe((await ask(engine, requestOf(closed))).result.text);
  });

  test("without a budget is closed at once", async () => {
    const { result } = await ask(engine, requestOf(prompt("a"), { thinking: { close: "</think>", budgetTokens: 0 } }));
    expect(result).toMatchObject({ thinking: "", usage: { thinkingTokens: 0 } });
    const closed = [...prompt("a"), ...engine.tokenizer.encodeMarks("</think>\n\n")];
    expect(result.text).toBe((await ask(engine, requestOf(closed))).result.text);
  });

  test.each([
    ["that is one token", 1],
    ["that is spelled out", 3],
  ])("ends at a mark %s", async (_, length) => {
    const { text, at, mark } = await promptWithMark(length);
    const { result, events } = await ask(engine, requestOf(prompt(text), { thinking: { close: mark, budgetTokens: 100 } }));
    expect(thoughts(events).trim()).toBe(result.thinking);
    const free = await freeTokens(text);
    expect(result.thinking).toBe(engine.tokenizer.decode(free.slice(0, at)).trim());
    expect(result.usage.thinkingTokens).toBe(length === 1 ? at : at + length);
    const closed = [...prompt(text), ...free.slice(0, at + length), ...engine.tokenizer.encode("\n\n")];
    expect(result.text).toBe((await ask(engine, requestOf(closed))).result.text);
  });

  test("that ends with an end token is closed, and the reply follows", async () => {
    const [text, at] = ["a", 3];
    const end = (await freeTokens(text))[at];
    expect((await freeTokens(text)).indexOf(end)).toBe(at);
    const path = await writeTinyModel(await temporaryFolder(), { seed: 21, contextLength: 512, keys: { "tokenizer.ggml.eot_token_id": end } });
    const ending = await loadEngine(path, { home, threadCount: 1 });
    const { result } = await ask(ending, requestOf(prompt(text), { thinking: { close: "</think>", budgetTokens: 50 } }));
    expect(result.usage.thinkingTokens).toBe(at);
    expect(result.text.length).toBeGreaterThan(0);
    await ending.close();
  });
});

/** Each token owns what it added; a character over several tokens is owned by all of them. */
function expectCovered({ text, tokens }: EngineResult): void {
  let reached = 0;
  for (const { start, end } of tokens) {
    expect(start).toBeLessThanOrEqual(reached);
    expect(end).toBeGreaterThanOrEqual(Math.max(start, reached));
    reached = end;
  }
  expect(reached).toBe(text.length);
}

describe("places of tokens", () => {
  test("cover the text, whatever bytes the model writes", async () => {
    for (let i = 0; i < 20; i++) {
      const { result, events } = await ask(engine, requestOf(prompt(`free ${i}`), { maxTokens: 40 }));
      expectCovered(result);
      expect(result.text).toBe(engine.tokenizer.decode(result.tokens.map(({ id }) => id)));
      const streamed = events.map((event) => (event.type === "text-delta" ? event.text : "")).join("");
      expect(streamed).toBe(result.text);
    }
  });

  test("of a character over several tokens: each of them has all of it", async () => {
    const schema = { type: "string", enum: ["é有🙂z"] };
    const { result } = await ask(engine, requestOf(prompt("x"), { format: { type: "json", schema }, maxTokens: 40 }));
    expect(result.text).toBe('"é有🙂z"');
    expectCovered(result);
    const places = result.tokens.map(({ start, end }) => result.text.slice(start, end));
    expect(places).toEqual(['"', "é", "é", "有", "有", "有", "🙂", "🙂", "🙂", "🙂", "z", '"']);
  });
});

describe("JSON", () => {
  const schema = {
    type: "object",
    properties: {
      name: { type: "string", maxLength: 30 },
      items: { type: "array", items: { type: "object", properties: { n: { type: "integer" }, ok: { type: "boolean" } }, required: ["n", "ok"], additionalProperties: false }, maxItems: 4 },
      note: { anyOf: [{ type: "string" }, { type: "null" }] },
    },
    required: ["name", "items", "note"],
    additionalProperties: false,
  };
  const fits = new Ajv({ strict: false }).compile(schema);

  test("fits the schema and closes within every budget that has room for it", async () => {
    const shortest = engine.tokenizer.encode('{"name": "", "items": [], "note": ""}').length;
    let complete = 0;
    for (let maxTokens = 1; maxTokens <= 60; maxTokens++) {
      const request = requestOf(prompt("json"), { format: { type: "json", schema }, maxTokens, sampling: { temperature: 1, seed: maxTokens } });
      const { result } = await ask(engine, request);
      expect(result.tokens.length).toBeLessThanOrEqual(maxTokens);
      expectCovered(result);
      if (maxTokens < shortest) {
        expect(result.finishReason).toBe("length");
      } else {
        expect(fits(JSON.parse(result.text)), result.text).toBe(true);
        expect(result.finishReason).toBe("stop");
        complete++;
      }
    }
    expect(complete).toBe(60 - shortest + 1);
  });

  test("stops at the closing brace, without a pass for the end token", async () => {
    const flag = { type: "object", properties: { a: { type: "boolean" } }, required: ["a"], additionalProperties: false };
    const { result } = await ask(engine, requestOf(prompt("json"), { format: { type: "json", schema: flag }, maxTokens: 200 }));
    expect(result.text).toMatch(/^\{"a": (true|false)\}$/);
    expect(result.finishReason).toBe("stop");
    expect(result.usage.outputTokens).toBe(result.tokens.length);
    expect(result.tokens.every(({ logprob }) => logprob <= 0)).toBe(true);
  });

  test("a text that ends by itself says so, one that is cut too", async () => {
    const ids = await freeTokens("a");
    const path = await writeTinyModel(await temporaryFolder(), { seed: 21, contextLength: 512, keys: { "tokenizer.ggml.eot_token_id": ids[3] } });
    const ending = await loadEngine(path, { home, threadCount: 1 });
    const { result } = await ask(ending, requestOf(prompt("a"), { maxTokens: 40 }));
    expect(result.finishReason).toBe("stop");
    expect(result.tokens.map(({ id }) => id)).toEqual(ids.slice(0, 3));
    expect((await ask(ending, requestOf(prompt("a"), { maxTokens: 2 }))).result.finishReason).toBe("length");
    await ending.close();
  });
});
