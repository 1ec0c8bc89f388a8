// Blocks of 16 joined to blocks of 32: what may be lost, and what not.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pairBlocks } from "../../../engine/graph/blocks/pair-blocks.js";
import { dequantizeRow, type QuantizedWeight } from "../../../engine/graph/blocks/quantized-weight.js";

const COLUMNS = 64;

/** 6-bit quants around 128, and a scale for each 16 of them. */
function sixBits(quants: readonly number[], scales: readonly number[]): QuantizedWeight {
  return {
    rows: 1, columns: COLUMNS, bits: 8, blockSize: 16,
    quants: Uint8Array.from(quants, (quant) => quant + 128),
    scales: Float32Array.from(scales),
  };
}

const quants = fc.array(fc.integer({ min: -32, max: 31 }), { minLength: COLUMNS, maxLength: COLUMNS });
const scales = fc.array(fc.integer({ min: -128, max: 127 }), { minLength: 4, maxLength: 4 });
const row = (weight: QuantizedWeight): Float32Array => dequantizeRow(weight, 0, new Float32Array(COLUMNS));
const largest = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe("pairs of blocks", () => {
  test("lose at most half of a step of 8 bits, and keep at least one half of comparable ones exactly", () => {
    fc.assert(
      fc.property(quants, scales, (q, s) => {
        const before = row(sixBits(q, s));
        const paired = pairBlocks(sixBits(q, s));
        const after = row(paired);
        for (let start = 0; start < COLUMNS; start += 32) {
          const pair = before.subarray(start, start + 32);
          const errors = after.map((value, i) => value - before[i]).subarray(start, start + 32);
          // A whole fraction of a scale of n parts is up to (n + 1) / n of the finest step; n is 1 or more.
          expect(largest(errors)).toBeLessThanOrEqual((largest(pair) / 127) * (1 + 1e-5));
          const [first, second] = [s[start / 16], s[start / 16 + 1]].map(Math.abs);
          if (first === 0 || second === 0 || Math.max(first, second) > 2 * Math.min(first, second)) continue;
          const halves = [errors.subarray(0, 16), errors.subarray(16)];
          expect(Math.min(...halves.map(largest))).toBeLessThanOrEqual(1e-5 * largest(pair));
        }
      }),
      { numRuns: 500 },
    );
  });

  test("take weights whose scales are whole multiples over exactly", () => {
    const q = Array.from({ length: COLUMNS }, (_, i) => (i % 16) * 4 - 32);
    const weight = sixBits(q, [0.5, 0.25, -0.75, 0.75]);
    expect(row(pairBlocks(weight))).toEqual(row(weight));
  });

  test("of zeros are zeros", () => {
    expect(row(pairBlocks(sixBits(Array.from({ length: COLUMNS }, () => 0), [0, 1, 0, 0])))).toEqual(new Float32Array(COLUMNS));
  });
});
