// One layer's attention to chosen blocks against a plain implementation of the same rules.
import { InferenceSession } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import type { DecoderConfig } from "../../engine/checkpoint/checkpoint.js";
import type { KvBuffer } from "../../engine/cache/kv-buffer.js";
import type { RowRange, SlotPass } from "../../engine/forward/pass.js";
import { createSparseInputs } from "../../engine/forward/sparse/sparse-inputs.js";
import { planLevels } from "../../engine/forward/sparse/sparse-plan.js";
import { layerShares, sharesOf } from "../../engine/graph/attention/layer-shares.js";
import { sparseAttention } from "../../engine/graph/attention/sparse-attention.js";
import { sparseNames } from "../../engine/graph/attention/sparse-names.js";
import { GraphBuilder } from "../../engine/graph/graph-builder.js";
import { slotNames } from "../../engine/graph/graph-names.js";
import { DataType, encodeModel } from "../../engine/graph/onnx-model.js";
import { createRandom } from "../../engine/sampler/random.js";
import { feeds, floats, hostTensors } from "../fixtures/engine/host-tensors.js";

const config = { layerCount: 1, headCount: 6, kvHeadCount: 2, headSize: 16 } as DecoderConfig;
const { headCount, kvHeadCount, headSize } = config;
/** As many layers, and as wide, as a model whose layers read unlike each other. */
const unlike = { ...config, layerCount: 24, hiddenSize: 896 };
const CAPACITY = 1024;
const BLOCK = 64;
const GROUP = 16;

interface Case {
  pastLength: number;
  keep: number;
  /** For each new row. */
  visible: readonly (readonly RowRange[])[];
}

/** [kvHeads, capacity, headDim] each */
interface Cache {
  keys: Float32Array;
  values: Float32Array;
}

const at = (head: number, row: number): number => (head * CAPACITY + row) * headSize;

function dot(a: Float32Array, aStart: number, b: Float32Array, bStart: number): number {
  let sum = 0;
  for (let i = 0; i < headSize; i++) sum += a[aStart + i] * b[bStart + i];
  return sum * headSize ** -0.5;
}

function softmax(scores: readonly number[]): number[] {
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

const seesRow = (ranges: readonly RowRange[], row: number): boolean => ranges.some(({ start, end }) => row >= start && row < end);
const rowsOf = (block: number): number[] => Array.from({ length: BLOCK }, (_, i) => block * BLOCK + i);

/** Blocks that rows read, by the rules: candidates are seen whole by all; the first, the two newest and what is seen in part are read in any case. */
function sortBlocks({ visible, keep }: Case): { candidates: number[]; always: number[]; chosenCount: number } {
  const blocks = Array.from({ length: CAPACITY / BLOCK }, (_, block) => block);
  const whole = blocks.filter((block) => visible.every((ranges) => rowsOf(block).every((row) => seesRow(ranges, row))));
  const partial = blocks.filter((block) => !whole.includes(block) && visible.some((ranges) => rowsOf(block).some((row) => seesRow(ranges, row))));
  const forced = [...new Set([whole[0], ...whole.slice(-2)])];
  const candidates = whole.filter((block) => !forced.includes(block));
  return { candidates, always: [...forced, ...partial], chosenCount: Math.min(candidates.length, Math.max(1, Math.round(whole.length * keep) - forced.length)) };
}

/** The blocks that all rows and all heads of a group read. */
function choose(query: Float32Array, { keys }: Cache, kvHead: number, one: Case): number[] {
  const { candidates, always, chosenCount } = sortBlocks(one);
  const groupCount = (Math.max(...candidates) + 1) * (BLOCK / GROUP);
  const means = new Float32Array(groupCount * headSize);
  for (let group = 0; group < groupCount; group++) {
    for (let i = 0; i < headSize; i++) {
      for (let row = 0; row < GROUP; row++) means[group * headSize + i] += keys[at(kvHead, group * GROUP + row) + i] / GROUP;
    }
  }
  const groupHeads = headCount / kvHeadCount;
  const best = new Map<number, number>(candidates.map((block) => [block, 0]));
  for (let row = 0; row < one.visible.length; row++) {
    const shares = Array.from({ length: groupHeads }, (_, head) => {
      const start = (row * headCount + kvHead * groupHeads + head) * headSize;
      return softmax(Array.from({ length: groupCount }, (__, group) => dot(query, start, means, group * headSize)));
    });
    for (const block of candidates) {
      const groups = Array.from({ length: BLOCK / GROUP }, (_, i) => (block * BLOCK) / GROUP + i);
      const share = shares.reduce((sum, head) => sum + groups.reduce((part, group) => part + head[group], 0), 0) / groupHeads;
      best.set(block, Math.max(best.get(block) as number, share));
    }
  }
  return [...candidates.toSorted((a, b) => (best.get(b) as number) - (best.get(a) as number)).slice(0, chosenCount), ...always];
}

function attend(query: Float32Array, cache: Cache, one: Case): number[] {
  const result: number[] = [];
  const blocks = Array.from({ length: kvHeadCount }, (_, kvHead) => choose(query, cache, kvHead, one));
  for (const [row, ranges] of one.visible.entries()) {
    for (let head = 0; head < headCount; head++) {
      const kvHead = Math.floor(head / (headCount / kvHeadCount));
      const rows = blocks[kvHead].flatMap(rowsOf).filter((read) => seesRow(ranges, read));
      const weights = softmax(rows.map((read) => dot(query, (row * headCount + head) * headSize, cache.keys, at(kvHead, read))));
      for (let i = 0; i < headSize; i++) result.push(rows.reduce((sum, read, n) => sum + weights[n] * cache.values[at(kvHead, read) + i], 0));
    }
  }
  return result;
}

/** Layers beside one another, all from the same rows. */
function writeGraph(model: DecoderConfig): Uint8Array {
  const builder = new GraphBuilder({});
  const names = slotNames(0);
  const cache = [1, kvHeadCount, "capacity", headSize];
  for (const [name, width] of [["q", headCount], ["k", kvHeadCount], ["v", kvHeadCount]] as const) builder.input(name, DataType.float, [1, "rows", width * headSize]);
  sparseAttention.declare(builder, model, 0, DataType.float);
  for (let layer = 0; layer < model.layerCount; layer++) {
    for (const name of [names.pastKey(layer), names.pastValue(layer)]) builder.input(name, DataType.float, cache);
    for (const name of [names.presentKey(layer), names.presentValue(layer)]) builder.output(name, DataType.float, cache);
    builder.output(sparseAttention.write(builder, model, { layer, slot: 0, name: `y.${layer}`, q: "q", k: "k", v: "v" }), DataType.float, [1, "rows", headCount * headSize]);
  }
  return encodeModel(builder.build("attention"));
}

interface Run {
  /** By layer. */
  found: number[][];
  expected: (share: number) => number[];
  plans: ReturnType<typeof planLevels>;
}

async function run(model: DecoderConfig, one: Case, seed: number): Promise<Run> {
  const random = createRandom(seed);
  const noise = (length: number, size = 2): Float32Array => Float32Array.from({ length }, () => (random() - 0.5) * 2 * size);
  const rowCount = one.visible.length;
  const cache = { keys: noise(kvHeadCount * CAPACITY * headSize), values: noise(kvHeadCount * CAPACITY * headSize) };
  const [q, k, v] = [headCount, kvHeadCount, kvHeadCount].map((width) => noise(rowCount * width * headSize, 3));
  const slot: SlotPass = {
    buffer: { capacity: CAPACITY } as KvBuffer, pastLength: one.pastLength, tokens: one.visible.map(() => 0), positions: [], visible: one.visible,
  };
  const plans = planLevels(model, slot, { keep: one.keep, summarizedRows: 0 });
  const shape = [1, kvHeadCount, CAPACITY, headSize];
  const layers = Array.from({ length: model.layerCount }, (_, layer) => layer);
  const session = await InferenceSession.create(writeGraph(model));
  const outputs = await session.run({
    q: floats(q, [1, rowCount, headCount * headSize]),
    k: floats(k, [1, rowCount, kvHeadCount * headSize]),
    v: floats(v, [1, rowCount, kvHeadCount * headSize]),
    ...Object.assign({}, ...layers.map((layer) => ({
      [slotNames(0).pastKey(layer)]: floats(cache.keys, shape),
      [slotNames(0).pastValue(layer)]: floats(cache.values, shape),
      [sparseNames(0).pastSummary(layer)]: floats(new Float32Array((kvHeadCount * CAPACITY * headSize) / GROUP), [kvHeadCount, CAPACITY / GROUP, headSize]),
    }))),
    ...feeds(createSparseInputs(hostTensors, model, 0, { rows: slot, plans, precision: "f32" })),
  });
  await session.release();
  // [rows, kvHeads, headDim] into [kvHeads, capacity, headDim]
  for (const [from, to] of [[k, cache.keys], [v, cache.values]]) {
    for (let row = 0; row < rowCount; row++) {
      for (let head = 0; head < kvHeadCount; head++) {
        to.set(from.subarray((row * kvHeadCount + head) * headSize, (row * kvHeadCount + head + 1) * headSize), at(head, one.pastLength + row));
      }
    }
  }
  expect([...(outputs[slotNames(0).presentKey(0)].data as Float32Array)]).toEqual([...cache.keys]);
  const found = layers.map((layer) => [...(outputs[`y.${layer}`].data as Float32Array)]);
  return { found, expected: (share) => attend(q, cache, { ...one, keep: share }), plans };
}

const largest = (found: readonly number[], expected: readonly number[]): number => Math.max(...found.map((value, i) => Math.abs(value - expected[i])));

const causal = (pastLength: number, rowCount: number): RowRange[][] => Array.from({ length: rowCount }, (_, row) => [{ start: 0, end: pastLength + row + 1 }]);
const CASES: Record<string, Case> = {
  "a row": { pastLength: 700, keep: 0.3, visible: causal(700, 1) },
  "a row that ends a block": { pastLength: 703, keep: 0.5, visible: causal(703, 1) },
  "the first row of a block": { pastLength: 704, keep: 0.5, visible: causal(704, 1) },
  "rows over several blocks": { pastLength: 590, keep: 0.4, visible: causal(590, 100) },
  "rows of two branches": {
    pastLength: 600,
    keep: 0.4,
    visible: Array.from({ length: 6 }, (_, row) => [{ start: 0, end: 500 }, ...(row % 2 ? [{ start: 500, end: 550 }] : [{ start: 550, end: 600 }]), { start: 600 + row, end: 601 + row }]),
  },
  "a row with a gap": { pastLength: 800, keep: 0.3, visible: [[{ start: 0, end: 300 }, { start: 420, end: 801 }]] },
};

describe("blocks are chosen and read by the rules", () => {
  test.each(Object.entries(CASES))("%s", async (_, one) => {
    const { found: [found], expected, plans: [plan] } = await run(config, one, one.pastLength);
    const { candidates, always, chosenCount } = sortBlocks(one);
    expect(plan).toMatchObject({ candidates, always, chosenCount });
    expect(chosenCount).toBeLessThan(candidates.length);
    expect(found).toHaveLength(expected(one.keep).length);
    expect(largest(found, expected(one.keep))).toBeLessThan(1e-4);
  });

  test("each layer reads its own share", async () => {
    const one = { pastLength: 1000, keep: 0.4, visible: causal(1000, 1) };
    const { found, expected } = await run(unlike, one, 1);
    const { levels, weights } = layerShares(unlike);
    const byLevel = sharesOf({ levels, weights }, one.keep).map(expected);
    expect(new Set(byLevel.map(([first]) => first)).size).toBe(weights.length);
    for (const [layer, level] of levels.entries()) expect(largest(found[layer], byLevel[level])).toBeLessThan(1e-4);
  });
});
