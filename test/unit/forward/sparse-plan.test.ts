// Which blocks a sparse pass reads: what is read in any case, what is chosen from, and what the tokens point at.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DecoderConfig } from "../../../engine/checkpoint/checkpoint.js";
import { attentionFlops } from "../../../engine/forward/flops.js";
import { findEchoes } from "../../../engine/forward/sparse/echoes.js";
import { planLevels, planSparse } from "../../../engine/forward/sparse/sparse-plan.js";
import { layerShares, sharesOf } from "../../../engine/graph/attention/layer-shares.js";

const rows = (pastLength: number, count: number): { pastLength: number; tokens: number[] } => ({ pastLength, tokens: Array.from({ length: count }, () => 0) });
const blocks = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);

const find = (text: string, newCount: number): number[] => findEchoes((row) => text.charCodeAt(row), text.length, newCount);

describe("planSparse", () => {
  test("a quarter of 16 blocks is the first, the two newest and one that is chosen; the block that is being written comes besides", () => {
    const plan = planSparse(rows(1030, 1), { keep: 0.25, summarizedRows: 1024 });
    expect(plan).toEqual({ candidates: blocks(1, 14), chosenCount: 1, always: [0, 14, 15, 16], groups: [64] });
  });

  test("rows without summaries get them, whole groups from where they end", () => {
    expect(planSparse(rows(600, 40), { keep: 0.5, summarizedRows: 99 }).groups).toEqual(blocks(6, 40));
    expect(planSparse(rows(600, 40), { keep: 0.5, summarizedRows: 640 }).groups).toEqual(blocks(37, 40));
  });

  test("blocks that tokens point at take up to half of the choice, the likeliest first", () => {
    const echoes = [5 * 64 + 3, 5 * 64 + 9, 0, 9 * 64, 31 * 64, 7 * 64 + 63];
    const plan = planSparse({ ...rows(2048, 1), echoes }, { keep: 0.25, summarizedRows: 0 });
    expect(plan.always).toEqual([0, 30, 31, 5, 9, 32]);
    expect(plan.chosenCount).toBe(8 - 3 - 2);
    expect(plan.candidates).toEqual(blocks(1, 30).filter((block) => block !== 5 && block !== 9));
  });

  test("every block that a row sees is read or may be chosen, once, and at a full budget all are read", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 1, max: 130 }), fc.double({ min: 0.01, max: 1, noNaN: true }), fc.array(fc.nat(3000), { maxLength: 20 }),
        (pastLength, count, keep, echoes) => {
          const plan = planSparse({ ...rows(pastLength, count), echoes }, { keep, summarizedRows: 0 });
          expect([...plan.always, ...plan.candidates].toSorted((a, b) => a - b)).toEqual(blocks(0, Math.ceil((pastLength + count) / 64)));
          expect(plan.chosenCount).toBeLessThanOrEqual(plan.candidates.length);
          if (plan.candidates.length > 0) expect(plan.chosenCount).toBeGreaterThan(0);
          if (keep === 1) expect(plan.chosenCount).toBe(plan.candidates.length);
        },
      ),
    );
  });
});

describe("layers of a measured model", () => {
  const config = { layerCount: 24, hiddenSize: 896, headCount: 14, headSize: 64 } as DecoderConfig;
  const { levels, weights } = layerShares(config);
  const meanOf = (values: readonly number[]): number => levels.reduce((sum, level) => sum + values[level], 0) / levels.length;

  test("share out what all read together, none more than all of its blocks, and all of them at a full budget", () => {
    expect(weights.length).toBeGreaterThan(1);
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1, noNaN: true }), (keep) => {
        const shares = sharesOf({ levels, weights }, keep);
        expect(meanOf(shares)).toBeCloseTo(keep, 9);
        expect(Math.max(...shares)).toBeLessThanOrEqual(1);
        const ranked = [...weights.keys()].toSorted((a, b) => weights[a] - weights[b]).map((level) => shares[level]);
        expect(ranked).toEqual(ranked.toSorted((a, b) => a - b));
      }),
    );
    const all = planLevels(config, rows(8191, 1), { keep: 1, summarizedRows: 0 });
    for (const plan of all) expect(plan.chosenCount).toBe(plan.candidates.length);
  });

  test("read what the tokens point at on every level", () => {
    const plans = planLevels(config, { ...rows(8191, 1), echoes: [50 * 64] }, { keep: 0.3, summarizedRows: 0 });
    expect(plans.map(({ always }) => always.includes(50))).toEqual(weights.map(() => true));
  });

  test("take as many operations as their blocks and comparisons, level by level", () => {
    const plans = planLevels(config, rows(8191, 1), { keep: 0.25, summarizedRows: 0 });
    const read = meanOf(plans.map(({ chosenCount, always }) => chosenCount + always.length));
    expect(read / 128).toBeCloseTo(0.25, 2);
    // Twice a multiply-add: keys and values of the blocks, and four means of each of the 126 blocks up to the last candidate.
    const expected = 2 * 24 * 14 * 64 * (2 * read * 64 + 4 * 126);
    expect(attentionFlops(config, { ...rows(8191, 1), keep: 0.25 }).computed).toBeCloseTo(expected, 0);
  });
});

describe("findEchoes", () => {
  test("one row: what follows the same two tokens, then the same one, the newest first", () => {
    //     0123456789012
    expect(find("xabyabzbwab", 1)).toEqual([6, 3, 8]);
    expect(find("abcdefg", 1)).toEqual([]);
  });

  test("many rows: the newest place of two tokens for each, and none within the new rows", () => {
    expect(find("abcabcab", 2)).toEqual([5, 4]);
    expect(find("abcdabcd__cdab", 4)).toEqual([6, 5, 8]);
  });
});
