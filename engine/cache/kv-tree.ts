// A token tree with the buffer that holds its keys and values, and the requests' places in it.
import type { KvBuffer } from "./kv-buffer.js";
import { ROOT, TokenTree } from "./token-tree.js";

/** Where a request stands: the row of its last token, or the root. */
export interface Leaf {
  row: number;
  /** Rows that it may still append. */
  reservedRows: number;
}

/** Dead rows cost attention: beyond this many, and this share of the live ones, the gaps are closed. */
const TOLERATED_DEAD_ROWS = 128;
const TOLERATED_DEAD_SHARE = 0.25;

export class KvTree {
  readonly tokens = new TokenTree();
  readonly leaves = new Set<Leaf>();
  buffer: KvBuffer;
  /** Rises with each use: the least recently used idle tree goes first. */
  lastUse = 0;
  /** Whether its first rows are being read from a file: until then nobody else has a place in it. */
  isFilling = false;
  #checkedLength = 0;

  constructor(buffer: KvBuffer) {
    this.buffer = buffer;
  }

  get isIdle(): boolean {
    return this.leaves.size === 0;
  }

  /** Rows that its requests may need in all, and one that joins them at `row`, but for those that it computes. */
  rowsWanted(row: number): number {
    let rows = Math.max(this.#liveEnd(), row + 1);
    for (const { reservedRows } of this.leaves) rows += reservedRows;
    return rows;
  }

  /** Drops rows that no request's path has: those at the end always, those in between when they are many. */
  tidy(): void {
    this.tokens.truncate(this.#liveEnd());
    if (this.tokens.length < this.#checkedLength) this.#checkedLength = this.tokens.length;
    if (!this.buffer.isHostVisible || this.tokens.length - this.#checkedLength < TOLERATED_DEAD_ROWS) return;
    const liveCount = this.tokens.countLive(this.#rows());
    this.#checkedLength = this.tokens.length;
    if (this.tokens.length - liveCount > Math.max(TOLERATED_DEAD_ROWS, TOLERATED_DEAD_SHARE * liveCount)) this.compact();
  }

  /** Forgets the rows of a pass that failed. */
  cutBack(length: number): void {
    this.tokens.truncate(length);
    for (const leaf of this.leaves) if (leaf.row >= length) leaf.row = ROOT;
  }

  compact(): void {
    const { moves, places } = this.tokens.compact(this.#rows());
    for (const { from, to, count } of moves) this.buffer.moveRows(from, to, count);
    for (const leaf of this.leaves) if (leaf.row !== ROOT) leaf.row = places[leaf.row];
    this.#checkedLength = this.tokens.length;
  }

  #liveEnd(): number {
    let end = 0;
    for (const { row } of this.leaves) end = Math.max(end, row + 1);
    return end;
  }

  *#rows(): Generator<number> {
    for (const { row } of this.leaves) yield row;
  }
}
