// The pool of token trees: its budget, what it keeps for later and what goes first.
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { KeySummaries } from "../../../engine/cache/key-summaries.js";
import { KvBuffer } from "../../../engine/cache/kv-buffer.js";
import { KvPool } from "../../../engine/cache/kv-pool.js";
import type { KvTree, Leaf } from "../../../engine/cache/kv-tree.js";
import { ROOT } from "../../../engine/cache/token-tree.js";
import type { DecoderConfig } from "../../../engine/checkpoint/checkpoint.js";
import { Runtime } from "../../../engine/ort/runtime.js";
import type { Tensor } from "../../../engine/ort/tensor.js";

const config = { layerCount: 2, kvHeadCount: 2, headSize: 4 } as DecoderConfig;
const runtime = new Runtime();
let live: number;

afterAll(() => runtime.close());

beforeEach(() => {
  live = 0;
});

function createBuffer(capacity: number): KvBuffer {
  live++;
  const tensors = Array.from({ length: 4 }, () => runtime.createTensor(new Float32Array(2 * capacity * 4), [1, 2, capacity, 4]));
  const buffer = new KvBuffer({ keys: tensors.slice(0, 2), values: tensors.slice(2), summaries: new KeySummaries([]) }, config, capacity);
  const release = buffer.release.bind(buffer);
  buffer.release = () => {
    live--;
    release();
  };
  return buffer;
}

function occupy(tree: KvTree, rows: number, reservedRows = 0): Leaf {
  for (let row = tree.tokens.length; row < rows; row++) tree.tokens.append(row - 1, row);
  const leaf = { row: rows - 1, reservedRows };
  tree.leaves.add(leaf);
  return leaf;
}

function dataOf(tensor: unknown): Float32Array {
  return (tensor as Tensor).data as Float32Array;
}

/** Marks each row with its number, in every head of every tensor. */
function paint({ keys, values, capacity }: KvBuffer): void {
  for (const tensor of [...keys, ...values]) {
    const data = dataOf(tensor);
    for (let index = 0; index < data.length; index++) data[index] = Math.floor(index / 4) % capacity;
  }
}

function rowsOf({ keys, values, capacity }: KvBuffer, count: number): number[][] {
  return [...keys, ...values].flatMap((tensor) =>
    [0, 1].map((head) => Array.from({ length: count }, (_, row) => dataOf(tensor)[(head * capacity + row) * 4])),
  );
}

describe("budget", () => {
  test("a tree is made while the budget allows it, and idle ones make room, the least recently used first", () => {
    const pool = new KvPool({ budgetRows: 256, createBuffer });
    const [first, second] = [pool.create(64) as KvTree, pool.create(128) as KvTree];
    const leaf = occupy(first, 10);
    pool.touch(second);
    pool.touch(first);
    expect(pool.create(192)).toBeDefined();
    expect(pool.trees.has(first)).toBe(true);
    expect(pool.trees.has(second)).toBe(false);
    first.leaves.delete(leaf);
    pool.checkIntegrity();
  });

  test("idle trees stay where their room would not be enough", () => {
    const pool = new KvPool({ budgetRows: 256, createBuffer });
    const [used, idle, copied] = [pool.create(64) as KvTree, pool.create(64) as KvTree, pool.create(64) as KvTree];
    const leaf = occupy(used, 10);
    expect(pool.create(256)).toBeUndefined();
    expect(pool.create(160, copied)).toBeUndefined();
    expect(pool.ensureRows(idle, 160)).toBe(false);
    expect([...pool.trees]).toEqual([used, idle, copied]);
    expect(pool.create(192)).toBeDefined();
    used.leaves.delete(leaf);
    pool.checkIntegrity();
  });

  test("the tree that is copied from is not the one that makes room", () => {
    const pool = new KvPool({ budgetRows: 192, createBuffer });
    const [source, other] = [pool.create(64) as KvTree, pool.create(64) as KvTree];
    const made = pool.create(128, source);
    expect(made).toBeDefined();
    expect(pool.trees.has(source)).toBe(true);
    expect(pool.trees.has(other)).toBe(false);
  });

  test("more rows than the budget are never given", () => {
    const pool = new KvPool({ budgetRows: 100, createBuffer });
    expect(pool.create(101)).toBeUndefined();
    expect(pool.create(100)?.buffer.capacity).toBe(100);
  });

  test("all is released in the end", () => {
    const pool = new KvPool({ budgetRows: 1024, createBuffer });
    for (const rows of [64, 100, 200]) pool.create(rows);
    pool.evict([...pool.trees][0]);
    pool.close();
    expect(live).toBe(0);
  });
});

test("a tree that grows keeps its rows", () => {
  const pool = new KvPool({ budgetRows: 1024, createBuffer });
  const tree = pool.create(64) as KvTree;
  occupy(tree, 50);
  paint(tree.buffer);
  expect(pool.ensureRows(tree, 300)).toBe(true);
  expect(tree.buffer.capacity).toBeGreaterThanOrEqual(300);
  for (const rows of rowsOf(tree.buffer, 50)) expect(rows).toEqual(Array.from({ length: 50 }, (_, row) => row));
  pool.checkIntegrity();
});

test("what is kept for later is limited: the last idle tree, and others within a share of the budget", () => {
  const pool = new KvPool({ budgetRows: 1024, createBuffer });
  for (let i = 0; i < 6; i++) pool.touch(pool.create(128) as KvTree);
  const newest = [...pool.trees].at(-1) as KvTree;
  pool.trim();
  expect([...pool.trees].reduce((rows, { buffer }) => rows + buffer.capacity, 0)).toBeLessThanOrEqual(256);
  expect(pool.trees.has(newest)).toBe(true);
  expect(pool.allocatedRows).toBeLessThanOrEqual(512);
});

test("rows at the end that nobody needs go; gaps are closed once they are many, and the leaves move along", () => {
  const pool = new KvPool({ budgetRows: 2048, createBuffer });
  const tree = pool.create(1024) as KvTree;
  const shared = occupy(tree, 100);
  const dead = occupy(tree, 400);
  const branch: Leaf = { row: ROOT, reservedRows: 0 };
  branch.row = tree.tokens.append(99, 7);
  branch.row = tree.tokens.append(branch.row, 8);
  tree.leaves.add(branch);
  paint(tree.buffer);
  tree.leaves.delete(dead);
  tree.tidy();
  expect(tree.tokens.length).toBe(102);
  expect(branch.row).toBe(101);
  expect(tree.tokens.isLinear(101)).toBe(true);
  for (const rows of rowsOf(tree.buffer, 102)) expect(rows.slice(100)).toEqual([400, 401]);
  tree.leaves.delete(branch);
  tree.tidy();
  expect(tree.tokens.length).toBe(100);
  tree.leaves.delete(shared);
  pool.checkIntegrity();
});
