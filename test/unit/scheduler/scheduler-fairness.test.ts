// Who waits for whom, counted in passes: short requests beside long ones, waiting ones beside streams of others.
import { afterEach, beforeAll, expect, test } from "vitest";
import type { Sequence } from "../../../engine/scheduler/sequence.js";
import { compute, openScheduler, type OpenedScheduler } from "../../fixtures/engine/open-scheduler.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../../fixtures/engine/tiny-model.js";

const home = await temporaryFolder();
const CONTEXT_LENGTH = 20_000;
let path: string;
let opened: OpenedScheduler;

beforeAll(async () => {
  path = await writeTinyModel(home, { seed: 51, layerCount: 1, contextLength: CONTEXT_LENGTH });
});
afterEach(async () => {
  opened.pool.checkIntegrity();
  await opened.close();
  expect(opened.liveBuffers()).toBe(0);
});

const someTokens = (length: number, seed: number): number[] => Array.from({ length }, (_, i) => (i * (2 * seed + 37) + seed * 101 + 11) % 250);

async function begin(budgetRows: number): Promise<void> {
  opened = await openScheduler(path, { home, budgetRows });
}

const open = (prompt: readonly number[], reservedRows = 8): Promise<Sequence> => opened.scheduler.open({ prompt, reservedRows });

/** A request from its arrival on: its first logits, then single tokens. */
async function serve(prompt: readonly number[], { replyTokens = 0, onFirst = (): void => undefined } = {}): Promise<void> {
  const sequence = await open(prompt, replyTokens);
  try {
    await compute(sequence, prompt.slice(sequence.length));
    onFirst();
    for (let i = 0; i < replyTokens; i++) await compute(sequence, [i % 250]);
  } finally {
    sequence.release();
  }
}

/** Lets a long prompt run; `during` is called once it has had some passes. Returns how much of it was computed when that was over. */
async function besideLong(length: number, during: () => Promise<void>): Promise<number> {
  const prompt = someTokens(length, 1);
  const sequence = await open(prompt);
  for (let i = 0; i < 3; i++) await sequence.compute(prompt.slice(sequence.length));
  const rest = compute(sequence, prompt.slice(sequence.length));
  await during();
  const computedTokens = sequence.length;
  await rest;
  sequence.release();
  return computedTokens;
}

test.each([3, 60, 200, 500])("a request of %i tokens beside a prompt of 16,000 has its first logits within four of its passes", async (length) => {
  await begin(CONTEXT_LENGTH);
  let passes = 0;
  const computedTokens = await besideLong(16_000, async () => {
    const before = opened.counts.passes;
    await serve(someTokens(length, 2), { onFirst: () => (passes = opened.counts.passes - before) });
  });
  expect(computedTokens).toBeLessThan(5000);
  expect(passes).toBeGreaterThan(0);
  expect(passes).toBeLessThanOrEqual(4);
});

test("a stream of short requests does not hold a long prompt up, and the long one none of them", async () => {
  await begin(CONTEXT_LENGTH);
  const length = 3000;
  const counts = { longPasses: 0, served: 0, slowest: 0 };
  const stream = async (lane: number): Promise<void> => {
    for (let i = 0; counts.longPasses === 0; i++) {
      const before = opened.counts.passes;
      await serve([lane, ...someTokens(59, 10 + i * 7 + lane)], { onFirst: () => (counts.slowest = Math.max(counts.slowest, opened.counts.passes - before)) });
      counts.served++;
    }
  };
  const lanes = Array.from({ length: 7 }, (_, lane) => stream(lane));
  const before = opened.counts.passes;
  await serve(someTokens(length, 1), { onFirst: () => (counts.longPasses = opened.counts.passes - before) });
  await Promise.all(lanes);
  const { longPasses, served, slowest } = counts;
  // Alone it takes 12 passes, with the least share of each pass 94.
  expect(longPasses).toBeLessThan(100);
  expect(served).toBeGreaterThan(longPasses);
  expect(slowest).toBeLessThanOrEqual(4);
});

test("requests that wait for memory are served after others leave, in order of arrival", async () => {
  await begin(1024);
  const holder = await open(someTokens(900, 1));
  const order: number[] = [];
  const lengths = [500, 100, 900, 700, 50, 400];
  const waiting = lengths.map(async (length, i) => {
    const sequence = await open(someTokens(length, 2 + i));
    order.push(i);
    await compute(sequence, sequence.prompt.slice(sequence.length));
    sequence.release();
  });
  await compute(holder, holder.prompt);
  expect(order).toEqual([]);
  expect(opened.scheduler.waitingCount).toBe(lengths.length);
  holder.release();
  await Promise.all(waiting);
  expect(order).toEqual(lengths.map((_, i) => i));
});

test("a request that waits for a place is served under a stream of others that branch off what is there", async () => {
  await begin(2048);
  const shared = someTokens(400, 1);
  const counts = { branches: 0, overtaking: -1 };
  /** Never leaves the shared tree without a request. */
  const stream = async (lane: number): Promise<void> => {
    for (; counts.overtaking < 0 && counts.branches < 400; counts.branches++) await serve([...shared, lane, counts.branches % 250], { replyTokens: 3 });
  };
  const lanes = [0, 1, 2].map(stream);
  await serve([...shared, 7], { replyTokens: 20 });
  const before = counts.branches;
  await serve(someTokens(1900, 3), { replyTokens: 100, onFirst: () => (counts.overtaking = counts.branches - before) });
  const { overtaking } = counts;
  await Promise.all(lanes);
  expect(overtaking).toBeGreaterThan(0);
  expect(overtaking).toBeLessThan(60);
});
