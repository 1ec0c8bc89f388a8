// Which blocks a sparse pass reads: what is read in any case, what is chosen from, and what the tokens point at.
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findEchoes } from "../../engine/forward/sparse/echoes.js";
import { planSparse } from "../../engine/forward/sparse/sparse-plan.js";

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
