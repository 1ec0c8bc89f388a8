// What all prompts of a task begin with, kept for later starts of the model.
import { readdir } from "node:fs/promises";
import { dirname } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { createScriptedModel, defineTask, loadModel, type EngineModel, type TaskOptions } from "../../../src/index.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../../fixtures/engine/tiny-model.js";

const home = await temporaryFolder();
const task = defineTask({
  name: "readNote",
  description: "Reads a note.",
  output: z.object({ subject: z.string().max(12).nullable(), kind: z.enum(["bill", "letter"]) }),
  template: { en: "Read the note.", zh: "阅读便条。" },
  readings: 1,
});
let path: string;
beforeAll(async () => {
  path = await writeTinyModel(home, { seed: 3, contextLength: 8192 });
});

async function withModel<Result>(use: (model: EngineModel) => Promise<Result>): Promise<Result> {
  const model = await loadModel(path, { home, threadCount: 1 });
  try {
    return await use(model);
  } finally {
    await model.close();
  }
}

const cachedTokens = (options: TaskOptions): Promise<number> =>
  withModel(async (model) => {
    const { usage } = await task("Dear all, the heating is off.", { ...options, model });
    expect(model.stats().tokens.reused).toBe(usage.cachedTokens);
    return usage.cachedTokens;
  });

test("any record of the task finds it, in the language and strategy that it was kept for", async () => {
  expect(await cachedTokens({})).toBe(0);
  const kept = await withModel((model) => task.warm({ model }));
  expect(kept.name).toBe("readNote (record, en)");
  expect(await cachedTokens({})).toBe(kept.tokenCount);
  const chinese = await withModel((model) => task.warm({ model, language: "zh" }));
  expect(await cachedTokens({ language: "zh" })).toBe(chinese.tokenCount);
  const fields = await withModel((model) => task.warm({ model, strategy: "fields" }));
  expect(await cachedTokens({ strategy: "fields" })).toBeGreaterThanOrEqual(fields.tokenCount);
  expect(await readdir(dirname(kept.path))).toHaveLength(3);
});

test("it is all that stands before the document", async () => {
  await withModel(async (model) => {
    const { tokenCount } = await task.warm({ model });
    const { text } = await task.prompt("xyz", { model });
    // One byte a token, but for the mark of the turn and the little that the tiny vocabulary merges.
    const before = text.slice(0, text.lastIndexOf("xyz"));
    expect(tokenCount).toBeGreaterThan(0.8 * before.length);
    expect(tokenCount).toBeLessThanOrEqual(before.length);
  });
});

test("a model that is not the engine's keeps nothing, and says so", async () => {
  await expect(task.warm({ model: createScriptedModel([]) })).rejects.toThrow(TypeError);
});
