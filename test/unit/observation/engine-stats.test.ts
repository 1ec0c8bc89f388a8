// What the engine says about its work: counts, events, and listeners that fail.
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import type { Engine } from "../../../engine/engine.js";
import { loadEngine, type LoadEngineOptions } from "../../../engine/load-engine.js";
import type { EngineLogEvent } from "../../../engine/observation/log-event.js";
import { ask, requestOf } from "../../fixtures/engine/ask.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { jsonMetadata, writeTinyModel } from "../../fixtures/engine/tiny-model.js";

const home = await temporaryFolder();
const path = await writeTinyModel(home, { contextLength: 4096, tokenizer: jsonMetadata() });
const schema = { type: "object", properties: { kind: { enum: ["total", "other"] }, id: { type: "integer", minimum: 0, maximum: 99 } }, required: ["kind", "id"], additionalProperties: false };
let engine: Engine;

async function load(options: LoadEngineOptions = {}): Promise<EngineLogEvent[]> {
  const events: EngineLogEvent[] = [];
  engine = await loadEngine(path, { home, threadCount: 1, onEvent: (event) => events.push(event), ...options });
  return events;
}
const prompt = (text: string): number[] => engine.tokenizer.encodeChat([{ role: "user", content: text }]).tokens;

afterEach(() => engine.close());

test("counts add up to what the requests report", async () => {
  await load();
  const requests = [1, 2, 3].map((seed) =>
    requestOf(prompt("the same words ".repeat(20)), { format: { type: "json", schema }, sampling: { temperature: 1, seed }, maxTokens: 40 }),
  );
  const results = (await Promise.all(requests.map((request) => ask(engine, request)))).map(({ result }) => result);
  const sum = (pick: (usage: (typeof results)[0]["usage"]) => number): number => results.reduce((total, { usage }) => total + pick(usage), 0);
  const { tokens, requests: counts, timeMs, cacheHits, rows, memory } = engine.stats();
  expect(tokens.reused).toBe(sum(({ cachedTokens }) => cachedTokens));
  expect(tokens.prefilled + tokens.reused).toBe(3 * requests[0].prompt.length);
  expect(tokens.forced).toBe(sum(({ forcedTokens }) => forcedTokens));
  expect(tokens.forced).toBeGreaterThan(0);
  expect(tokens.forced + tokens.sampled).toBe(sum(({ outputTokens }) => outputTokens));
  expect(tokens.drafted).toBe(sum(({ draftedTokens }) => draftedTokens));
  expect(rows).toBeGreaterThanOrEqual(tokens.prefilled);
  expect(cacheHits).toBe(2);
  expect(counts).toEqual({ finished: 3, failed: 0, aborted: 0, open: 0, waiting: 0 });
  expect(timeMs.queue + timeMs.prefill + timeMs.decode).toBeGreaterThan(timeMs.pass);
  expect(memory).toMatchObject({ activeTrees: 0, idleTrees: 1, kvBudgetBytes: 4096 * 2 * 2 * 2 * 16 * 4 });
  expect(memory.kvBytes).toBeLessThanOrEqual(memory.kvBudgetBytes);
  expect(memory.weightsBytes).toBeGreaterThan(100_000);
});

test("a request is reported from the queue to its end, and each pass", async () => {
  const events = await load();
  const request = requestOf(prompt("a request"));
  const { result } = await ask(engine, request);
  const passes = events.filter(({ type }) => type === "pass-end");
  expect(passes).toHaveLength(engine.stats().passes);
  expect(events.filter(({ type }) => type !== "pass-end")).toEqual([
    { type: "request-queue", id: 1, promptTokens: request.prompt.length, maxTokens: 24, format: "text", sampling: { temperature: 0 } },
    { type: "request-start", id: 1, promptTokens: request.prompt.length, waitingMs: result.usage.queueMs },
    { type: "prefill-end", id: 1, computedTokens: request.prompt.length, reusedTokens: 0, ms: result.usage.prefillMs },
    { type: "request-end", id: 1, outcome: "finished", finishReason: result.finishReason, prefilledTokens: request.prompt.length, usage: result.usage },
  ]);
});

test("requests that are aborted, left or fail end, too, with what they used", async () => {
  const events = await load({ contextLength: 2048 });
  const long = prompt("long ".repeat(200));
  const controller = new AbortController();
  const reason = new Error("enough");
  const aborted = ask(engine, requestOf(long, { signal: controller.signal, maxTokens: 500 }));
  const waiting = ask(engine, requestOf(prompt("other ".repeat(200)), { signal: controller.signal, maxTokens: 700 }));
  const stopped = Promise.allSettled([aborted, waiting]);
  while (!events.some(({ type }) => type === "pass-end")) await new Promise((resolve) => setImmediate(resolve));
  expect(engine.stats().requests).toMatchObject({ open: 1, waiting: 1 });
  controller.abort(reason);
  await stopped;
  for await (const event of engine.generate(requestOf(prompt("left")))) if (event.type === "text-delta") break;
  const bad = { type: "json", schema: { const: "x" }, prefix: { text: "{", banned: [] } } as const;
  await expect(ask(engine, requestOf(prompt("bad"), { format: bad }))).rejects.toThrow();
  const ends = events.filter((event) => event.type === "request-end");
  expect(ends.map(({ id, outcome }) => [id, outcome])).toEqual(expect.arrayContaining([[1, "aborted"], [2, "aborted"], [3, "aborted"]]));
  expect(ends).toHaveLength(3);
  expect(ends.find(({ id }) => id === 1)).toMatchObject({ error: reason, usage: { promptTokens: long.length } });
  expect(ends.find(({ id }) => id === 2)).toMatchObject({ error: reason, usage: undefined, prefilledTokens: 0 });
  const { requests, tokens } = engine.stats();
  expect(requests).toEqual({ finished: 0, failed: 0, aborted: 3, open: 0, waiting: 0 });
  expect(tokens.prefilled).toBeGreaterThan(0);
  expect(tokens.sampled).toBeGreaterThan(0);
});

test("a request that fails says why", async () => {
  const events = await load();
  const noToken = 1 << 24;
  const error: unknown = await ask(engine, requestOf([1, 2, noToken])).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(Error);
  expect(events.at(-1)).toMatchObject({ type: "request-end", id: 1, outcome: "failed", error });
  expect(engine.stats().requests).toEqual({ finished: 0, failed: 1, aborted: 0, open: 0, waiting: 0 });
  expect((await ask(engine, requestOf([1, 2, 3]))).result.tokens.length).toBeGreaterThan(0);
});

test("a listener that throws, or rejects, is a warning once and changes nothing", async () => {
  await load();
  const { result } = await ask(engine, requestOf(prompt("whatever")));
  await engine.close();
  const warned = once(process, "warning") as Promise<[Error & { code?: string }]>;
  let calls = 0;
  await load({
    onEvent: (async () => {
      calls++;
      if (calls % 2 === 0) throw new Error("a broken listener");
      await Promise.reject(new Error("a broken listener"));
    }) as () => void,
  });
  const again = await ask(engine, requestOf(prompt("whatever")));
  expect(again.result.text).toBe(result.text);
  expect(calls).toBe(4 + engine.stats().passes);
  const [warning] = await warned;
  expect(warning.code).toBe("DISTILLATE_LISTENER");
  expect(warning.message).toContain("a broken listener");
});

test("idle trees that make room are counted", async () => {
  const events = await load({ contextLength: 512 });
  for (const text of ["one ", "two ", "three "]) await ask(engine, requestOf(prompt(text.repeat(60))));
  const evictions = events.filter(({ type }) => type === "cache-evict");
  expect(evictions.length).toBeGreaterThan(0);
  expect(engine.stats().cacheEvictions).toBe(evictions.length);
});
