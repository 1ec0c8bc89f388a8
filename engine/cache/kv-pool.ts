// The memory of all token trees: allocated under a budget, kept after use as a cache of prefixes, the least recently used first to go.
import { MAX_SLOTS } from "../forward/pass.js";
import type { KvBuffer } from "./kv-buffer.js";
import { KvTree } from "./kv-tree.js";

export interface KvPoolOptions {
  /** Rows of all buffers together. */
  budgetRows: number;
  createBuffer(capacity: number): KvBuffer;
  /** An idle tree of so many tokens is given up. */
  onEvict?: (tokenCount: number) => void;
}

/** Capacities are multiples of this: one block of sparse attention. */
const ROW_STEP = 64;
/** A tree that grows will grow again: samples of a prompt come one by one. */
const GROWTH = 2;
/** Share of the budget that idle trees may hold, the last one aside, and share that free buffers may. */
const IDLE_SHARE = 0.25;

export class KvPool {
  readonly budgetRows: number;
  readonly #trees = new Set<KvTree>();
  readonly #createBuffer: (capacity: number) => KvBuffer;
  readonly #onEvict: KvPoolOptions["onEvict"];
  #free: KvBuffer[] = [];
  #uses = 0;

  constructor({ budgetRows, createBuffer, onEvict }: KvPoolOptions) {
    this.budgetRows = budgetRows;
    this.#createBuffer = createBuffer;
    this.#onEvict = onEvict;
  }

  get trees(): ReadonlySet<KvTree> {
    return this.#trees;
  }

  /** Rows of all buffers, in use or not. */
  get allocatedRows(): number {
    return sumCapacity([...this.#trees].map(({ buffer }) => buffer)) + sumCapacity(this.#free);
  }

  get activeCount(): number {
    let count = 0;
    for (const tree of this.#trees) if (!tree.isIdle) count++;
    return count;
  }

  /** An empty tree, or none while the budget does not allow it. Idle trees other than `kept` make room. */
  create(rows: number, kept?: KvTree): KvTree | undefined {
    // Untouched rows cost no memory: with room to spare, branches come in without a larger buffer.
    const buffer = this.#allocate(Math.max(rows, Math.floor(this.budgetRows / MAX_SLOTS)), kept) ?? this.#allocate(rows, kept);
    if (!buffer) return undefined;
    const tree = new KvTree(buffer);
    this.#trees.add(tree);
    return tree;
  }

  /** Gives a tree room for so many rows, keeping what it holds; false while the budget does not allow it. */
  ensureRows(tree: KvTree, rows: number): boolean {
    const { buffer } = tree;
    if (buffer.capacity >= rows) return true;
    if (!buffer.isHostVisible) return false;
    const larger = this.#allocate(Math.max(rows, Math.min(buffer.capacity * GROWTH, this.budgetRows)), tree) ?? this.#allocate(rows, tree);
    if (!larger) return false;
    larger.copyRows(buffer, tree.tokens.length);
    tree.buffer = larger;
    this.#free.push(buffer);
    return true;
  }

  /** Notes that a tree is used now. */
  touch(tree: KvTree): void {
    tree.lastUse = ++this.#uses;
  }

  /** Limits what is kept for later, after a request has left. */
  trim(): void {
    const idle = [...this.#trees].filter((tree) => tree.isIdle).toSorted((a, b) => b.lastUse - a.lastUse);
    let rows = 0;
    for (const [index, tree] of idle.entries()) {
      rows += tree.buffer.capacity;
      if (index > 0 && rows > IDLE_SHARE * this.budgetRows) this.evict(tree);
    }
    while (sumCapacity(this.#free) > IDLE_SHARE * this.budgetRows) this.#free.shift()?.release();
  }

  /** Forgets an idle tree; its buffer serves the next one. */
  evict(tree: KvTree): void {
    if (!tree.isIdle) throw new RangeError("a tree in use is not evicted");
    this.#trees.delete(tree);
    this.#free.push(tree.buffer);
    this.#onEvict?.(tree.tokens.length);
  }

  /** @throws Error where the books do not add up: for tests. */
  checkIntegrity(): void {
    const buffers = [...[...this.#trees].map(({ buffer }) => buffer), ...this.#free];
    if (new Set(buffers).size !== buffers.length) throw new Error("a buffer is held twice");
    if (this.allocatedRows > this.budgetRows) throw new Error(`${this.allocatedRows} rows exceed the budget of ${this.budgetRows}`);
    for (const { tokens, buffer, leaves } of this.#trees) {
      if (tokens.length > buffer.capacity) throw new Error(`a tree of ${tokens.length} rows in a buffer of ${buffer.capacity}`);
      for (const { row } of leaves) if (row >= tokens.length) throw new Error(`a place at row ${row} of ${tokens.length}`);
    }
  }

  /** Releases everything; no tree may be in use. */
  close(): void {
    for (const tree of this.#trees) this.evict(tree);
    this.#releaseFree();
  }

  #allocate(rows: number, kept: KvTree | undefined): KvBuffer | undefined {
    const capacity = Math.min(Math.ceil(rows / ROW_STEP) * ROW_STEP, this.budgetRows);
    if (rows > capacity) return undefined;
    const fitting = this.#takeFree(capacity);
    if (fitting) return fitting;
    if (this.#lastingRows(kept) + capacity > this.budgetRows) return undefined;
    while (this.allocatedRows + capacity > this.budgetRows) {
      if (this.#free.length > 0) this.#releaseFree();
      else this.#evictOldest(kept);
      const freed = this.#takeFree(capacity);
      if (freed) return freed;
    }
    return this.#createBuffer(capacity);
  }

  /** The smallest free buffer that is large enough and not wastefully so. */
  #takeFree(capacity: number): KvBuffer | undefined {
    const fitting = this.#free.filter((buffer) => buffer.capacity >= capacity && buffer.capacity <= capacity * 2);
    if (fitting.length === 0) return undefined;
    const smallest = fitting.reduce((best, buffer) => (buffer.capacity < best.capacity ? buffer : best));
    this.#free = this.#free.filter((buffer) => buffer !== smallest);
    return smallest;
  }

  /** Rows that no room can be made of. */
  #lastingRows(kept: KvTree | undefined): number {
    return sumCapacity([...this.#trees].filter((tree) => !tree.isIdle || tree === kept).map(({ buffer }) => buffer));
  }

  #evictOldest(kept: KvTree | undefined): void {
    const evictable = [...this.#trees].filter((tree) => tree.isIdle && tree !== kept);
    this.evict(evictable.reduce((oldest, tree) => (tree.lastUse < oldest.lastUse ? tree : oldest)));
  }

  #releaseFree(): void {
    for (const buffer of this.#free) buffer.release();
    this.#free = [];
  }
}

function sumCapacity(buffers: readonly KvBuffer[]): number {
  return buffers.reduce((sum, { capacity }) => sum + capacity, 0);
}
