// Requests that end before their time: what they held serves others at once, whether or not their readers come back.
import { getEventListeners } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Engine } from "../../../engine/engine.js";
import { loadEngine } from "../../../engine/load-engine.js";
import { ask, requestOf } from "../../fixtures/engine/ask.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../../fixtures/engine/tiny-model.js";

const home = await temporaryFolder();
const reason = new Error("enough");
const CONTEXT_LENGTH = 512;
let path: string;
let engine: Engine;
const load = (): Promise<Engine> => loadEngine(path, { home, threadCount: 1 });
/** Fills the memory: no two of them have a place. */
const most = (seed: number): number[] => Array.from({ length: CONTEXT_LENGTH - 40 }, (_, i) => (i * 31 + seed * 17) % 250);

beforeAll(async () => {
  path = await writeTinyModel(home, { seed: 6, contextLength: CONTEXT_LENGTH });
  engine = await load();
});
afterAll(() => engine.close());

test.each(["prefill-progress", "text-delta", "thinking-delta"] as const)("a signal that aborts frees the place of a reader that has stopped at %s", async (type) => {
  const controller = new AbortController();
  const thinking = { close: "</t>", budgetTokens: 8 };
  const request = requestOf(most(1), { signal: controller.signal, maxTokens: 16, ...(type === "thinking-delta" && { thinking }) });
  const events = engine.generate(request);
  while ((await events.next()).value?.type !== type);
  const waiting = ask(engine, requestOf(most(2)));
  controller.abort(reason);
  expect((await waiting).result.tokens.length).toBeGreaterThan(0);
  // What its rows are now is another's.
  await expect(events.next()).rejects.toBe(reason);
  expect((await events.next()).done).toBe(true);
  expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
});

test("a signal that aborts while the last words are read: the reply is not finished", async () => {
  const controller = new AbortController();
  const run = async (): Promise<void> => {
    let length = 0;
    for await (const event of engine.generate(requestOf(most(1), { signal: controller.signal, maxTokens: 3 }))) {
      expect(event.type).not.toBe("finish");
      if (event.type === "text-delta" && ++length === 1) controller.abort(reason);
    }
  };
  await expect(run()).rejects.toBe(reason);
});

test("closing refuses whoever waits, and is done once all are gone: those that wait for memory, too", async () => {
  const closing = await load();
  const running = closing.generate(requestOf(most(1)));
  await running.next();
  const waiting = [2, 3, 4].map((seed) => ask(closing, requestOf(most(seed))));
  const refused = Promise.all(waiting.map((answer) => expect(answer).rejects.toMatchObject({ code: "ENGINE_CLOSED" })));
  const closed = closing.close();
  await running.return();
  await Promise.all([refused, closed]);
  expect(closing.stats().requests).toMatchObject({ open: 0, waiting: 0 });
});
