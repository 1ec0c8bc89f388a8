// The ONNX graph on ONNX Runtime against a plain decoder in f64, for both architectures and every tensor type.
import { describe, expect, test } from "vitest";
import type { Architecture, TensorType } from "../../engine/checkpoint/checkpoint.js";
import { largestDifference, relativeError } from "../fixtures/engine/compare-logits.js";
import { decoderUser, forward, openDecoder, type OpenedDecoder } from "../fixtures/engine/open-decoder.js";
import { temporaryFolder } from "../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../fixtures/engine/tiny-model.js";

const PLAIN = ["F32", "F16", "BF16"] as const;
/** Measured 2 to 3 % where blocks have no minimum, up to 10 % where their (random) minima cancel against their scales. */
const TOLERANCES = {
  Q4_0: 0.04, Q4_1: 0.04, Q5_0: 0.04, Q5_1: 0.04, Q8_0: 0.04, Q4_K: 0.15, Q5_K: 0.1, Q6_K: 0.04,
} satisfies Partial<Record<TensorType, number>>;
const ARCHITECTURES: Architecture[] = ["qwen2", "llama"];
const tokens = Array.from({ length: 40 }, (_, i) => (i * 37 + 11) % 250);

const home = await temporaryFolder();

const withDecoder = decoderUser(home);

/** The logits after each token, computed in chunks of the given lengths. */
async function logitsInChunks({ decoder, buffer }: OpenedDecoder, lengths: readonly number[]): Promise<number[][]> {
  const cache = buffer();
  const rows: number[][] = [];
  for (const length of lengths) rows.push(...(await forward(decoder, cache, rows.length, tokens.slice(rows.length, rows.length + length))));
  return rows;
}

const best = (row: readonly number[]): number => row.indexOf(Math.max(...row));

describe.each(ARCHITECTURES)("%s", (architecture) => {
  test.each(PLAIN)("%s: the logits after every token are the reference's", async (type) => {
    await withDecoder({ architecture, type, seed: 7 }, async (opened) => {
      const expected = opened.reference.forward(tokens);
      const found = await logitsInChunks(opened, [tokens.length]);
      expect(largestDifference(found, expected)).toBeLessThan(1e-4);
      expect(found.map(best)).toEqual(expected.map(best));
    });
  });

  test.each(Object.entries(TOLERANCES))("%s: they are, but for activations in 8 bits", async (type, tolerance) => {
    await withDecoder({ architecture, type: type as TensorType, seed: 7 }, async (opened) => {
      const expected = opened.reference.forward(tokens);
      const found = await logitsInChunks(opened, [tokens.length]);
      expect(relativeError(found, expected)).toBeLessThan(tolerance);
      const agreeing = found.filter((row, i) => best(row) === best(expected[i]));
      expect(agreeing.length).toBeGreaterThanOrEqual(0.9 * tokens.length);
    });
  });

  test.each(["F32", "Q8_0", "Q4_K"] as const)("%s: a prompt in one pass, token by token and in chunks", async (type) => {
    await withDecoder({ architecture, type, seed: 3 }, async (opened) => {
      const whole = await logitsInChunks(opened, [tokens.length]);
      const single = await logitsInChunks(opened, tokens.map(() => 1));
      const chunks = await logitsInChunks(opened, [1, 16, 7, 2, 14]);
      // Sums run in another order, which 8 bits of activation can turn into another quant here and there.
      const tolerance = type === "F32" ? 1e-5 : 0.02;
      expect(relativeError(single, whole)).toBeLessThan(tolerance);
      expect(relativeError(chunks, whole)).toBeLessThan(tolerance);
    });
  });

  test("rows that are written again are as if the first had never been", async () => {
    await withDecoder({ architecture, seed: 4 }, async ({ decoder, buffer }) => {
      const cache = buffer();
      const fresh = await forward(decoder, cache, 0, tokens.slice(0, 20));
      await forward(decoder, cache, 20, [1, 2, 3, 4, 5, 6, 7]);
      const again = await forward(decoder, cache, 12, tokens.slice(12, 20));
      expect(largestDifference(again, fresh.slice(12))).toBeLessThan(1e-5);
    });
  });

  test("wanted rows come in the order they are asked for", async () => {
    await withDecoder({ architecture, seed: 5, paddingRows: 3 }, async (opened) => {
      const all = await logitsInChunks(opened, [tokens.length]);
      const { decoder } = opened;
      const positions = tokens.map((_, index) => index);
      for (const wanted of [[39], [3, 1, 2], [39, 0, 39, 17]]) {
        const logits = await decoder.run({ slots: [{ buffer: opened.buffer(), pastLength: 0, tokens, positions }], wanted });
        expect(logits.length).toBe(wanted.length * decoder.config.vocabularySize);
        expect(largestDifference([[...logits]], [wanted.flatMap((row) => all[row])])).toBeLessThan(1e-5);
      }
    });
  });
});

// Rows of 64, 192 and 256 weights: below, beside and on a multiple of the blocks of 128.
test.each([64, 192, 256])("fast: 4 bits keep most of the logits' shape (%i columns)", async (hiddenSize) => {
  const path = await writeTinyModel(home, { type: "Q8_0", hiddenSize, seed: hiddenSize });
  const opened = await openDecoder(path, { home, weights: "fast" });
  const expected = opened.reference.forward(tokens);
  const error = relativeError(await logitsInChunks(opened, [tokens.length]), expected);
  expect(error).toBeLessThan(0.6);
  expect(error).toBeGreaterThan(0.05);
  await opened.close();
});
