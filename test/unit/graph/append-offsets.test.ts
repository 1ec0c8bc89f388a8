// Offsets of blocks as further columns: the product with an activation and its blocks' sums is that of the whole matrix.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { appendOffsets, sumColumns } from "../../../engine/graph/blocks/append-offsets.js";
import { dequantizeRow, type QuantizedWeight } from "../../../engine/graph/blocks/quantized-weight.js";
import { createRandom } from "../../../engine/sampler/random.js";

const BLOCK = 32;

function randomWeight(bits: 4 | 8, rows: number, blocks: number, seed: number): QuantizedWeight & { offsets: Float32Array } {
  const random = createRandom(seed);
  const columns = blocks * BLOCK;
  return {
    rows, columns, bits, blockSize: BLOCK,
    quants: Uint8Array.from({ length: (rows * columns * bits) / 8 }, () => random() * 256),
    scales: Float32Array.from({ length: rows * blocks }, () => random() / 10),
    offsets: Float32Array.from({ length: rows * blocks }, () => (random() < 0.2 ? 0 : random() * 4 - 2)),
  };
}

test("every row is its own, followed by its offsets to within a two-hundredth of their block's largest", () => {
  fc.assert(
    fc.property(fc.constantFrom<4 | 8>(4, 8), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 70 }), fc.nat(), (bits, rows, blocks, seed) => {
      const original = randomWeight(bits, rows, blocks, seed);
      const { weight, sums } = appendOffsets(original);
      const width = sumColumns(original.columns, BLOCK);
      expect(sums).toEqual({ columns: original.columns, copies: bits === 4 ? 2 : 1 });
      expect(weight.columns).toBe(original.columns + sums.copies * width);
      for (let row = 0; row < rows; row++) {
        const values = dequantizeRow(weight, row, new Float32Array(weight.columns));
        const plain = dequantizeRow({ ...original, offsets: undefined }, row, new Float32Array(original.columns));
        expect(values.subarray(0, original.columns)).toEqual(plain);
        const offsets = original.offsets.subarray(row * blocks, (row + 1) * blocks);
        for (let block = 0; block < width; block++) {
          let found = 0;
          for (let copy = 0; copy < sums.copies; copy++) found += values[original.columns + copy * width + block];
          const start = block - (block % BLOCK);
          const largest = Math.max(...offsets.subarray(start, start + BLOCK).map(Math.abs));
          expect(Math.abs(found - (offsets[block] ?? 0))).toBeLessThanOrEqual(block < blocks ? largest / 200 : 0);
        }
      }
    }),
    { numRuns: 60 },
  );
});
