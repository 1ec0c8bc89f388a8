// How often drafted tokens turn out right, by how they were found, and how many of them are worth a place in a pass.
import { STARTING_SHARES } from "./draft-kind.js";

/** Tried tokens that the starting shares weigh as much as. */
const STARTING_WEIGHT = 24;
/** What is older counts less: the records of a task resemble each other, tasks do not. */
const MOST_TRIED = 120;

/**
 * Rows are held to be so much dearer than they are: the source that looks best is the one whose share is most
 * overrated. Found by replaying recorded replies: the most tokens per time.
 */
const CAUTION = 1.4;

export interface Worth {
  count: number;
  /** Expected tokens per time of a pass of one row. */
  rate: number;
}

/** One may serve all requests of an engine: it learns from each. */
export class Acceptance {
  readonly #tried = new Float64Array(STARTING_SHARES.length).fill(STARTING_WEIGHT);
  readonly #right = Float64Array.from(STARTING_SHARES, (share) => share * STARTING_WEIGHT);

  /** The probability that a token of this kind is right, if those before it are. */
  share(kind: number): number {
    return this.#right[kind] / this.#tried[kind];
  }

  count(kind: number, isRight: boolean): void {
    this.#tried[kind]++;
    if (isRight) this.#right[kind]++;
    if (this.#tried[kind] <= MOST_TRIED) return;
    this.#tried[kind] /= 2;
    this.#right[kind] /= 2;
  }

  /**
   * How many of the drafted tokens give the most tokens per time; none where the written token alone does.
   *
   * @param rowCost Time that one more row adds to the pass, as a share of a pass without drafts.
   */
  worth(kinds: readonly number[], rowCost: number): Worth {
    let best: Worth = { count: 0, rate: 1 };
    let [reached, tokens] = [1, 1];
    for (const [i, kind] of kinds.entries()) {
      reached *= this.share(kind);
      tokens += reached;
      const rate = tokens / (1 + CAUTION * rowCost * (i + 1));
      if (rate > best.rate) best = { count: i + 1, rate };
    }
    return best;
  }
}
