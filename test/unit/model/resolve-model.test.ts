// Models shared by name: one load for all who ask, given up when nobody waits, tried again after a failure.
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { defineTask, runBatch } from "../../../src/index.js";
import type { LanguageModel } from "../../../src/model/language-model.js";
import { closeModels, resolveModel } from "../../../src/model/resolve-model.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../../fixtures/engine/tiny-model.js";

const home = await temporaryFolder();
process.env.DISTILLATE_HOME = home;
const reason = new Error("no longer wanted");

let path: string;
beforeAll(async () => {
  path = await writeTinyModel(home, { type: "Q8_0", layerCount: 4 });
});
afterEach(closeModels);

async function answer(model: LanguageModel): Promise<string> {
  const request = { messages: [{ role: "user", content: "x" }], format: { type: "text" }, sampling: { temperature: 0 }, maxTokens: 5 } as const;
  let text = "";
  for await (const event of model.generate(request)) if (event.type === "finish") text = event.result.text;
  return text;
}

test("a model that is given is used as it is", async () => {
  const model = await resolveModel(path);
  expect(await resolveModel(model)).toBe(model);
});

test("calls of the same name share one model and its progress", async () => {
  const stages: string[][] = [[], []];
  const waiting = stages.map((seen) => resolveModel(path, { onProgress: ({ stage }) => seen.push(stage) }));
  const [first, second] = await Promise.all(waiting);
  expect(second).toBe(first);
  expect(stages[0]).toContain("load");
  expect(stages[1]).toEqual(stages[0]);
  expect(await resolveModel(path)).toBe(first);
});

test("calls of the same name and engine options share one model, others do not", async () => {
  const plain = await resolveModel(path);
  const short = await resolveModel(path, { engine: { contextLength: 64, threadCount: 1 } });
  expect(short).not.toBe(plain);
  expect(short.contextLength).toBe(64);
  expect(await resolveModel(path, { engine: { threadCount: 1, contextLength: 64 } })).toBe(short);
  await expect(resolveModel(plain, { engine: { threadCount: 1 } })).rejects.toThrow(TypeError);
});

test("the environment names the model of a call that names none", async () => {
  process.env.DISTILLATE_MODEL = path;
  try {
    expect(await resolveModel(undefined)).toBe(await resolveModel(path));
  } finally {
    delete process.env.DISTILLATE_MODEL;
  }
});

test("many calls with one signal leave no warning about listeners", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  const { signal } = new AbortController();
  const model = await writeTinyModel(home, { seed: 3, contextLength: 4096 });
  const task = defineTask({
    name: "readTitle",
    description: "Reads a title.",
    output: z.object({ title: z.string().max(8) }),
    template: { en: "Read the title.", zh: "阅读标题。" },
    readings: 1,
  });
  const records = Array.from({ length: 24 }, (_, index) => ({ source: `${index}`, record: `Record ${index}` }));
  const calls = records.map(({ record }) => task(record, { model, signal }));
  for await (const result of runBatch(task, records, { model, signal, concurrency: 24 })) expect(result).toMatchObject({ ok: true });
  await Promise.all(calls);
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", onWarning);
  expect(warnings).toEqual([]);
});

test("one who gives up leaves the load to the others", async () => {
  const controller = new AbortController();
  const leaving = resolveModel(path, { signal: controller.signal });
  const staying = resolveModel(path);
  controller.abort(reason);
  await expect(leaving).rejects.toBe(reason);
  const model = await staying;
  expect(await resolveModel(path)).toBe(model);
  expect(await answer(model)).not.toBe("");
});

test("when all give up the load stops, and a call right after starts its own", async () => {
  const copy = join(home, "given-up.gguf");
  await copyFile(path, copy);
  const controller = new AbortController();
  const waiting = [1, 2].map(() => resolveModel(copy, { signal: controller.signal, onProgress: () => controller.abort(reason) }));
  const results = await Promise.allSettled(waiting);
  expect(results.map((result) => result.status === "rejected" && result.reason === reason)).toEqual([true, true]);
  const stages: string[] = [];
  const model = await resolveModel(copy, { onProgress: ({ stage }) => stages.push(stage) });
  // Had the first load gone on to its end, nothing would be left to convert.
  expect(stages).toContain("convert");
  expect(await answer(model)).not.toBe("");
});

test("an aborted signal neither loads nor closes what is loaded", async () => {
  const model = await resolveModel(path);
  await expect(resolveModel(path, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(await resolveModel(path)).toBe(model);
  expect(await answer(model)).not.toBe("");
});

test("a failed load fails all who wait, and the next call tries again", async () => {
  const late = join(home, "late.gguf");
  const results = await Promise.allSettled([resolveModel(late), resolveModel(late)]);
  expect(results.map((result) => result.status === "rejected" && (result.reason as { code?: string }).code)).toEqual([
    "CHECKPOINT_INVALID", "CHECKPOINT_INVALID",
  ]);
  await copyFile(path, late);
  expect(await answer(await resolveModel(late))).not.toBe("");
});

test("closing frees the models; the next call loads anew", async () => {
  const before = await resolveModel(path);
  await closeModels();
  await expect(answer(before)).rejects.toMatchObject({ code: "ENGINE_CLOSED" });
  const after = await resolveModel(path);
  expect(after).not.toBe(before);
  expect(await answer(after)).not.toBe("");
});
