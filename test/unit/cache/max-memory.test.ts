// A bound on memory: what it leaves for keys and values, who has to wait for it, who is refused.
import { afterEach, expect, test, vi } from "vitest";
import { kvBudgetRows } from "../../../engine/cache/kv-budget.js";
import { kvRowBytes } from "../../../engine/cache/kv-buffer.js";
import type { Engine } from "../../../engine/engine.js";
import { Decoder } from "../../../engine/forward/decoder.js";
import { loadEngine } from "../../../engine/load-engine.js";
import type { StateType } from "../../../engine/ort/runtime.js";
import { ask, essence, requestOf } from "../../fixtures/engine/ask.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../../fixtures/engine/tiny-model.js";

const home = await temporaryFolder();
const path = await writeTinyModel(home, { seed: 12, contextLength: 4096 });
let engine: Engine;
const load = async (maxMemoryBytes?: number): Promise<Engine> => (engine = await loadEngine(path, { home, threadCount: 1, maxMemoryBytes }));
afterEach(() => engine?.close());

/** What the weights and the logits of a pass leave: room for so many rows, each with its share of the key summaries. */
const boundFor = (rows: number, weightsBytes: number, { config }: Engine): number => (160 << 20) + Math.ceil(1.25 * weightsBytes + 128 * config.vocabularySize * 4 + (rows * kvRowBytes(config, "f32") * 33) / 32);
const someTokens = (length: number, seed: number): number[] => Array.from({ length }, (_, i) => (i * 37 + seed * 101 + 11) % 250);

test("without a bound there is room for one full context", async () => {
  await load();
  const { config } = engine;
  expect(kvBudgetRows({ maxMemoryBytes: undefined, weightsBytes: 1e9, config, kvType: "f32", summaryType: "f32", contextLength: 4096 })).toBe(4096);
  expect(engine.stats().memory.kvBudgetBytes).toBe(4096 * kvRowBytes(config, "f32"));
});

test("a bound leaves what the weights do not take, in whole blocks, be it more or less than a context", async () => {
  await load();
  const { config } = engine;
  const rows = (spareRows: number): number => kvBudgetRows({ maxMemoryBytes: boundFor(spareRows, 1000, engine), weightsBytes: 1000, config, kvType: "f32", summaryType: "f32", contextLength: 4096 });
  expect([512, 575, 576, 10_000].map(rows)).toEqual([512, 512, 576, 9984]);
});

test("rows of fewer bytes are more rows, their summaries as they are", async () => {
  await load();
  const { config } = engine;
  const rows = (kvType: StateType, summaryType: StateType): number => kvBudgetRows({ maxMemoryBytes: boundFor(640, 1000, engine), weightsBytes: 1000, config, kvType, summaryType, contextLength: 4096 });
  expect([rows("f32", "f32"), rows("f16", "f16"), rows("int8", "f32")]).toEqual([640, 1280, Math.floor((640 * 33) / (8 + 1) / 64) * 64]);
});

test("too little is refused, and the least that it names is enough", async () => {
  await load();
  const { weightsBytes } = engine.stats().memory;
  await engine.close();
  const error: unknown = await load(weightsBytes).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(RangeError);
  const [, least] = /at least (\d+)/.exec((error as RangeError).message) ?? [];
  await expect(load(Number(least) - 1)).rejects.toThrow(RangeError);
  await load(Number(least));
  expect(engine.contextLength).toBe(512);
  expect((await ask(engine, requestOf(someTokens(400, 1)))).result.tokens.length).toBeGreaterThan(0);
});

test.each([0, -1, 1.5, Number.NaN])("%s bytes are no bound", async (bytes) => {
  await expect(load(bytes)).rejects.toThrow(/whole number/);
});

test("a request that the memory cannot hold is refused; those that only cannot run at once wait for each other", async () => {
  await load();
  const { memory } = engine.stats();
  const requests = [1, 2, 3].map((seed) => requestOf(someTokens(500, seed)));
  const plain = await Promise.all(requests.map((request) => ask(engine, request)));
  await engine.close();
  await load(boundFor(640, memory.weightsBytes, engine));
  await expect(ask(engine, requestOf(someTokens(700, 1)))).rejects.toMatchObject({ code: "PROMPT_TOO_LONG", contextLength: 640, message: expect.stringContaining("maxMemoryBytes") as string });
  const running = Promise.all(requests.map((request) => ask(engine, request)));
  while (engine.stats().passes === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(engine.stats().requests).toMatchObject({ open: 1, waiting: 2 });
  const answers = await running;
  expect(answers.map(({ result }) => essence(result))).toEqual(plain.map(({ result }) => essence(result)));
  expect(engine.stats().memory.kvBytes).toBeLessThanOrEqual(640 * kvRowBytes(engine.config, "f32"));
});

test("passes want no more logits than the bound leaves room for, however many ask at once, and all are answered alike", async () => {
  await load();
  const { config } = engine;
  const runs = vi.spyOn(Decoder.prototype, "run");
  const options = Array.from({ length: 40 }, (_, index) => `${String.fromCharCode(97 + (index % 20))}${"same".repeat(20)}${index}`);
  const shared = someTokens(100, 5);
  const requests = Array.from({ length: 30 }, (_, index) =>
    requestOf([...shared, index], index % 3 === 0 ? { format: { type: "choice", options } } : { maxTokens: 12 }),
  );
  const answers = await Promise.all(requests.map((request) => ask(engine, request)));
  const mostWanted = Math.max(...runs.mock.calls.map(([{ wanted }]) => wanted.length));
  runs.mockRestore();
  expect(mostWanted).toBeGreaterThan(64);
  expect(mostWanted).toBeLessThanOrEqual(128);
  expect(engine.stats().memory.logitsBytes).toBe(128 * config.vocabularySize * 4);
  await engine.close();
  await load();
  for (const [index, request] of requests.entries()) expect(essence((await ask(engine, request)).result)).toEqual(essence(answers[index].result));
});
