// What goes wrong below requests, and what that leaves: passes that fail, memory that ends, signals that abort at awkward times.
import { getEventListeners } from "node:events";
import { afterEach, beforeAll, expect, test } from "vitest";
import type { Sequence } from "../../../engine/scheduler/sequence.js";
import { createLinearDecoder } from "../../fixtures/engine/linear-decoder.mjs";
import { compute, openScheduler, type OpenedScheduler, type OpenSchedulerOptions } from "../../fixtures/engine/open-scheduler.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../../fixtures/engine/tiny-model.js";

const home = await temporaryFolder();
const fault = new Error("the pass failed");
const reason = new Error("enough");
const CONTEXT_LENGTH = 1024;
let path: string;
let opened: OpenedScheduler;
let failing: (pass: number) => boolean;
let passCount: number;

beforeAll(async () => {
  path = await writeTinyModel(home, { seed: 41, contextLength: CONTEXT_LENGTH });
});
afterEach(async () => {
  opened.pool.checkIntegrity();
  await opened.close();
  expect(opened.liveBuffers()).toBe(0);
});

async function open(options: Partial<OpenSchedulerOptions> = {}): Promise<OpenedScheduler> {
  passCount = 0;
  failing = () => false;
  opened = await openScheduler(path, {
    home,
    budgetRows: CONTEXT_LENGTH,
    around: async (_, run) => {
      const logits = await run();
      if (failing(passCount++)) throw fault;
      return logits;
    },
    ...options,
  });
  return opened;
}

const someTokens = (length: number, seed = 0): number[] => Array.from({ length }, (_, i) => (i * 37 + seed * 101 + 11) % 250);

async function begin(prompt: readonly number[], reservedRows = 24, signal?: AbortSignal): Promise<Sequence> {
  return opened.scheduler.open({ prompt, reservedRows, signal });
}

async function prefill(prompt: readonly number[]): Promise<Float32Array[]> {
  const sequence = await begin(prompt);
  try {
    return await compute(sequence, prompt.slice(sequence.length));
  } finally {
    sequence.release();
  }
}

async function expectAsAlone(found: Float32Array, tokens: readonly number[]): Promise<void> {
  const linear = createLinearDecoder(opened.decoder, CONTEXT_LENGTH);
  const expected = await linear.forward(tokens);
  expect(Math.max(...found.map((value, i) => Math.abs(value - expected[i])))).toBeLessThan(1e-4);
  linear.release();
}

test("a pass that fails rejects whoever it computed for, and takes their trees back to where they were", async () => {
  await open();
  const [a, b] = [someTokens(50, 1), someTokens(70, 2)];
  const sequences = [await begin(a), await begin(b)];
  await Promise.all([compute(sequences[0], a), compute(sequences[1], b)]);
  const before = sequences.map(({ tree, row, reservedRows }) => ({ length: tree.tokens.length, row, reservedRows }));
  failing = () => true;
  const failed = await Promise.allSettled(sequences.map((sequence) => sequence.compute([1, 2, 3])));
  expect(failed).toEqual([1, 2].map(() => ({ status: "rejected", reason: fault })));
  expect(sequences.map(({ tree, row, reservedRows }) => ({ length: tree.tokens.length, row, reservedRows }))).toEqual(before);
  failing = () => false;
  // Whoever asks again goes on from there.
  const [again] = await compute(sequences[0], [1, 2, 3]);
  await expectAsAlone(again, [...a, 1, 2, 3]);
  for (const sequence of sequences) sequence.release();
});

test("those whose passes run go on, also in the tree that a failed pass was cut off", async () => {
  await open();
  const prompt = someTokens(100, 3);
  const first = await begin(prompt);
  await compute(first, prompt);
  const second = await begin(prompt);
  failing = (pass) => pass === 2;
  const tokens = [5, 6, 7];
  await compute(second, prompt.slice(second.length));
  expect(second.tree === first.tree).toBe(true);
  const [failed] = await Promise.allSettled([second.compute([9, 9])]);
  expect(failed.status).toBe("rejected");
  second.release();
  const [row] = await compute(first, tokens);
  await expectAsAlone(row, [...prompt, ...tokens]);
  first.release();
});

test("a request that waits for another's failed prefill computes it itself", async () => {
  await open();
  const shared = someTokens(300, 4);
  const [first, second] = [[...shared, 1], [...shared, ...someTokens(200, 5)]];
  failing = (pass) => pass === 1;
  const [one, two] = await Promise.allSettled([prefill(first), prefill(second)]);
  expect(one).toEqual({ status: "rejected", reason: fault });
  expect(two.status).toBe("fulfilled");
  if (two.status === "fulfilled") await expectAsAlone(two.value[0], second);
});

test("a buffer that cannot be allocated rejects the request that needs it; those that are in go on", async () => {
  let isOut = false;
  await open({
    onAllocate: () => {
      if (isOut) throw new RangeError("Array buffer allocation failed");
    },
  });
  const prompt = someTokens(60, 6);
  const first = await begin(prompt);
  await compute(first, prompt);
  isOut = true;
  await expect(begin(someTokens(400, 7))).rejects.toThrow("allocation");
  const [row] = await compute(first, [1]);
  await expectAsAlone(row, [...prompt, 1]);
  // Beyond what was reserved the buffer must grow.
  await expect(compute(first, someTokens(200, 8))).rejects.toThrow("allocation");
  isOut = false;
  first.release();
  const last = await begin(someTokens(400, 7));
  await compute(last, someTokens(400, 7));
  last.release();
});

test("a tree that would grow beyond the budget rejects the work, and no other", async () => {
  await open({ budgetRows: 256 });
  const [a, b] = [someTokens(60, 1), someTokens(60, 2)];
  const [first, second] = [await begin(a, 4), await begin(b, 60)];
  await Promise.all([compute(first, a), compute(second, b)]);
  const [tooMuch, fine] = await Promise.allSettled([first.compute(someTokens(200, 3)), second.compute([1, 2], 2)]);
  expect(tooMuch).toMatchObject({ status: "rejected", reason: { code: "RUNTIME_FAILED" } });
  expect(fine.status).toBe("fulfilled");
  first.release();
  const [row] = await compute(second, [3]);
  await expectAsAlone(row, [...b, 1, 2, 3]);
  second.release();
});

/** Branches of a prompt that try some of what may still come at each step and keep one token of it, which leaves gaps. */
async function tryAndKeep(): Promise<{ sequences: Sequence[]; paths: number[][] }> {
  const prompt = someTokens(64, 9);
  const first = await begin(prompt, 60);
  await compute(first, prompt);
  const sequences = [first, await begin(prompt, 60), await begin(prompt, 60)];
  expect(new Set(sequences.map(({ tree }) => tree)).size).toBe(1);
  const paths = sequences.map(() => [...prompt]);
  await Promise.all(sequences.slice(1).map((sequence) => compute(sequence, prompt.slice(sequence.length))));
  for (let step = 0; step < 59; step++) {
    await Promise.all(
      sequences.map(async (sequence, i) => {
        const tried = someTokens(Math.min(8, 60 - step), step * 3 + i);
        await compute(sequence, tried, tried.length);
        paths[i].push(tried[0]);
        sequence.rewind(paths[i].length);
      }),
    );
  }
  return { sequences, paths };
}

async function expectRightAtTheEnd({ sequences, paths }: { sequences: readonly Sequence[]; paths: readonly (readonly number[])[] }): Promise<void> {
  for (const [i, sequence] of sequences.entries()) {
    const [row] = await compute(sequence, [i]);
    await expectAsAlone(row, [...paths[i], i]);
    sequence.release();
  }
}

test("what was reserved is there, however many rows others left behind: gaps are closed before a buffer grows", async () => {
  let allocations = 0;
  await open({ budgetRows: 2048, onAllocate: () => allocations++ });
  await expectRightAtTheEnd(await tryAndKeep());
  expect(allocations).toBe(1);
});

test("where gaps cannot be closed nor buffers grow, requests go on in other trees", async () => {
  let allocations = 0;
  await open({ budgetRows: 2048, areFixed: true, onAllocate: () => allocations++ });
  const { sequences, paths } = await tryAndKeep();
  expect(new Set(sequences.map(({ tree }) => tree)).size).toBeGreaterThan(1);
  expect(allocations).toBeGreaterThan(1);
  await expectRightAtTheEnd({ sequences, paths });
});

test("they wait for such a tree where memory is used up, and are let go when they are released", async () => {
  await open({ budgetRows: 512, areFixed: true });
  const [a, b] = [someTokens(60, 1), someTokens(60, 2)];
  const [first, second] = [await begin(a, 4), await begin(b, 310)];
  await Promise.all([compute(first, a), compute(second, b)]);
  const more = someTokens(150, 3);
  const moved = compute(first, more);
  const other = await begin([...b, 1], 4);
  while (opened.scheduler.waitingCount === 0) await new Promise((resolve) => setImmediate(resolve));
  await compute(second, [1, 2, 3]);
  expect(opened.scheduler.waitingCount).toBe(1);
  second.release();
  other.release();
  const [row] = await moved;
  await expectAsAlone(row, [...a, ...more]);
  const third = await begin(someTokens(60, 7), 60);
  const abandoned = compute(first, someTokens(200, 5));
  while (opened.scheduler.waitingCount === 0) await new Promise((resolve) => setImmediate(resolve));
  first.release();
  await expect(abandoned).rejects.toThrow("released");
  expect(opened.scheduler.waitingCount).toBe(0);
  third.release();
});

test("whoever joins where another has just left finds room for what all may still need", async () => {
  let isOut = false;
  await open({
    budgetRows: 2048,
    onAllocate: () => {
      if (isOut) throw fault;
    },
  });
  const prompt = someTokens(60, 1);
  const longer = [...prompt, ...someTokens(60, 2)];
  const first = await begin(prompt, 80);
  await compute(first, prompt);
  const left = await begin(longer);
  await compute(left, longer.slice(left.length));
  left.release();
  const joined = await begin([...longer, 3], 80);
  expect(joined.tree === first.tree).toBe(true);
  expect(joined.length).toBe(longer.length);
  isOut = true;
  await Promise.all([compute(first, someTokens(80, 4)), compute(joined, [3])]);
  const [row] = await compute(joined, someTokens(80, 5));
  await expectAsAlone(row, [...longer, 3, ...someTokens(80, 5)]);
  first.release();
  joined.release();
});

test("a request longer than the budget is refused, and those behind it are served", async () => {
  await open({ budgetRows: 256 });
  const tooLong = begin(someTokens(200), 57);
  const behind = begin(someTokens(20), 4);
  await expect(tooLong).rejects.toMatchObject({ name: expect.stringContaining("Error") });
  (await behind).release();
  (await begin(someTokens(200), 56)).release();
});

test("a signal that aborts between the end of a pass and its answer", async () => {
  const controller = new AbortController();
  const sequences: Sequence[] = [];
  await open({
    around: async (_, run) => {
      const logits = await run();
      // The leaver is gone before the scheduler hears of the pass.
      if (controller.signal.aborted) sequences[0].release();
      return logits;
    },
  });
  const prompt = someTokens(40, 1);
  sequences.push(await begin(prompt, 24, controller.signal), await begin(prompt));
  await Promise.all(sequences.map((sequence) => compute(sequence, prompt.slice(sequence.length))));
  controller.abort(reason);
  const [, row] = await Promise.race([
    Promise.all([Promise.resolve(), compute(sequences[1], [1, 2])]),
    Promise.all([compute(sequences[0], [1, 2]), Promise.resolve()]).then(() => Promise.reject(new Error("an answer to one who left"))),
  ]);
  await expectAsAlone((row as Float32Array[])[0], [...prompt, 1, 2]);
  sequences[1].release();
});

test("a signal that aborts while the request waits gives its place up and is let go", async () => {
  await open({ budgetRows: 256 });
  const controller = new AbortController();
  const first = await begin(someTokens(200, 1));
  const second = begin(someTokens(200, 2), 24, controller.signal);
  const third = begin(someTokens(200, 3));
  expect(opened.scheduler.waitingCount).toBe(2);
  controller.abort(reason);
  await expect(second).rejects.toBe(reason);
  expect(opened.scheduler.waitingCount).toBe(1);
  expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
  first.release();
  (await third).release();
  expect(opened.scheduler.waitingCount).toBe(0);
  expect(opened.pool.activeCount).toBe(0);
});
