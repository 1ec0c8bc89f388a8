// Tasks whose calls start together, on the engine: the same records as one call at a time gives.
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { defineTask, loadModel, type GenerationEvent, type LanguageModel, type TaskOptions } from "../../../src/index.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../../fixtures/engine/tiny-model.js";
import { r1Metadata } from "../../fixtures/r1-metadata.js";

let model: LanguageModel;

beforeAll(async () => {
  const home = await temporaryFolder();
  const path = await writeTinyModel(home, { seed: 5, tokenizer: r1Metadata(), contextLength: 4096 });
  model = await loadModel(path, { home, threadCount: 1 });
});
afterAll(() => model.close());

const task = defineTask({
  name: "read",
  description: "Reads.",
  output: z.strictObject({ kind: z.enum(["ash", "birch", "cedar"]), tall: z.boolean(), name: z.string().max(6).nullable(), marks: z.array(z.enum(["x", "y"])).max(3) }),
  template: "Read the record.",
});
const record = "A birch of 12 m, named Bo, marked x and y.";

/** The same model, asked one thing at a time. */
function oneAtATime(): LanguageModel {
  let last: Promise<unknown> = Promise.resolve();
  return {
    ...model,
    async *generate(request): AsyncGenerator<GenerationEvent> {
      const before = last;
      let leave: (value?: unknown) => void = Boolean;
      last = new Promise((resolve) => {
        leave = resolve;
      });
      try {
        await before;
        yield* model.generate(request);
      } finally {
        leave();
      }
    },
  };
}

test.each<[string, TaskOptions]>([
  ["samples", { samples: 4, readings: 1 }],
  ["as many samples as the vote takes", { samples: "auto", readings: 1 }],
  ["a question for each field", { strategy: "fields", readings: 1 }],
  ["a record, its second readings and scores", {}],
  ["questions and their second readings and scores", { strategy: "fields" }],
])("%s give the same record together as one by one", async (_, options) => {
  const together = await task(record, { ...options, model });
  const apart = await task(record, { ...options, model: oneAtATime() });
  expect(together.data).toEqual(apart.data);
  expect(together.samples).toEqual(apart.samples);
  expect(together.trace.map(({ purpose, path, text }) => [purpose, path, text])).toEqual(apart.trace.map(({ purpose, path, text }) => [purpose, path, text]));
  expect(together.usage.requests).toBe(together.trace.length);
});

test("the value that was written is the likeliest of its set, and the rest are its alternatives", async () => {
  const { data, fields, trace, warnings } = await task(record, { model });
  expect(warnings).toEqual([]);
  expect(trace.filter(({ purpose }) => purpose === "score").map(({ path }) => path)).toContain("/kind");
  const others = fields.kind.alternatives.filter(({ value }) => value !== data.kind);
  expect(others.length).toBeGreaterThan(0);
  const sum = others.reduce((all, { confidence }) => all + confidence, 0);
  expect(sum).toBeLessThanOrEqual(1);
  expect(others.every(({ value }) => ["ash", "birch", "cedar"].includes(value as string))).toBe(true);
  const { text } = trace.find(({ purpose, path }) => purpose === "score" && path === "/kind")!;
  expect(JSON.parse(text)).toBe(data.kind);
});
