// How many characters may still follow in each state of an automaton: what keeps bounded texts out of dead ends.
import type { Dfa } from "./dfa.js";
import { RegexError } from "./regex-error.js";

const MAX_STATES = 10_000;
const MAX_STEPS = 20_000_000;
const MAX_ENTRIES = 8_000_000;

export interface WordLengths {
  /** The least number of characters, `need` or more, after which the text is whole; Infinity where there is none. */
  shortest(state: number, need: number): number;
  /** `shortest` never says more, Infinity apart. */
  readonly longestShortest: number;
}

/** For expressions that are plain, where only the least number counts. */
export class PlainLengths implements WordLengths {
  readonly longestShortest: number;

  constructor(private readonly dfa: Dfa) {
    this.longestShortest = dfa.node(dfa.start).longestEnd;
  }

  shortest(state: number): number {
    return this.dfa.node(state).minLength;
  }
}

/** From all states of the automaton; what leads to no whole text is cut from it. */
export class ExploredLengths implements WordLengths {
  readonly longestShortest: number;
  readonly #stateCount: number;
  /** By length, then state: `shortest`. */
  readonly #table: Int32Array;
  /** From `#first` on, the table repeats itself every `#period` lengths; it ends with the first period. */
  #first = Infinity;
  #period = 1;

  /**
   * @param mostNeeded the greatest `need` that will be asked for
   * @throws RegexError where the automaton is too large
   */
  constructor(dfa: Dfa, mostNeeded: number) {
    if (!dfa.explore(MAX_STATES)) throw new RegexError("The regular expression is too large.");
    const count = (this.#stateCount = dfa.stateCount);
    const successors = Array.from({ length: count }, (_, state) => [...new Set(dfa.successors(state))].filter((next) => next >= 0));
    const least = leastLengths(dfa, successors);
    dfa.prune((state) => least[state] < NONE);
    if (mostNeeded === 0) {
      this.#table = least;
    } else {
      // From `mostNeeded` on, a way that has no circle is long enough to find the next length, if there is any.
      const layers = this.#layers(dfa, successors, mostNeeded + count);
      this.#table = this.#tableOf(layers, mostNeeded);
    }
    this.longestShortest = mostNeeded === 0 ? least.reduce((most, length) => (length < NONE ? Math.max(most, length) : most), 0) : mostNeeded + count;
  }

  shortest(state: number, need: number): number {
    const rounds = need <= this.#first ? 0 : Math.floor((need - this.#first) / this.#period);
    const length = this.#table[(need - rounds * this.#period) * this.#stateCount + state];
    return length >= NONE ? Infinity : length + rounds * this.#period;
  }

  /** By length: which states have a word of that length; up to `most` or to where they repeat. */
  #layers(dfa: Dfa, successors: readonly number[][], most: number): Uint8Array[] {
    const edgeCount = successors.reduce((sum, { length }) => sum + length + 1, 0);
    const layers = [Uint8Array.from(successors, (_, state) => (dfa.isAccepting(state) ? 1 : 0))];
    // Brent's search for a circle: compare with the layer at the last power of two.
    let saved = 0;
    while (layers.length <= most) {
      const last = layers[layers.length - 1];
      const layer = Uint8Array.from(successors, (nexts) => (nexts.some((next) => last[next] === 1) ? 1 : 0));
      if (Buffer.compare(layer, layers[saved]) === 0) {
        this.#first = saved;
        this.#period = layers.length - saved;
        break;
      }
      layers.push(layer);
      if (layers.length - 1 === 2 * saved || saved === 0) saved = layers.length - 1;
      if (layers.length * edgeCount > MAX_STEPS) throw new RegexError("The regular expression is too large for a bound on the length.");
    }
    return layers;
  }

  #tableOf(layers: readonly Uint8Array[], mostNeeded: number): Int32Array {
    const count = this.#stateCount;
    const isPeriodic = this.#first < Infinity;
    const rows = isPeriodic ? this.#first + this.#period : mostNeeded + 1;
    if (rows * count > MAX_ENTRIES) throw new RegexError("The regular expression is too large for a bound on the length.");
    const end = isPeriodic ? rows + this.#period : layers.length;
    const table = new Int32Array(rows * count);
    const after = new Int32Array(count).fill(NONE);
    for (let length = end - 1; length >= 0; length--) {
      const layer = layers[length < layers.length ? length : this.#first + ((length - this.#first) % this.#period)];
      for (let state = 0; state < count; state++) if (layer[state] === 1) after[state] = length;
      if (length < rows) table.set(after, length * count);
    }
    return table;
  }
}

const NONE = 0x7fffffff;

/** Characters to the nearest whole text, found backwards from the accepting states. */
function leastLengths(dfa: Dfa, successors: readonly number[][]): Int32Array {
  const before = successors.map((): number[] => []);
  successors.forEach((nexts, state) => nexts.forEach((next) => before[next].push(state)));
  const least = new Int32Array(successors.length).fill(NONE);
  let wave = successors.flatMap((_, state) => (dfa.isAccepting(state) ? [state] : []));
  for (let length = 0; wave.length > 0; length++) {
    const reached = wave.filter((state) => least[state] === NONE);
    for (const state of reached) least[state] = length;
    wave = [...new Set(reached.flatMap((state) => before[state]))];
  }
  return least;
}
