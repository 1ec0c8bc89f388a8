// Readers of replies that stop, come back late, or close the engine while they read: nobody else waits for them.
import { getEventListeners } from "node:events";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { Engine } from "../../../engine/engine.js";
import { loadEngine } from "../../../engine/load-engine.js";
import type { EngineEvent } from "../../../engine/request.js";
import { ask, essence, requestOf } from "../../fixtures/engine/ask.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../../fixtures/engine/tiny-model.js";

const home = await temporaryFolder();
const CONTEXT_LENGTH = 512;
let path: string;
let engine: Engine;

beforeAll(async () => {
  path = await writeTinyModel(home, { seed: 6, contextLength: CONTEXT_LENGTH });
});
beforeEach(async () => {
  engine = await loadEngine(path, { home, threadCount: 1 });
});
afterEach(() => engine.close());

const someTokens = (length: number, seed: number): number[] => Array.from({ length }, (_, i) => (i * 31 + seed * 17) % 250);

/** Readers that have seen that their prompts were read, and ask for nothing more. */
async function stoppedReaders(count: number, length: number): Promise<AsyncGenerator<EngineEvent, void>[]> {
  const readers = Array.from({ length: count }, (_, seed) => engine.generate(requestOf(someTokens(length, seed), { maxTokens: 8 })));
  await Promise.all(readers.map((reader) => reader.next()));
  return readers;
}

test("readers that have stopped hold nobody up, and find the whole reply when they come back", async () => {
  const readers = await stoppedReaders(8, 40);
  const { result } = await ask(engine, requestOf(someTokens(CONTEXT_LENGTH - 40, 20)));
  expect(result.tokens.length).toBeGreaterThan(0);
  for (const [seed, reader] of readers.entries()) {
    const events: EngineEvent[] = [];
    for await (const event of reader) events.push(event);
    const last = events.at(-1);
    expect(last?.type).toBe("finish");
    const alone = await ask(engine, requestOf(someTokens(40, seed), { maxTokens: 8 }));
    if (last?.type === "finish") expect(essence(last.result)).toEqual(essence(alone.result));
  }
});

test("closing ends whoever reads, has stopped, waits or comes later", async () => {
  const readers = await stoppedReaders(3, 300);
  const waiting = expect(ask(engine, requestOf(someTokens(400, 9)))).rejects.toMatchObject({ code: "ENGINE_CLOSED" });
  await engine.close();
  await waiting;
  for (const reader of readers) {
    await expect(reader.next()).rejects.toMatchObject({ code: "ENGINE_CLOSED" });
    expect((await reader.next()).done).toBe(true);
  }
  await expect(ask(engine, requestOf([1, 2, 3]))).rejects.toMatchObject({ code: "ENGINE_CLOSED" });
  expect(engine.stats()).toMatchObject({ requests: { open: 0, waiting: 0, failed: 0 }, memory: { kvBytes: 0, activeTrees: 0 } });
});

test("a reader closes the engine within its own loop", async () => {
  let seen = 0;
  const read = async (): Promise<void> => {
    for await (const _ of engine.generate(requestOf(someTokens(300, 1)))) {
      seen++;
      await engine.close();
    }
  };
  await expect(read()).rejects.toMatchObject({ code: "ENGINE_CLOSED" });
  expect(seen).toBe(1);
});

test("a prefix that is being computed ends with the engine, too", async () => {
  const keeping = expect(engine.keepPrefix(someTokens(500, 1), { name: "p" })).rejects.toMatchObject({ code: "ENGINE_CLOSED" });
  await engine.close();
  await keeping;
});

test("a signal given to many requests has one listener, no warning, and ends them all", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  const controller = new AbortController();
  const requests = Array.from({ length: 24 }, (_, seed) => requestOf(someTokens(100, seed), { signal: controller.signal }));
  const answers = requests.map((request) => ask(engine, request));
  const choice = requestOf(someTokens(60, 3), { signal: controller.signal, format: { type: "choice", options: Array.from({ length: 20 }, (_, i) => `${String.fromCharCode(97 + i)}x${i}`) } });
  await ask(engine, choice);
  expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
  controller.abort(new Error("enough"));
  const settled = await Promise.allSettled(answers);
  expect(settled.some(({ status }) => status === "rejected")).toBe(true);
  expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", onWarning);
  expect(warnings).toEqual([]);
});
