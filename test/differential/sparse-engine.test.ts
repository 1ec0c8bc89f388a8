// Whole requests with long texts read in part against the same read whole, and what their usage says of it.
import { expect, test } from "vitest";
import type { Engine } from "../../engine/engine.js";
import { loadEngine, type LoadEngineOptions } from "../../engine/load-engine.js";
import type { EngineRequest, EngineResult } from "../../engine/request.js";
import { ask, essence, requestOf } from "../fixtures/engine/ask.js";
import { temporaryFolder } from "../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../fixtures/engine/tiny-model.js";

const home = await temporaryFolder();
const path = await writeTinyModel(home, { seed: 51, contextLength: 8192 });
const words = (count: number, seed: number): string =>
  Array.from({ length: count }, (_, i) => ((i * i * 31 + i * 17 + seed * 7919) % 46_656).toString(36)).join(" ");

async function withEngine<Result>(options: LoadEngineOptions, use: (engine: Engine) => Promise<Result>): Promise<Result> {
  const engine = await loadEngine(path, { home, threadCount: 1, ...options });
  try {
    return await use(engine);
  } finally {
    await engine.close();
  }
}

/** Samples of one prompt, questions about its beginning, and a short prompt of another kind, at the same time. */
function requests({ tokenizer }: Engine, count: number): EngineRequest[] {
  const prompt = (text: string): number[] => tokenizer.encodeChat([{ role: "user", content: text }]).tokens;
  const document = words(count, 1);
  return [
    ...[1, 2, 3].map((seed) => requestOf(prompt(document), { sampling: { temperature: 1, seed } })),
    ...["who", "when"].map((question) => requestOf(prompt(`${document}\n${question}`))),
    requestOf(prompt("short")),
  ];
}

const answer = (options: LoadEngineOptions, count: number): Promise<EngineResult[]> =>
  withEngine(options, async (engine) => (await Promise.all(requests(engine, count).map((request) => ask(engine, request)))).map(({ result }) => result));

const computedBy = (results: readonly EngineResult[]): number => results.reduce((sum, { usage }) => sum + usage.flops.computed, 0);
const skippedBy = (results: readonly EngineResult[]): number => results.reduce((sum, { usage }) => sum + usage.flops.skipped, 0);

test("at a full budget requests that share a tree are answered as by dense passes", async () => {
  const dense = await answer({ attention: "dense" }, 300);
  const sparse = await answer({ attention: "sparse", keep: 1 }, 300);
  expect(sparse.map(essence)).toEqual(dense.map(essence));
});

test("at a quarter of the blocks operations are skipped, and counted as skipped", async () => {
  const dense = await answer({ attention: "dense" }, 300);
  const sparse = await answer({ attention: "sparse", keep: 0.25 }, 300);
  expect(skippedBy(dense)).toBe(0);
  expect(skippedBy(sparse)).toBeGreaterThan(0.05 * computedBy(sparse));
  expect(computedBy(sparse)).toBeLessThan(computedBy(dense));
});

test("the end of a prompt is read whole: nothing is skipped of a question to a text that was read", async () => {
  const document = Array.from({ length: 1_024 }, (_, i) => (i * 31 + (i >> 5)) % 250);
  const question = Array.from({ length: 40 }, (_, i) => (i * 7 + 3) % 250);
  await withEngine({ attention: "sparse", keep: 0.25 }, async (engine) => {
    const first = await ask(engine, { ...requestOf(document), maxTokens: 1 });
    expect(first.result.usage.flops.skipped).toBeGreaterThan(0);
    const { usage } = (await ask(engine, { ...requestOf([...document, ...question]), maxTokens: 1 })).result;
    expect(usage.cachedTokens).toBeGreaterThanOrEqual(1_000);
    expect(usage.flops.skipped).toBe(0);
  });
});

test("auto reads short texts whole, as dense does, and long ones in part", async () => {
  const short = await answer({}, 300);
  expect(short.map(essence)).toEqual((await answer({ attention: "dense" }, 300)).map(essence));
  expect(skippedBy(short)).toBe(0);
  const long = await withEngine({}, (engine) => ask(engine, requests(engine, 1500)[3]));
  expect(long.result.usage.promptTokens).toBeGreaterThan(4096);
  expect(long.result.usage.flops.skipped).toBeGreaterThan(0);
});

test("auto goes by a request's own length, not by what its tree holds of others", async () => {
  const document = Array.from({ length: 3_600 }, (_, i) => (i * 31 + (i >> 5)) % 250);
  const branches = [1, 2, 3].map((seed) => requestOf([...document, ...Array.from({ length: 300 }, (_, i) => (i * 7 + seed * 61) % 250)]));
  await withEngine({}, async (engine) => {
    const results = await Promise.all(branches.map((request) => ask(engine, request)));
    expect(engine.stats().rows).toBeGreaterThan(4_096);
    expect(engine.stats().rows).toBeLessThan(2 * 3_600);
    expect(skippedBy(results.map(({ result }) => result))).toBe(0);
  });
});

test.each([0, 2, Number.NaN])("keep %d is refused", async (keep) => {
  await expect(loadEngine(path, { home, keep })).rejects.toThrow(RangeError);
});

test("a context that is no multiple of a block is used to its end", async () => {
  const { usage } = (await withEngine({ attention: "sparse", contextLength: 1_030 }, (engine) => ask(engine, requestOf(Array.from({ length: 1_006 }, (_, i) => (i * 31) % 250))))).result;
  expect(usage.promptTokens + usage.outputTokens).toBeGreaterThan(1_006);
  expect(usage.flops.skipped).toBeGreaterThan(0);
});
