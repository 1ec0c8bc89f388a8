// Keys and values in int8: passes of every kind against a reference that rounds alike, and against f32.
import { describe, expect, test } from "vitest";
import type { KvBuffer } from "../../engine/cache/kv-buffer.js";
import type { Architecture } from "../../engine/checkpoint/checkpoint.js";
import { compareLogits, runTrial } from "../../engine/device-check/trial.js";
import type { RowRange } from "../../engine/forward/pass.js";
import { Tensor } from "../../engine/ort/tensor.js";
import { largestDifference, relativeError } from "../fixtures/engine/compare-logits.js";
import { decoderUser, forward, logitRows, type OpenedDecoder } from "../fixtures/engine/open-decoder.js";
import { temporaryFolder } from "../fixtures/engine/temporary-folder.js";

/** Sums run in another order, and now and then a number is rounded the other way. */
const SAME = 1e-3;
/** As a share of the logits' spread: random weights, whose attention is sharper than that of trained ones. */
const ROUNDING = 0.1;
const home = await temporaryFolder();
const withExact = decoderUser(home);
const withInt8 = decoderUser(home, { kvCache: "int8" });
/** All kinds of bytes, many of which no calibration text holds. */
const someTokens = (length: number): number[] => Array.from({ length }, (_, i) => (i * i * 7 + i * 37 + 101) % 250);
const indices = (length: number, start = 0): number[] => Array.from({ length }, (_, i) => start + i);
const tensorsOf = ({ keys, values }: KvBuffer): Tensor[] => [...keys, ...values] as Tensor[];

interface Branch {
  token: number;
  position: number;
  visible: RowRange[];
}

async function branches({ decoder }: OpenedDecoder, buffer: KvBuffer, pastLength: number, rows: readonly Branch[]): Promise<number[][]> {
  const slot = { buffer, pastLength, tokens: rows.map(({ token }) => token), positions: rows.map(({ position }) => position), visible: rows.map(({ visible }) => visible) };
  return logitRows(await decoder.run({ slots: [slot], wanted: indices(rows.length) }), decoder.config.vocabularySize);
}

describe.each<Architecture>(["qwen2", "llama"])("%s", (architecture) => {
  const model = { architecture, seed: 31, contextLength: 512 };

  test("a prompt, its steps and branches of a tree are those of the reference with the same rounding", async () => {
    await withInt8(model, async (opened) => {
      const tokens = someTokens(48);
      const expected = (path: readonly number[], count: number): number[][] => opened.reference.forward(path, opened.kvScales).slice(-count);
      const buffer = opened.buffer();
      const found = await forward(opened.decoder, buffer, 0, tokens.slice(0, 40));
      for (let at = 40; at < 44; at++) found.push(...(await forward(opened.decoder, buffer, at, [tokens[at]])));
      found.push(...(await forward(opened.decoder, buffer, 44, tokens.slice(44))));
      expect(relativeError(found, expected(tokens, 48))).toBeLessThan(SAME);
      const tree = await branches(opened, buffer, 48, [
        { token: 7, position: 48, visible: [{ start: 0, end: 49 }] },
        { token: 9, position: 48, visible: [{ start: 0, end: 48 }, { start: 49, end: 50 }] },
        { token: 11, position: 49, visible: [{ start: 0, end: 48 }, { start: 49, end: 51 }] },
      ]);
      expect(relativeError(tree, [...expected([...tokens, 7], 1), ...expected([...tokens, 9, 11], 2)])).toBeLessThan(SAME);
    });
  });

  test("many branches at once, and two slots of which one has many rows, are those of the reference", async () => {
    await withInt8(model, async (opened) => {
      const { decoder, reference, kvScales } = opened;
      const expected = (path: readonly number[]): number[] => reference.forward(path, kvScales).at(-1)!;
      const tokens = someTokens(50);
      const [first, second] = [opened.buffer(), opened.buffer()];
      await forward(decoder, first, 0, tokens);
      const rows = indices(36).map((row) => ({ token: 3 * row, position: 50, visible: [{ start: 0, end: 50 }, { start: 50 + row, end: 51 + row }] }));
      const tree = await branches(opened, first, 50, rows);
      expect(relativeError([0, 1, 17, 35].map((row) => tree[row]), [0, 1, 17, 35].map((row) => expected([...tokens, 3 * row])))).toBeLessThan(SAME);
      for (const kind of ["dense", "denseWide"] as const) await decoder.prepare(2, kind);
      for (const length of [40, 2]) {
        const slots = [
          { buffer: first, pastLength: 50, tokens: [9], positions: [50] },
          { buffer: second, pastLength: 0, tokens: tokens.slice(0, length), positions: indices(length) },
        ];
        const found = logitRows(await decoder.run({ slots, wanted: [0, length] }), decoder.config.vocabularySize);
        expect(relativeError(found, [expected([...tokens, 9]), expected(tokens.slice(0, length))])).toBeLessThan(SAME);
      }
    });
  });

  test("passes of every kind are near those of f32, and not the same", async () => {
    const tokens = someTokens(40).map((token) => 40 + (token % 80));
    let expected: Float32Array[] = [];
    await withExact(model, async ({ decoder }) => void (expected = await runTrial(decoder, tokens)));
    await withInt8(model, async ({ decoder }) => {
      const { relativeError: error, agreement } = compareLogits(await runTrial(decoder, tokens), expected);
      expect(error).toBeLessThan(ROUNDING);
      expect(error).toBeGreaterThan(SAME);
      expect(agreement).toBeGreaterThanOrEqual(0.9);
    });
  });

  test("blocks that are chosen, all of them, give the logits of reading all", async () => {
    await withInt8(model, async (opened) => {
      const tokens = someTokens(400);
      const [dense, chosen] = [opened.buffer(), opened.buffer()];
      const pass = async (buffer: KvBuffer, pastLength: number, count: number, keep?: number): Promise<number[][]> => {
        const slot = { buffer, pastLength, tokens: tokens.slice(pastLength, pastLength + count), positions: indices(count, pastLength), keep };
        return logitRows(await opened.decoder.run({ slots: [slot], wanted: indices(count) }), opened.decoder.config.vocabularySize);
      };
      for (const [from, count] of [[0, 128], [128, 128], [256, 100], [356, 1], [357, 3]]) {
        expect(relativeError(await pass(chosen, from, count, 1), await pass(dense, from, count))).toBeLessThan(SAME);
      }
      for (const [index, { data }] of tensorsOf(chosen).entries()) expect(stepsApart(data as Int8Array, tensorsOf(dense)[index].data as Int8Array)).toBeLessThanOrEqual(1);
      const part = await pass(chosen, 360, 20, 0.25);
      const whole = await pass(dense, 360, 20);
      expect(largestDifference(part, whole)).toBeGreaterThan(SAME);
      expect(relativeError(part, whole)).toBeLessThan(1);
    });
  });
});

test("rows take a quarter of the memory, and copies and moves of them are as computed", async () => {
  const model = { seed: 31, contextLength: 512 };
  let exactBytes = 0;
  await withExact(model, async ({ buffer }) => void (exactBytes = sizeOf(buffer(128))));
  await withInt8(model, async ({ decoder, buffer }) => {
    const tokens = someTokens(60);
    const [first, second, third] = [buffer(128), buffer(192), buffer(64)];
    expect(4 * sizeOf(first)).toBe(exactBytes);
    await forward(decoder, first, 0, tokens.slice(0, 59));
    second.copyRows(first, 59);
    third.importRows(first.exportRows([{ start: 0, end: 20 }, { start: 20, end: 59 }]), 59);
    const expected = await forward(decoder, first, 59, [tokens[59]]);
    for (const copy of [second, third]) expect(await forward(decoder, copy, 59, [tokens[59]])).toEqual(expected);
    first.moveRows(30, 33, 29);
    first.moveRows(33, 30, 29);
    expect(await forward(decoder, first, 59, [tokens[59]])).toEqual(expected);
  });
});

function sizeOf(buffer: KvBuffer): number {
  return tensorsOf(buffer).reduce((sum, { data }) => sum + data.byteLength, 0);
}

function stepsApart(a: Int8Array, b: Int8Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);
}
