// Our reading of every tensor type against the Python package gguf (see fixtures/engine/make-dequantize.py).
import { describe, expect, test } from "vitest";
import type { Checkpoint, TensorType } from "../../engine/checkpoint/checkpoint.js";
import { dequantizeRow } from "../../engine/graph/blocks/quantized-weight.js";
import { TensorReader } from "../../engine/graph/blocks/tensor-reader.js";
import cases from "../fixtures/engine/dequantize.json" with { type: "json" };

/** Of these the reference rounds to f32 where we do: equal in every bit, but for the sign of a zero. */
const EXACT: readonly string[] = ["Q4_0", "Q5_0", "Q8_0", "Q6_K", "F16", "BF16"];

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(Buffer.from(base64, "base64"));

async function dequantize(testCase: (typeof cases)[number]): Promise<Float32Array> {
  const { rows, columns } = testCase;
  const bytes = bytesOf(testCase.blocks);
  const info = { name: "w", type: testCase.type as TensorType, shape: [rows, columns], sizeBytes: bytes.length };
  const checkpoint = { tensors: new Map([["w", info]]), readTensor: () => Promise.resolve(bytes) } as Partial<Checkpoint>;
  const read = await new TensorReader(checkpoint as Checkpoint).readWeight("w");
  if (read.kind === "plain") return read.values;
  const values = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) dequantizeRow(read.weight, row, values.subarray(row * columns, (row + 1) * columns));
  return values;
}

describe("weights of a block are the reference's", () => {
  test.each(cases.filter(({ type }) => EXACT.includes(type)))("$type, exactly", async (testCase) => {
    const values = await dequantize(testCase);
    const expected = new Float32Array(bytesOf(testCase.values).buffer);
    expect(values.length).toBe(expected.length);
    expect(values.findIndex((value, i) => value !== expected[i])).toBe(-1);
  });

  // The reference computes d * q + m, each step rounded to f32. We centre the quants, keep the offset (8 d + m or
  // 16 d + m) in f32 and round the sum once: the same but for f32 rounding of the largest of these terms.
  test.each(cases.filter(({ type }) => !EXACT.includes(type)))("$type, within f32 rounding", async (testCase) => {
    const values = await dequantize(testCase);
    const expected = new Float32Array(bytesOf(testCase.values).buffer);
    const blockSize = 32;
    for (let block = 0; block < values.length; block += blockSize) {
      const largest = Math.max(...expected.subarray(block, block + blockSize).map(Math.abs));
      for (let i = block; i < block + blockSize; i++) {
        expect(Math.abs(values[i] - expected[i]), `weight ${i}`).toBeLessThanOrEqual(3 * 2 ** -24 * largest);
      }
    }
  });

  test("every type is there", () => {
    expect(cases.map(({ type }) => type)).toEqual([
      "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K", "F16", "BF16",
    ]);
  });
});
