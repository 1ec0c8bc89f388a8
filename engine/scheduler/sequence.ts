// One request's path through a token tree: what it has computed and what it asks for next. `scheduler.ts` makes them.
import type { KeptRows } from "../cache/kept-rows.js";
import type { Leaf, KvTree } from "../cache/kv-tree.js";
import { ROOT } from "../cache/token-tree.js";
import type { Flops } from "../request.js";
import type { LogitsRow } from "../sampler/logits-row.js";

/** Tokens that one sequence wants computed after its last one. */
export interface Work {
  sequence: Sequence;
  tokens: readonly number[];
  /** How many of the last tokens' logits are wanted, at least one. */
  wantedCount: number;
  resolve(computed: Computed): void;
  reject(reason: unknown): void;
}

export interface Computed {
  /** Tokens computed, from the first: a long prompt takes several passes, and each answers. */
  count: number;
  /** The wanted logits, once all tokens are computed; valid until the next pass. */
  rows: readonly LogitsRow[];
}

/** Of the passes that computed something for a sequence or its forks. */
export interface SequenceCost {
  passes: number;
  /** Its part of them. */
  flops: Flops;
}

export interface SequenceHost {
  submit(work: Work): void;
  /** Adds another sequence at the same place. */
  adopt(sequence: Sequence, tree: KvTree): void;
  release(sequence: Sequence): void;
}

export class Sequence implements Leaf {
  row = ROOT;
  reservedRows: number;
  /** What it was let in with: tokens that it has computed, or is about to. */
  prompt: readonly number[];
  readonly order: number;
  /** What a file holds of the prompt. */
  kept: KeptRows | undefined;
  /** Tokens whose keys and values were computed for it; the others it found. */
  computedTokens = 0;
  /** Forks add to it. */
  cost: SequenceCost = { passes: 0, flops: { computed: 0, skipped: 0 } };
  /** Whether it is about to ask for something, or waits for it. */
  isPending = false;
  /** Whether another sequence waits for it, and keeps what it needs. */
  isFork = false;
  /** Sequences that its last pass computed something for. */
  companions = 1;
  readonly #host: SequenceHost;
  #tree: KvTree | undefined;

  /** @param order Its place in the order of arrival. */
  constructor(host: SequenceHost, { prompt, reservedRows, order }: { prompt: readonly number[]; reservedRows: number; order: number }) {
    this.#host = host;
    this.prompt = prompt;
    this.reservedRows = reservedRows;
    this.order = order;
  }

  get tree(): KvTree {
    if (!this.#tree) throw new RangeError("the sequence has no place in a tree");
    return this.#tree;
  }

  /** Tokens of its path. */
  get length(): number {
    return this.tree.tokens.depth(this.row) + 1;
  }

  enter(tree: KvTree, row: number): void {
    this.#tree = tree;
    this.row = row;
    this.isPending = true;
    tree.leaves.add(this);
  }

  /**
   * Computes tokens after the last one, together with what other sequences ask for at the time. A long run is
   * computed in part: ask again for the rest.
   */
  compute(tokens: readonly number[], wantedCount = 1): Promise<Computed> {
    return new Promise((resolve, reject) => this.#host.submit({ sequence: this, tokens, wantedCount, resolve, reject }));
  }

  /** Takes tokens back. */
  rewind(length: number): void {
    this.reservedRows += this.length - length;
    this.row = this.tree.tokens.ancestor(this.row, length - 1);
  }

  /** Another sequence that begins with this one's tokens, and computes no more than `reservedRows` others. */
  fork(reservedRows: number): Sequence {
    const fork = new Sequence(this.#host, { prompt: this.prompt, reservedRows, order: this.order });
    fork.cost = this.cost;
    fork.isFork = true;
    fork.enter(this.tree, this.row);
    this.#host.adopt(fork, this.tree);
    return fork;
  }

  /** Gives its place up; what it still waits for is rejected. */
  release(): void {
    this.#tree?.leaves.delete(this);
    this.#host.release(this);
  }
}
