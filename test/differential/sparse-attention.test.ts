// Attention to chosen blocks: at a full budget against dense passes, below it against fresh buffers.
import { describe, expect, test } from "vitest";
import type { KvBuffer } from "../../engine/cache/kv-buffer.js";
import type { Architecture } from "../../engine/checkpoint/checkpoint.js";
import type { RowRange, SlotPass } from "../../engine/forward/pass.js";
import { largestDifference } from "../fixtures/engine/compare-logits.js";
import { decoderUser, logitRows, type OpenedDecoder } from "../fixtures/engine/open-decoder.js";
import { temporaryFolder } from "../fixtures/engine/temporary-folder.js";

const ARCHITECTURES: Architecture[] = ["qwen2", "llama"];
const CONTEXT_LENGTH = 1024;
/** Sums run in another order. */
const TOLERANCE = 1e-4;
const home = await temporaryFolder();

const openTiny = decoderUser(home);
const withDecoder = (architecture: Architecture, use: (opened: OpenedDecoder) => Promise<void>): Promise<void> =>
  openTiny({ architecture, seed: 31, contextLength: CONTEXT_LENGTH }, use);

const someTokens = (length: number, seed = 1): number[] => Array.from({ length }, (_, i) => (i * i * 7 + i * 37 + seed * 101) % 250);
const indices = (length: number, start = 0): number[] => Array.from({ length }, (_, i) => start + i);

interface Rows {
  buffer: KvBuffer;
  pastLength: number;
  tokens: readonly number[];
  keep?: number;
  positions?: readonly number[];
  visible?: readonly (readonly RowRange[])[];
}

const slotOf = ({ buffer, pastLength, tokens, keep, positions, visible }: Rows): SlotPass => ({
  buffer, pastLength, tokens, positions: positions ?? indices(tokens.length, pastLength), visible, keep,
});

/** The logits of all new rows. [rows][vocabulary] */
async function compute({ decoder }: OpenedDecoder, ...slots: Rows[]): Promise<number[][]> {
  const rowCount = slots.reduce((sum, { tokens }) => sum + tokens.length, 0);
  const logits = await decoder.run({ slots: slots.map(slotOf), wanted: indices(rowCount) });
  return logitRows(logits, decoder.config.vocabularySize);
}

async function prefill(opened: OpenedDecoder, buffer: KvBuffer, tokens: readonly number[], keep?: number): Promise<number[][]> {
  const rows: number[][] = [];
  for (let pastLength = 0; pastLength < tokens.length; pastLength += 128) {
    rows.push(...(await compute(opened, { buffer, pastLength, tokens: tokens.slice(pastLength, pastLength + 128), keep })));
  }
  return rows;
}

describe.each(ARCHITECTURES)("%s", (architecture) => {
  test("at a full budget a prompt and the rows after it are those of dense passes", async () => {
    await withDecoder(architecture, async (opened) => {
      const tokens = someTokens(700);
      const [dense, sparse] = [opened.buffer(), opened.buffer()];
      expect(largestDifference(await prefill(opened, sparse, tokens, 1), await prefill(opened, dense, tokens))).toBeLessThan(TOLERANCE);
      for (let pastLength = 700; pastLength < 710; pastLength++) {
        const next = { pastLength, tokens: [pastLength % 250] };
        const found = await compute(opened, { buffer: sparse, keep: 1, ...next });
        expect(largestDifference(found, await compute(opened, { buffer: dense, ...next }))).toBeLessThan(TOLERANCE);
      }
    });
  });

  test("at a full budget branches are those of dense passes, gaps between what they see included", async () => {
    await withDecoder(architecture, async (opened) => {
      const [dense, sparse] = [opened.buffer(), opened.buffer()];
      await prefill(opened, dense, someTokens(500));
      await prefill(opened, sparse, someTokens(500), 1);
      // Two branches of 100 rows, then a row below each; the first also does without some rows in the middle.
      const rows = [
        ...indices(100).map((row) => [{ start: 0, end: 500 + row + 1 }]),
        ...indices(100).map((row) => [{ start: 0, end: 500 }, { start: 600, end: 600 + row + 1 }]),
        [{ start: 0, end: 130 }, { start: 210, end: 500 }, { start: 500, end: 600 }, { start: 700, end: 701 }],
        [{ start: 0, end: 500 }, { start: 600, end: 700 }, { start: 701, end: 702 }],
      ];
      const positions = [...indices(100, 500), ...indices(100, 500), 600, 600];
      for (const [from, to] of [[0, 120], [120, 200], [200, 202]]) {
        const tree = { pastLength: 500 + from, tokens: someTokens(to - from, 3), positions: positions.slice(from, to), visible: rows.slice(from, to) };
        const found = await compute(opened, { buffer: sparse, keep: 1, ...tree });
        expect(largestDifference(found, await compute(opened, { buffer: dense, ...tree }))).toBeLessThan(TOLERANCE);
      }
    });
  });

  test("slots that read all, and some too short to choose from, go with one that chooses", async () => {
    await withDecoder(architecture, async (opened) => {
      const buffers = indices(3).map(() => opened.buffer());
      const alone = indices(3).map(() => opened.buffer());
      const lengths = [600, 300, 70];
      for (const buffer of [buffers, alone]) for (const [i, length] of lengths.entries()) await prefill(opened, buffer[i], someTokens(length, i));
      const next = lengths.map((pastLength, i) => ({ pastLength, tokens: someTokens(2 * i + 1, 9), ...(i === 0 && { keep: 0.3 }) }));
      const together = await compute(opened, ...next.map((rows, i) => ({ buffer: buffers[i], ...rows })));
      const single: number[][] = [];
      for (const [i, rows] of next.entries()) single.push(...(await compute(opened, { buffer: alone[i], ...rows })));
      expect(largestDifference(together, single)).toBeLessThan(TOLERANCE);
    });
  });
});

/** The logits of rows that read a quarter of what comes before them. */
const choose = (opened: OpenedDecoder, buffer: KvBuffer, pastLength: number): Promise<number[][]> =>
  compute(opened, { buffer, pastLength, tokens: someTokens(3, 8), keep: 0.25 });

async function fresh(opened: OpenedDecoder, tokens: readonly number[]): Promise<number[][]> {
  const buffer = opened.buffer();
  await prefill(opened, buffer, tokens);
  return choose(opened, buffer, tokens.length);
}

describe("at a quarter of the blocks", () => {
  test("less than all is read", async () => {
    await withDecoder("qwen2", async (opened) => {
      const buffer = opened.buffer();
      await prefill(opened, buffer, someTokens(800));
      const some = await choose(opened, buffer, 800);
      const all = await compute(opened, { buffer, pastLength: 800, tokens: someTokens(3, 8) });
      const difference = largestDifference(some, all);
      expect(difference).toBeGreaterThan(100 * TOLERANCE);
    });
  });

  test("after rows were taken back and written anew, passes of either kind choose as in a fresh buffer", async () => {
    await withDecoder("qwen2", async (opened) => {
      const tokens = [...someTokens(333), ...someTokens(400, 5)];
      const expected = await fresh(opened, tokens);
      for (const keep of [undefined, 1]) {
        const buffer = opened.buffer();
        await prefill(opened, buffer, someTokens(760), 1);
        for (let pastLength = 333; pastLength < tokens.length; pastLength += 100) {
          await compute(opened, { buffer, pastLength, tokens: tokens.slice(pastLength, pastLength + 100), keep });
        }
        expect(largestDifference(await choose(opened, buffer, tokens.length), expected)).toBeLessThan(TOLERANCE);
      }
    });
  });

  test("rows moved over a gap and rows of another buffer are chosen as in a fresh buffer", async () => {
    await withDecoder("qwen2", async (opened) => {
      const tokens = [...someTokens(250), ...someTokens(450, 6)];
      const expected = await fresh(opened, tokens);
      const buffer = opened.buffer();
      await prefill(opened, buffer, tokens.slice(0, 250), 1);
      // 90 rows that the later ones do not see.
      const gap = { start: 250, end: 340 };
      await compute(opened, { buffer, pastLength: 250, tokens: someTokens(90, 7), keep: 1 });
      for (let done = 250; done < tokens.length; done += 90) {
        const added = tokens.slice(done, done + 90);
        const visible = added.map((_, row) => [{ start: 0, end: gap.start }, { start: gap.end, end: 90 + done + row + 1 }]);
        await compute(opened, { buffer, pastLength: 90 + done, tokens: added, positions: indices(added.length, done), visible, keep: 1 });
      }
      buffer.moveRows(gap.end, gap.start, tokens.length - gap.start);
      expect(largestDifference(await choose(opened, buffer, tokens.length), expected)).toBeLessThan(TOLERANCE);

      const other = opened.buffer();
      await prefill(opened, other, someTokens(640, 2), 1);
      other.copyRows(buffer, tokens.length);
      expect(largestDifference(await choose(opened, other, tokens.length), expected)).toBeLessThan(TOLERANCE);
    });
  });
});

test.each([0, -0.5, 1.5, Number.NaN])("no share of %d is read", async (keep) => {
  await withDecoder("qwen2", async (opened) => {
    await expect(compute(opened, { buffer: opened.buffer(), pastLength: 0, tokens: [1], keep })).rejects.toThrow(RangeError);
  });
});

test("blocks do not fill a buffer of another size", async () => {
  await withDecoder("qwen2", async (opened) => {
    await expect(compute(opened, { buffer: opened.buffer(100), pastLength: 0, tokens: [1], keep: 1 })).rejects.toThrow("100");
  });
});
