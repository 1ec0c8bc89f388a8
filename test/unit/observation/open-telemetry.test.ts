// Spans of requests, written through the real @opentelemetry/api.
import { SpanStatusCode, trace } from "@opentelemetry/api";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Engine } from "../../../engine/engine.js";
import { loadEngine } from "../../../engine/load-engine.js";
import { ask, requestOf } from "../../fixtures/engine/ask.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../../fixtures/engine/tiny-model.js";
import { recordSpans, type RecordedSpan } from "../../fixtures/span-recorder.js";

const home = await temporaryFolder();
const spans = recordSpans();
const STAGES = ["distillate.queue", "distillate.prefill", "distillate.decode"];
let engine: Engine;

beforeAll(async () => {
  engine = await loadEngine(await writeTinyModel(home, { seed: 4, contextLength: 512 }), { home, threadCount: 1 });
});
afterAll(() => engine.close());
beforeEach(() => void spans.splice(0));

const roots = (): RecordedSpan[] => spans.filter(({ name }) => name === "distillate.generate");
const childrenOf = (root: RecordedSpan): string[] => spans.filter(({ parent }) => parent === root).map(({ name }) => name);

test("a request is a span with a child for each stage, below the span that is active where it is made", async () => {
  const sampling = { temperature: 0.5, topP: 0.9, seed: 7 };
  const { result } = await trace.getTracer("test").startActiveSpan("the caller", () => ask(engine, requestOf([1, 2, 3, 4], { sampling })));
  const [root] = roots();
  expect(root.parent?.name).toBe("the caller");
  expect(childrenOf(root)).toEqual(STAGES);
  expect(spans.filter(({ name }) => name !== "the caller").map(({ ends }) => ends)).toEqual([1, 1, 1, 1]);
  expect(root.attributes).toEqual({
    "gen_ai.operation.name": "text_completion",
    "gen_ai.provider.name": "distillate",
    "gen_ai.request.model": "tiny-qwen2-F32-4",
    "gen_ai.request.max_tokens": 24,
    "gen_ai.request.temperature": 0.5,
    "gen_ai.request.top_p": 0.9,
    "gen_ai.request.seed": 7,
    "gen_ai.output.type": "text",
    "gen_ai.response.model": "tiny-qwen2-F32-4",
    "gen_ai.response.finish_reasons": [result.finishReason],
    "gen_ai.usage.input_tokens": 4,
    "gen_ai.usage.output_tokens": result.usage.outputTokens,
    "gen_ai.usage.cache_read.input_tokens": 0,
    "distillate.outcome": "finished",
    "distillate.usage.forced_tokens": 0,
    "distillate.usage.drafted_tokens": result.usage.draftedTokens,
    "distillate.usage.accepted_tokens": result.usage.acceptedTokens,
  });
  expect(root.status).toBeUndefined();
});

test("requests at the same time have spans of their own", async () => {
  const prompts = [[1, 2], [3, 4, 5], [6, 7, 8, 9]];
  await Promise.all(prompts.map((prompt) => ask(engine, requestOf(prompt))));
  expect(roots().map(({ attributes }) => attributes["gen_ai.usage.input_tokens"])).toEqual([2, 3, 4]);
  for (const root of roots()) expect(childrenOf(root)).toEqual(STAGES);
  expect(spans.every(({ ends }) => ends === 1)).toBe(true);
});

test("a failure is an error, an abort is none; both end all spans", async () => {
  const noToken = 1 << 24;
  const error: unknown = await ask(engine, requestOf([1, noToken])).catch((reason: unknown) => reason);
  const controller = new AbortController();
  const aborted = ask(engine, requestOf([1, 2, 3], { signal: controller.signal, maxTokens: 400 })).catch((reason: unknown) => reason);
  controller.abort(new Error("enough"));
  await aborted;
  const [failed, left] = roots();
  expect(failed.status).toEqual({ code: SpanStatusCode.ERROR, message: (error as Error).message });
  expect(failed.exceptions).toEqual([error]);
  expect(failed.attributes["error.type"]).toBe((error as Error & { code?: string }).code ?? (error as Error).name);
  expect(left.status).toBeUndefined();
  expect(left.attributes["distillate.outcome"]).toBe("aborted");
  expect(spans.every(({ ends }) => ends === 1)).toBe(true);
});
