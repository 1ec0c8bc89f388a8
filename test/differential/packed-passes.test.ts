// Passes over trees and over several slots against one sequence computed by itself.
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { Architecture } from "../../engine/checkpoint/checkpoint.js";
import { OpenGraph } from "../../engine/forward/open-graph.js";
import type { Pass, RowRange, SlotPass } from "../../engine/forward/pass.js";
import { decoderUser, forward, logitRows, openDecoder, type OpenedDecoder } from "../fixtures/engine/open-decoder.js";
import { temporaryFolder } from "../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../fixtures/engine/tiny-model.js";

const ARCHITECTURES: Architecture[] = ["qwen2", "llama"];
/** Sums may run in another order. */
const TOLERANCE = 2e-5;
const home = await temporaryFolder();

const withDecoder = decoderUser(home);

const someTokens = (length: number, seed: number): number[] => Array.from({ length }, (_, i) => (i * 37 + seed * 101 + 11) % 250);
const indices = (length: number, start = 0): number[] => Array.from({ length }, (_, i) => start + i);

function expectClose(found: readonly (readonly number[])[], expected: readonly (readonly number[])[]): void {
  expect(found).toHaveLength(expected.length);
  const differences = found.map((row, i) => Math.max(...row.map((value, j) => Math.abs(value - expected[i][j]))));
  expect(Math.max(...differences)).toBeLessThan(TOLERANCE);
}

/** Adds rows to a tree, each below one that is there already (-1: a root), and gives back their logits. */
class Tree {
  readonly parents: number[] = [];
  readonly tokens: number[] = [];
  readonly #opened: OpenedDecoder;
  readonly #buffer;

  constructor(opened: OpenedDecoder) {
    this.#opened = opened;
    this.#buffer = opened.buffer();
  }

  async append(rows: readonly { token: number; parent: number }[]): Promise<number[][]> {
    const pastLength = this.tokens.length;
    for (const { token, parent } of rows) {
      this.tokens.push(token);
      this.parents.push(parent);
    }
    const { decoder } = this.#opened;
    const added = indices(rows.length, pastLength);
    const slot: SlotPass = {
      buffer: this.#buffer, pastLength, tokens: rows.map(({ token }) => token),
      positions: added.map((row) => this.path(row).length - 1),
      visible: added.map((row) => rangesOf(this.path(row))),
    };
    return logitRows(await decoder.run({ slots: [slot], wanted: indices(rows.length) }), decoder.config.vocabularySize);
  }

  /** From the root to the row. */
  path(row: number): number[] {
    const path: number[] = [];
    for (let at = row; at >= 0; at = this.parents[at]) path.unshift(at);
    return path;
  }
}

function rangesOf(rows: readonly number[]): RowRange[] {
  const ranges: RowRange[] = [];
  for (const row of rows) {
    const last = ranges.at(-1);
    if (last?.end === row) last.end++;
    else ranges.push({ start: row, end: row + 1 });
  }
  return ranges;
}

describe.each(ARCHITECTURES)("%s", (architecture) => {
  test("rows of a tree are those of the sequences from its root", async () => {
    await withDecoder({ architecture, seed: 21 }, async (opened) => {
      const tree = new Tree(opened);
      const found: number[][] = [];
      const prompt = someTokens(6, 1);
      found.push(...(await tree.append(prompt.map((token, i) => ({ token, parent: i - 1 })))));
      // Two branches side by side, each extended, one forked, another root, and a branch from within the prompt.
      found.push(...(await tree.append([{ token: 40, parent: 5 }, { token: 41, parent: 5 }, { token: 42, parent: 7 }])));
      found.push(...(await tree.append([{ token: 43, parent: 6 }])));
      found.push(...(await tree.append([{ token: 44, parent: 8 }, { token: 45, parent: 8 }, { token: 46, parent: -1 }, { token: 47, parent: 2 }, { token: 48, parent: 11 }])));
      const { decoder } = opened;
      const expected: number[][] = [];
      for (const row of indices(tree.tokens.length)) {
        const sequence = tree.path(row).map((at) => tree.tokens[at]);
        expected.push((await forward(decoder, opened.buffer(), 0, sequence)).at(-1)!);
      }
      expectClose(found, expected);
    });
  });

  test.each([
    ...[2, 3, 4, 5, 6, 7, 8].map((slotCount) => ({ slotCount, how: "packed", runs: 1 })),
    { slotCount: 5, how: "while their graph is being opened", runs: 5 },
  ])("$slotCount slots of unequal lengths are as one each, $how", async ({ slotCount, runs }) => {
    await withDecoder({ architecture, seed: 22 }, async (opened) => {
      const { decoder } = opened;
      if (runs === 1) await decoder.prepare(slotCount);
      const pasts = indices(slotCount).map((slot) => (slot * 7) % 20);
      const lengths = indices(slotCount).map((slot) => 1 + ((slot * 5) % 11));
      const expected: number[][] = [];
      const slots: SlotPass[] = [];
      for (const slot of indices(slotCount)) {
        const tokens = someTokens(pasts[slot] + lengths[slot], slot);
        expected.push(...(await forward(decoder, opened.buffer(), 0, tokens)).slice(pasts[slot]));
        const buffer = opened.buffer(64 + slot);
        if (pasts[slot] > 0) await forward(decoder, buffer, 0, tokens.slice(0, pasts[slot]));
        slots.push({ buffer, pastLength: pasts[slot], tokens: tokens.slice(pasts[slot]), positions: indices(lengths[slot], pasts[slot]) });
      }
      const wanted = indices(expected.length).toReversed();
      const graphRuns = vi.spyOn(OpenGraph.prototype, "run");
      const logits = await decoder.run({ slots, wanted });
      expect(graphRuns).toHaveBeenCalledTimes(runs);
      graphRuns.mockRestore();
      expectClose(logitRows(logits, decoder.config.vocabularySize), expected.toReversed());
      // What the pass wrote is what a next one reads, packed or not.
      const next = logitRows(await decoder.run(nextOf(slots)), decoder.config.vocabularySize);
      for (const [slot, { buffer, pastLength, tokens }] of slots.entries()) {
        expectClose(await forward(decoder, buffer, pastLength + tokens.length, [slot + 1]), [next[slot]]);
      }
    });
  });

  test("a linear sequence is the same with its visible rows spelled out", async () => {
    await withDecoder({ architecture, seed: 23 }, async (opened) => {
      const tree = new Tree(opened);
      const tokens = someTokens(30, 2);
      const buffer = opened.buffer();
      for (const [start, end] of [[0, 12], [12, 13], [13, 30]]) {
        const spelled = await tree.append(indices(end - start, start).map((row) => ({ token: tokens[row], parent: row - 1 })));
        expectClose(spelled, await forward(opened.decoder, buffer, start, tokens.slice(start, end)));
      }
    });
  });
});

/** One more token a slot. */
function nextOf(slots: readonly SlotPass[]): Pass {
  return {
    slots: slots.map(({ buffer, pastLength, tokens }, slot) => {
      const total = pastLength + tokens.length;
      return { buffer, pastLength: total, tokens: [slot + 1], positions: [total] };
    }),
    wanted: indices(slots.length),
  };
}

describe("a pass that cannot be computed is refused, and leaves the decoder as it was", () => {
  test("by range errors", async () => {
    await withDecoder({ seed: 24, contextLength: 64 }, async (opened) => {
      const { decoder } = opened;
      const buffer = opened.buffer(8);
      const slot = { buffer, pastLength: 0, tokens: [1, 2], positions: [0, 1] };
      const fresh = [...(await decoder.run({ slots: [slot], wanted: [1] }))];
      const refused: Pass[] = [
        { slots: [], wanted: [0] },
        { slots: Array.from({ length: 9 }, () => ({ ...slot, buffer: opened.buffer(8) })), wanted: [0] },
        { slots: [slot, slot], wanted: [0] },
        { slots: [slot], wanted: [] },
        { slots: [slot], wanted: [2] },
        { slots: [slot], wanted: [-1] },
        { slots: [{ ...slot, tokens: [], positions: [] }], wanted: [0] },
        { slots: [{ ...slot, tokens: [1, -1] }], wanted: [0] },
        { slots: [{ ...slot, tokens: [1, decoder.config.vocabularySize] }], wanted: [0] },
        { slots: [{ ...slot, positions: [0] }], wanted: [0] },
        { slots: [{ ...slot, positions: [0, 64] }], wanted: [0] },
        { slots: [{ ...slot, pastLength: 7 }], wanted: [0] },
        { slots: [{ ...slot, visible: [[{ start: 0, end: 1 }]] }], wanted: [0] },
        { slots: [{ ...slot, visible: [[{ start: 0, end: 1 }], [{ start: 0, end: 1 }]] }], wanted: [0] },
        { slots: [{ ...slot, visible: [[{ start: 0, end: 1 }], [{ start: 0, end: 3 }]] }], wanted: [0] },
      ];
      for (const pass of refused) await expect(decoder.run(pass)).rejects.toThrow(RangeError);
      expect([...(await decoder.run({ slots: [slot], wanted: [1] }))]).toEqual(fresh);
    });
  });

  test("while another runs", async () => {
    await withDecoder({ seed: 24 }, async (opened) => {
      const slot = { buffer: opened.buffer(8), pastLength: 0, tokens: [1, 2], positions: [0, 1] };
      const running = opened.decoder.run({ slots: [slot], wanted: [1] });
      await expect(opened.decoder.run({ slots: [slot], wanted: [1] })).rejects.toThrow("running");
      await running;
    });
  });
});

test.each(["Q8_0", "Q4_1"] as const)("%s: a head of very many rows is the same in parts", async (type) => {
  await withDecoder({ type, seed: 26, paddingRows: 40_000, layerCount: 1 }, async (opened) => {
    const { decoder } = opened;
    const tokens = someTokens(5, 3);
    const found = await forward(decoder, opened.buffer(), 0, tokens);
    const expected = opened.reference.forward(tokens);
    for (const [row, logits] of found.entries()) {
      expect(logits).toHaveLength(decoder.config.vocabularySize);
      // Rows at the borders of the parts, and all of them: 8 bits of activation shift every row alike.
      for (const start of [0, 15_000, 25_000, 35_000]) expect(correlation(logits.slice(start), expected[row].slice(start))).toBeGreaterThan(0.99);
    }
  });
});

function correlation(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [a, b].map((values) => values.reduce((sum, value) => sum + value, 0) / values.length);
  let [ab, aa, bb] = [0, 0, 0];
  for (const [i, value] of a.entries()) {
    ab += (value - meanA) * (b[i] - meanB);
    aa += (value - meanA) ** 2;
    bb += (b[i] - meanB) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

test("graphs are opened after another process has removed the converted files", async () => {
  const path = await writeTinyModel(home, { seed: 27 });
  const opened = await openDecoder(path, { home });
  const tokens = someTokens(4, 4);
  const expected = await forward(opened.decoder, opened.buffer(), 0, tokens);
  await rm(join(home, "converted"), { recursive: true });
  const slots = [0, 1].map(() => ({ buffer: opened.buffer(), pastLength: 0, tokens, positions: indices(4) }));
  await opened.decoder.prepare(2);
  const logits = await opened.decoder.run({ slots, wanted: indices(8) });
  expectClose(logitRows(logits, opened.decoder.config.vocabularySize), [...expected, ...expected]);
  await opened.close();
});

test("closing waits for graphs that are being opened, and refuses passes afterwards", async () => {
  const opened = await openDecoder(await writeTinyModel(home, { seed: 25 }), { home });
  const preparing = [opened.decoder.prepare(3), opened.decoder.prepare(3), opened.decoder.prepare(2)];
  const slot = { buffer: opened.buffer(8), pastLength: 0, tokens: [1], positions: [0] };
  await opened.decoder.run({ slots: [slot], wanted: [0] });
  await opened.close();
  await Promise.all(preparing);
  await expect(opened.decoder.run({ slots: [slot], wanted: [0] })).rejects.toThrow("closed");
});

test.runIf(process.platform === "linux")("closing gives the mapping of the weights back", async () => {
  const before = await mappingsOfWeights();
  const opened = await openDecoder(await writeTinyModel(home, { seed: 28 }), { home });
  await opened.decoder.prepare(2);
  expect(await mappingsOfWeights()).toBe(before + 1);
  await opened.close();
  expect(await mappingsOfWeights()).toBe(before);
});

async function mappingsOfWeights(): Promise<number> {
  return (await readFile("/proc/self/maps", "utf8")).split("\n").filter((line) => line.endsWith("weights.bin")).length;
}
