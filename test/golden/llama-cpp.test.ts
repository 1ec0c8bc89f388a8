// The whole engine against llama.cpp on the same file: prompt ids, greedy text, and probabilities position by position.
// llama-cpp/make-goldens.mjs made the golden files; bench:fidelity compares larger models, and perplexity.
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fileHash } from "../../engine/checkpoint/file-hash.js";
import { openGguf } from "../../engine/checkpoint/gguf.js";
import type { Engine } from "../../engine/engine.js";
import { Decoder } from "../../engine/forward/decoder.js";
import { convertOnce } from "../../engine/graph/converted-cache.js";
import { loadEngine } from "../../engine/load-engine.js";
import { Runtime } from "../../engine/ort/runtime.js";
import type { ChatMessage } from "../../engine/tokenizer/tokenizer.js";
import { createLinearDecoder, type LinearDecoder } from "../fixtures/engine/linear-decoder.mjs";
import { realModelPath } from "../fixtures/real-model.js";
import { compareGoldens, type Golden } from "./llama-cpp/compare.mjs";

const MODEL = "qwen2.5-coder-0.5b-instruct";
/** Where llama.cpp's best token leads its second by less (in log probability), rounding may pick either. */
const TIE = 0.2;
/** Holds the longest prompt and what follows it. */
const CONTEXT_LENGTH = 1024;

interface OpenedLogits {
  decoder: LinearDecoder;
  close(): Promise<void>;
}

type Prompt = { name: string } & ({ messages: ChatMessage[] } | { text: string });

let modelPath: string;
let prompts: Prompt[];
let golden: { sha256: string; prompts: Golden[] };
let decoder: LinearDecoder;
let engine: Engine;
let closeLogits: (() => Promise<void>) | undefined;

async function readJson<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(new URL(`llama-cpp/${name}.json`, import.meta.url), "utf8")) as T;
}

/** Beside the engine, because the comparison needs the logits of every position. */
async function openLogits(path: string): Promise<OpenedLogits> {
  const checkpoint = await openGguf(path);
  try {
    const { config } = checkpoint;
    const converted = await convertOnce(checkpoint, { weights: "exact" });
    const runtime = new Runtime();
    const opened = await Decoder.load(runtime, { converted, config, threadCount: 2 });
    const linear = createLinearDecoder(opened, CONTEXT_LENGTH);
    const close = async (): Promise<void> => {
      linear.release();
      await opened.close();
      runtime.close();
    };
    return { decoder: linear, close };
  } finally {
    await checkpoint.close();
  }
}

async function greedyTokens(prompt: readonly number[], maxTokens: number): Promise<number[]> {
  const request = { prompt, maxTokens, format: { type: "text" }, sampling: { temperature: 0 } } as const;
  for await (const event of engine.generate(request)) {
    if (event.type === "finish") return event.result.tokens.map(({ id }) => id);
  }
  throw new Error("the engine gave no result");
}

/** Undefined where the two are equal. */
function firstDifference(ours: readonly number[], theirs: readonly number[]): number | undefined {
  const length = Math.max(ours.length, theirs.length);
  for (let index = 0; index < length; index++) if (ours[index] !== theirs[index]) return index;
  return undefined;
}

beforeAll(async () => {
  modelPath = await realModelPath(MODEL);
  prompts = await readJson<Prompt[]>("prompts");
  golden = await readJson(MODEL);
  ({ decoder, close: closeLogits } = await openLogits(modelPath));
  engine = await loadEngine(modelPath, { contextLength: CONTEXT_LENGTH, threadCount: 2 });
});

afterAll(async () => {
  await closeLogits?.();
  await engine?.close();
});

test("the goldens are of this file and of these prompts", async () => {
  expect(golden.sha256).toBe(await fileHash(modelPath));
  expect(golden.prompts.map(({ name }) => name)).toEqual(prompts.map(({ name }) => name));
});

test("prompt ids are those of llama.cpp, chat template included", () => {
  const { tokenizer } = engine;
  for (const [index, prompt] of prompts.entries()) {
    const ids = "messages" in prompt ? tokenizer.encodeChat(prompt.messages).tokens : tokenizer.encode(prompt.text);
    expect(ids, prompt.name).toEqual(golden.prompts[index].prompt);
  }
});

test("probabilities agree with llama.cpp's at every position", async () => {
  const agreement = await compareGoldens(decoder, golden.prompts);
  console.log("against llama.cpp, teacher-forced:", agreement);
  expect(agreement.positions).toBeGreaterThanOrEqual(500);
  expect(agreement.topAgreement).toBeGreaterThanOrEqual(0.975);
  expect(agreement.meanDifference).toBeLessThan(0.02);
}, 300_000);

test("greedy text is llama.cpp's, token by token, up to a near tie", async () => {
  const { endTokens } = engine.tokenizer;
  const diverged: string[] = [];
  for (const { name, prompt, next, margins } of golden.prompts) {
    const theirs = endTokens.includes(next[next.length - 1]) ? next.slice(0, -1) : next;
    const at = firstDifference(await greedyTokens(prompt, next.length), theirs);
    if (at === undefined) continue;
    diverged.push(`${name} at ${at}, margin ${margins[at]}`);
    expect(margins[at], `${name} at ${at}`).toBeLessThan(TIE);
  }
  console.log(`token-identical: ${golden.prompts.length - diverged.length} of ${golden.prompts.length}; not: ${diverged.join("; ")}`);
  expect(golden.prompts.length - diverged.length).toBeGreaterThanOrEqual(20);
}, 300_000);
