// The same passes on the CPU and on a device: WebGPU, on a GPU in software where it is to be had; and half floats on the CPU.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { TensorType } from "../../engine/checkpoint/checkpoint.js";
import type { Pass, SlotPass } from "../../engine/forward/pass.js";
import { splitPass } from "../../engine/forward/split-pass.js";
import { loadEngine, type Engine, type LoadEngineOptions } from "../../engine/index.js";
import { listGpuAdapters } from "../../engine/ort/gpu-adapters.js";
import { OrtApi } from "../../engine/ort/api.js";
import { findLibrary } from "../../engine/ort/library.js";
import { Runtime } from "../../engine/ort/runtime.js";
import { ask, requestOf } from "../fixtures/engine/ask.js";
import { largestDifference, relativeError } from "../fixtures/engine/compare-logits.js";
import { forward, logitRows, openDecoder, type OpenDecoderOptions, type OpenedDecoder } from "../fixtures/engine/open-decoder.js";
import { temporaryFolder } from "../fixtures/engine/temporary-folder.js";
import { writeTinyModel, type TinyModelOptions } from "../fixtures/engine/tiny-model.js";
import { useSoftwareGpu } from "../fixtures/device/software-gpu.js";

/** Of logits between -16 and 16; sums run in another order. Measured 3e-5. */
const TOLERANCE = 2e-4;
/** Of the logits' own spread. Keys, values and scores of 11 bits: measured 0.1 %. */
const HALF_TOLERANCE = 0.005;
/** Of the logits' own spread: blocks are exact, but for offsets in 8 bits. Measured 7e-7 and 0.5 %. */
const QUANTIZED = { Q4_1: 0.02, Q8_0: 1e-5 } satisfies Partial<Record<TensorType, number>>;
const tokens = Array.from({ length: 40 }, (_, i) => (i * 37 + 11) % 250);
const home = await temporaryFolder();

/** Held open, so that what a device compiled serves all tests. */
let device: Runtime;
beforeAll(async () => {
  await useSoftwareGpu();
  device = await Runtime.open("webgpu");
});
afterAll(() => device.close());

async function withDecoder<Result>(model: TinyModelOptions, options: Partial<OpenDecoderOptions>, use: (opened: OpenedDecoder) => Promise<Result>): Promise<Result> {
  const opened = await openDecoder(await writeTinyModel(home, model), { home, ...options });
  try {
    return await use(opened);
  } finally {
    await opened.close();
  }
}

const positions = (start: number, count: number): number[] => Array.from({ length: count }, (_, i) => start + i);

/** Prefill, decode, branches of a tree, taking rows back, and passes of several slots with and without trees. */
async function everyKindOfPass({ decoder, buffer }: OpenedDecoder): Promise<number[][]> {
  const width = decoder.config.vocabularySize;
  const rows: number[][] = [];
  const run = async (pass: Pass): Promise<void> => void rows.push(...logitRows(await decoder.run(pass), width));
  const first = buffer(64);
  rows.push(...(await forward(decoder, buffer(64), 0, tokens)));
  rows.push(...(await forward(decoder, first, 0, tokens.slice(0, 20))));
  rows.push(...(await forward(decoder, first, 20, [tokens[20]])));
  const prompt = { start: 0, end: 20 };
  const branches: SlotPass = {
    buffer: first, pastLength: 21, tokens: [7, 8, 9], positions: [20, 21, 20],
    visible: [[prompt, { start: 21, end: 22 }], [prompt, { start: 21, end: 23 }], [prompt, { start: 23, end: 24 }]],
  };
  await run({ slots: [branches], wanted: [0, 1, 2] });
  rows.push(...(await forward(decoder, first, 12, tokens.slice(30, 34))));
  const slots = [5, 1, 9].map((count, slot): SlotPass => {
    const kept = slot === 0 ? { buffer: first, pastLength: 16 } : { buffer: buffer(32 + slot), pastLength: 0 };
    return { ...kept, tokens: tokens.slice(slot, slot + count), positions: positions(kept.pastLength, count) };
  });
  await run({ slots, wanted: [4, 5, 0, 14] });
  const tree: SlotPass = {
    buffer: slots[2].buffer, pastLength: 9, tokens: [3, 4], positions: [9, 9],
    visible: [[{ start: 0, end: 10 }], [{ start: 0, end: 9 }, { start: 10, end: 11 }]],
  };
  const plain: SlotPass = { buffer: slots[1].buffer, pastLength: 1, tokens: [5, 6], positions: [1, 2] };
  await run({ slots: [tree, plain], wanted: [0, 1, 2, 3] });
  return rows;
}

const best = (row: readonly number[]): number => row.indexOf(Math.max(...row));

describe.each(["qwen2", "llama"] as const)("%s", (architecture) => {
  test("WebGPU: logits and likeliest tokens of every kind of pass are the CPU's", async () => {
    const model = { architecture, seed: 31 };
    const expected = await withDecoder(model, {}, everyKindOfPass);
    const found = await withDecoder(model, { device: "webgpu" }, async (opened) => {
      expect(opened.buffer(64).isHostVisible).toBe(false);
      return everyKindOfPass(opened);
    });
    expect(largestDifference(found, expected)).toBeLessThan(TOLERANCE);
    expect(found.map(best)).toEqual(expected.map(best));
  });

  test("half floats: keys, values and scores of every kind of pass lose no more than their last bits", async () => {
    const model = { architecture, seed: 32 };
    const expected = await withDecoder(model, {}, everyKindOfPass);
    const found = await withDecoder(model, { precision: "f16" }, everyKindOfPass);
    const error = relativeError(found, expected);
    expect(error).toBeLessThan(HALF_TOLERANCE);
    expect(error).toBeGreaterThan(0);
  });
});

test.each(Object.entries(QUANTIZED))("WebGPU, %s: the logits are the reference's", async (type, tolerance) => {
  await withDecoder({ type: type as TensorType, seed: 7 }, { device: "webgpu" }, async (opened) => {
    const found = await forward(opened.decoder, opened.buffer(64), 0, tokens);
    expect(relativeError(found, opened.reference.forward(tokens))).toBeLessThan(tolerance);
  });
});

test("a pass cut into parts of few rows gives the logits of the whole", async () => {
  await withDecoder({ seed: 33 }, {}, async ({ decoder, buffer }) => {
    const slots = (): SlotPass[] => [11, 2, 7].map((count, slot) => ({ buffer: buffer(64), pastLength: 0, tokens: tokens.slice(slot, slot + count), positions: positions(0, count) }));
    const wanted = [19, 0, 10, 11, 12, 5];
    const width = decoder.config.vocabularySize;
    const whole = logitRows(await decoder.run({ slots: slots(), wanted }), width);
    const found: number[][] = [];
    const parts = splitPass({ slots: slots(), wanted }, 4);
    expect(parts.map(({ pass }) => pass.slots.map((slot) => slot.tokens.length))).toEqual([[4, 2, 4], [4, 3], [3]]);
    for (const { pass, places } of parts) {
      const rows = logitRows(await decoder.run(pass), width);
      for (const [row, place] of places.entries()) found[place] = rows[row];
    }
    expect(largestDifference(found, whole)).toBeLessThan(2e-5);
  });
});

const load = async (options: LoadEngineOptions): Promise<Engine> =>
  loadEngine(await writeTinyModel(home, { seed: 34 }), { home, threadCount: 1, ...options });

describe("an engine", () => {
  test("on WebGPU gives the CPU's greedy replies, to requests at the same time and one after another", async () => {
    const answers = async (engine: Engine) => {
      expect(engine.device).toBe(engine === onCpu ? "cpu" : "webgpu");
      const prompts = [tokens, tokens.slice(0, 20), tokens.toReversed()];
      const together = await Promise.all(prompts.map((prompt) => ask(engine, requestOf(prompt))));
      const again = await ask(engine, requestOf(tokens));
      const json = { type: "json" as const, schema: { type: "object", properties: { a: { enum: ["yes", "no"] } }, required: ["a"], additionalProperties: false } };
      const record = await ask(engine, requestOf(tokens, { format: json }));
      return [...together, again, record].map(({ result }) => result.text);
    };
    await using onCpu = await load({});
    await using onDevice = await load({ device: "webgpu" });
    expect(await answers(onDevice)).toEqual(await answers(onCpu));
  });

  test("on the first device that works is none on a GPU in software", async () => {
    await using engine = await load({ device: "auto" });
    const hasGpu = process.platform === "darwin" || listGpuAdapters().some(({ isSoftware }) => !isSoftware);
    expect(engine.device === "cpu").toBe(!hasGpu);
  });

  test("does not fall back from what was asked for", async () => {
    await expect(load({ device: "tpu" as "cpu" })).rejects.toThrow(RangeError);
    await expect(load({ device: "webgpu", attention: "sparse" })).rejects.toMatchObject({ code: "RUNTIME_FAILED", hint: expect.stringContaining("dense") });
    await expect(load({ device: "webgpu", kvCache: "int8" })).rejects.toMatchObject({ code: "RUNTIME_FAILED", hint: expect.stringContaining("exact") });
    if (existsSync(join(dirname(findLibrary()), "libonnxruntime_providers_cuda.so"))) return;
    await expect(load({ device: "cuda" })).rejects.toMatchObject({ code: "RUNTIME_FAILED", hint: expect.stringContaining("onnxruntime-node") });
  });
});

test("a buffer's memory goes when it is released, though a graph was bound to it", async () => {
  await withDecoder({ seed: 5 }, { device: "webgpu" }, async ({ decoder, buffer }) => {
    const released = vi.spyOn(OrtApi.prototype, "release");
    const first = decoder.createBuffer(64);
    const expected = await forward(decoder, first, 0, tokens);
    released.mockClear();
    first.release();
    expect(released.mock.calls.filter(([name]) => name === "ReleaseIoBinding")).toHaveLength(1);
    released.mockRestore();
    // Bound anew.
    expect(largestDifference(await forward(decoder, buffer(64), 0, tokens), expected)).toBeLessThan(TOLERANCE);
  });
});
