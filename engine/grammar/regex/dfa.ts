// A deterministic automaton over characters whose states are made when they are first asked for.
import { ALL_CHARACTERS, type CharSet, LAST_CODE_POINT } from "./char-set.js";
import { Derivatives } from "./derivative.js";
import type { Regex } from "./node.js";
import { RegexNodes } from "./regex-nodes.js";

/** The code points in groups; those of a group lead to the same state. */
interface Partition {
  /** First code points of its intervals. */
  starts: Int32Array;
  /** The group of each interval; -1 for surrogates. */
  groups: Int32Array;
  /** A code point of each group. */
  samples: number[];
}

const UNKNOWN = -2;
/** Nodes and their parts; beyond it only steps that come nearer to the end are taken: memory stays bounded, and every text can end. */
const MAX_WORK = 2_000_000;

export class Dfa {
  readonly start: number;
  readonly #derivatives: Derivatives;
  readonly #nodes: Regex[] = [];
  readonly #partitions: Partition[] = [];
  readonly #nexts: Int32Array[] = [];
  readonly #numbers = new Map<Regex, number>();
  readonly #partitionOf = new Map<string, Partition>();
  readonly #setNumbers = new Map<CharSet, number>();

  /** @param store where derivatives go; it should be the automaton's own */
  constructor(
    private readonly store: RegexNodes,
    regex: Regex,
  ) {
    this.#derivatives = new Derivatives(store);
    this.start = this.#stateOf(regex);
  }

  get stateCount(): number {
    return this.#nodes.length;
  }

  node(state: number): Regex {
    return this.#nodes[state];
  }

  /** The state after a character; -1 where no text follows. */
  next(state: number, codePoint: number): number {
    const { starts, groups } = this.#partition(state);
    const group = groups[intervalOf(starts, codePoint)];
    return group < 0 ? -1 : this.#after(state, group);
  }

  isAccepting(state: number): boolean {
    return this.#nodes[state].isNullable;
  }

  /** Whether every text follows. */
  isUniversal(state: number): boolean {
    return this.#nodes[state] === this.store.anything;
  }

  /** The states after one character, -1 among them where some characters lead nowhere. */
  successors(state: number): number[] {
    return Array.from(this.#partition(state).samples, (_, group) => this.#after(state, group));
  }

  /** The states after the characters from `low` to `high`, each with the first of its characters there. */
  successorsIn(state: number, low: number, high: number): [next: number, codePoint: number][] {
    const { starts, groups } = this.#partition(state);
    const found = new Map<number, number>();
    for (let i = intervalOf(starts, low); i < starts.length && starts[i] <= high; i++) {
      if (groups[i] < 0) continue;
      const next = this.#after(state, groups[i]);
      if (!found.has(next)) found.set(next, Math.max(low, starts[i]));
    }
    return [...found];
  }

  /** The characters that lead to each of the next states. */
  edgeSets(state: number): CharSet[] {
    const { starts, groups } = this.#partition(state);
    const sets = new Map<number, number[]>();
    for (let i = 0; i < starts.length; i++) {
      const next = groups[i] < 0 ? -1 : this.#after(state, groups[i]);
      const ranges = sets.get(next) ?? [];
      ranges.push(starts[i], (starts[i + 1] ?? LAST_CODE_POINT + 1) - 1);
      sets.set(next, ranges);
    }
    sets.delete(-1);
    return [...sets.values()];
  }

  /** Makes all states, or gives up at `limit`. */
  explore(limit: number): boolean {
    for (let state = 0; state < this.#nodes.length; state++) {
      if (this.#nodes.length > limit) return false;
      for (let group = 0; group < this.#partition(state).samples.length; group++) this.#after(state, group);
    }
    return true;
  }

  /** Cuts what leads to states that are not `alive`; all states must be made. */
  prune(alive: (state: number) => boolean): void {
    for (const nexts of this.#nexts) {
      for (let group = 0; group < nexts.length; group++) if (nexts[group] >= 0 && !alive(nexts[group])) nexts[group] = -1;
    }
  }

  #after(state: number, group: number): number {
    const nexts = this.#nexts[state];
    let next = nexts[group];
    if (next === UNKNOWN) {
      const node = this.#derivatives.derive(this.#nodes[state], this.#partitions[state].samples[group]);
      const isCut = this.store.work > MAX_WORK && node.minLength >= this.#nodes[state].minLength && !this.#numbers.has(node);
      next = nexts[group] = node === this.store.nothing || isCut ? -1 : this.#stateOf(node);
    }
    return next;
  }

  #stateOf(node: Regex): number {
    let state = this.#numbers.get(node);
    if (state === undefined) {
      state = this.#nodes.length;
      this.#nodes.push(node);
      this.#numbers.set(node, state);
    }
    return state;
  }

  #partition(state: number): Partition {
    let partition = this.#partitions[state];
    if (!partition) {
      const sets = [...this.#derivatives.firstSets(this.#nodes[state])];
      const key = sets.map((set) => this.#setNumber(set)).toSorted((a, b) => a - b).join();
      partition = this.#partitionOf.get(key) ?? partitionBy(sets);
      this.#partitionOf.set(key, partition);
      this.#partitions[state] = partition;
      this.#nexts[state] = new Int32Array(partition.samples.length).fill(UNKNOWN);
    }
    return partition;
  }

  #setNumber(set: CharSet): number {
    let number = this.#setNumbers.get(set);
    if (number === undefined) this.#setNumbers.set(set, (number = this.#setNumbers.size));
    return number;
  }
}

function intervalOf(starts: Int32Array, codePoint: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle] <= codePoint) low = middle;
    else high = middle - 1;
  }
  return low;
}

function partitionBy(sets: readonly CharSet[]): Partition {
  const bounds = new Set<number>();
  for (const set of [ALL_CHARACTERS, ...sets]) {
    for (let i = 0; i < set.length; i += 2) bounds.add(set[i]).add(set[i + 1] + 1);
  }
  bounds.delete(LAST_CODE_POINT + 1);
  const starts = Int32Array.from(bounds).toSorted();
  const groups = new Int32Array(starts.length);
  let groupCount = 1;
  for (const set of [ALL_CHARACTERS, ...sets]) {
    const inside = new Map<number, number>();
    for (let i = 0; i < set.length; i += 2) {
      for (let at = intervalOf(starts, set[i]); at < starts.length && starts[at] <= set[i + 1]; at++) {
        let group = inside.get(groups[at]);
        if (group === undefined) inside.set(groups[at], (group = groupCount++));
        groups[at] = group;
      }
    }
  }
  // Group 0 is outside of all characters: the surrogates.
  const numbers = new Map<number, number>([[0, -1]]);
  const samples: number[] = [];
  for (let at = 0; at < starts.length; at++) {
    let number = numbers.get(groups[at]);
    if (number === undefined) numbers.set(groups[at], (number = samples.push(starts[at]) - 1));
    groups[at] = number;
  }
  return { starts, groups, samples };
}
