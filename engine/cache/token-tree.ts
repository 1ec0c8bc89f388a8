// Which tokens the rows of a KV buffer belong to: a tree, so that samples, drafts and questions fork by appending.
import type { RowRange } from "../forward/pass.js";

/** The parent of first tokens. */
export const ROOT = -1;

/** Rows that change place: `count` of them, from one row on to another. */
export interface RowMove {
  from: number;
  to: number;
  count: number;
}

/**
 * A row a token, in the order they were appended; a row's ancestors come before it. Most rows follow their parent
 * directly, so a path is a few runs of neighbouring rows.
 */
export class TokenTree {
  #tokens: number[] = [];
  #parents: number[] = [];
  #depths: number[] = [];
  /** First row of the run of neighbours that a row ends. */
  #runStarts: number[] = [];
  /** Children that do not lie beside their parent, oldest first. */
  #forks = new Map<number, number[]>();

  get length(): number {
    return this.#tokens.length;
  }

  token(row: number): number {
    return this.#tokens[row];
  }

  /** How many ancestors a row has; -1 of the root. */
  depth(row: number): number {
    return row === ROOT ? -1 : this.#depths[row];
  }

  /** Whether all rows before it are its ancestors. */
  isLinear(row: number): boolean {
    return this.depth(row) === row;
  }

  /** The newest row of this token below a row. */
  child(row: number, token: number): number | undefined {
    const fork = this.#forks.get(row)?.findLast((child) => this.#tokens[child] === token);
    if (fork !== undefined) return fork;
    return this.#parents[row + 1] === row && this.#tokens[row + 1] === token ? row + 1 : undefined;
  }

  append(parent: number, token: number): number {
    const row = this.#tokens.length;
    this.#tokens.push(token);
    this.#parents.push(parent);
    this.#depths.push(this.depth(parent) + 1);
    const isBeside = parent === row - 1;
    this.#runStarts.push(isBeside && parent !== ROOT ? this.#runStarts[parent] : row);
    if (!isBeside) {
      const forks = this.#forks.get(parent);
      if (forks) forks.push(row);
      else this.#forks.set(parent, [row]);
    }
    return row;
  }

  /** Forgets all rows from `length` on. */
  truncate(length: number): void {
    for (let row = this.length - 1; row >= length; row--) {
      const parent = this.#parents[row];
      if (parent === row - 1) continue;
      const forks = this.#forks.get(parent) as number[];
      forks.pop();
      if (forks.length === 0) this.#forks.delete(parent);
    }
    for (const list of [this.#tokens, this.#parents, this.#depths, this.#runStarts]) list.length = Math.min(list.length, length);
  }

  /** The ancestor of a row (or the row itself) at a depth; the root at -1. */
  ancestor(row: number, depth: number): number {
    if (depth < 0) return ROOT;
    while (this.#depths[this.#runStarts[row]] > depth) row = this.#parents[this.#runStarts[row]];
    return row - (this.#depths[row] - depth);
  }

  /** The rows of the path to a row, itself included, as ascending ranges. */
  visible(row: number): RowRange[] {
    const ranges: RowRange[] = [];
    while (row !== ROOT) {
      const start = this.#runStarts[row];
      ranges.push({ start, end: row + 1 });
      row = this.#parents[start];
    }
    return ranges.toReversed();
  }

  /** The tokens of the path to a row. */
  path(row: number): number[] {
    return this.visible(row).flatMap(({ start, end }) => this.#tokens.slice(start, end));
  }

  /** The row that ends the longest path along `tokens`, no longer than `limit`; the newest of equally long ones. */
  match(tokens: readonly number[], limit: number): number {
    let longest = ROOT;
    const starts = [ROOT];
    for (let row = starts.pop(); row !== undefined; row = starts.pop()) {
      for (let depth = this.depth(row) + 1; depth < limit; depth++) {
        const child = this.child(row, tokens[depth]);
        if (child === undefined) break;
        if (this.#forks.has(row)) starts.push(...this.#olderTwins(row, child));
        row = child;
      }
      const lead = this.depth(row) - this.depth(longest);
      if (lead > 0 || (lead === 0 && row > longest)) longest = row;
    }
    return longest;
  }

  /** Rows on the path to any of the leaves. */
  countLive(leaves: Iterable<number>): number {
    return this.#markLive(leaves).reduce((count, isLive) => count + isLive, 0);
  }

  /**
   * Closes the gaps that rows on no leaf's path leave.
   *
   * @returns What moves, in an order that overwrites nothing still needed, and each old row's new place.
   */
  compact(leaves: Iterable<number>): { moves: RowMove[]; places: Int32Array } {
    const isLive = this.#markLive(leaves);
    const places = new Int32Array(this.length).fill(ROOT);
    const [tokens, parents] = [this.#tokens, this.#parents];
    this.#tokens = [];
    this.#parents = [];
    this.#depths = [];
    this.#runStarts = [];
    this.#forks = new Map();
    const moves: RowMove[] = [];
    for (let row = 0; row < isLive.length; row++) {
      if (!isLive[row]) continue;
      const parent = parents[row];
      places[row] = this.append(parent === ROOT ? ROOT : places[parent], tokens[row]);
      const last = moves.at(-1);
      if (last && last.from + last.count === row) last.count++;
      else moves.push({ from: row, to: places[row], count: 1 });
    }
    return { moves: moves.filter(({ from, to }) => from !== to), places };
  }

  /** Children of a row with the same token as its newest one: what is computed again lies beside what was there. */
  #olderTwins(row: number, newest: number): number[] {
    const children = [row + 1, ...(this.#forks.get(row) ?? [])];
    return children.filter((child) => child < newest && this.#parents[child] === row && this.#tokens[child] === this.#tokens[newest]);
  }

  #markLive(leaves: Iterable<number>): Uint8Array {
    const isLive = new Uint8Array(this.length);
    for (let row of leaves) {
      for (; row !== ROOT && !isLive[row]; row = this.#parents[row]) isLive[row] = 1;
    }
    return isLive;
  }
}
