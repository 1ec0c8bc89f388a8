// Picks the next token from the logits, under a mask and the request's sampling options.
import { RuntimeError } from "../error/runtime-error.js";
import type { Sampling } from "../request.js";
import { findCandidates, isAllowed } from "./candidates.js";
import type { LogitsRow } from "./logits-row.js";
import { createRandom } from "./random.js";

export interface SampledToken {
  id: number;
  /** Natural logarithm of the model's own probability, before masks and temperature. */
  logprob: number;
}

export class Sampler {
  readonly #sampling: Sampling;
  readonly #random: () => number;

  constructor(sampling: Sampling) {
    this.#sampling = sampling;
    this.#random = createRandom(sampling.seed ?? 0);
  }

  /**
   * @param row Samples of one row share one object, which then works out only once what they have in common.
   * @param mask One bit per token; all tokens are allowed where there is none.
   * @throws RuntimeError where the logits are no numbers.
   */
  sample(row: LogitsRow, mask?: Uint32Array): SampledToken {
    const best = likeliestAllowed(row, mask);
    if (Number.isNaN(row.values[best])) {
      throw new RuntimeError("The model computed values that are no numbers.", { hint: "Its file may be damaged: fetch it again." });
    }
    const id = this.#sampling.temperature === 0 ? best : this.#draw(row, mask, best);
    return { id, logprob: row.logProbability(id) };
  }

  /** An index drawn by the given weights; the largest where sampling is greedy. */
  pick(weights: readonly number[]): number {
    if (this.#sampling.temperature === 0) return weights.indexOf(Math.max(...weights));
    return this.#pickByWeight(weights.map((weight) => weight ** (1 / this.#sampling.temperature)));
  }

  #draw(row: LogitsRow, mask: Uint32Array | undefined, best: number): number {
    const { ids, weights } = findCandidates(row, mask, best, this.#sampling);
    return ids[this.#pickByWeight(weights)];
  }

  #pickByWeight(weights: readonly number[]): number {
    let rest = this.#random() * weights.reduce((total, weight) => total + weight, 0);
    for (let i = 0; i < weights.length; i++) {
      rest -= weights[i];
      if (rest < 0) return i;
    }
    return weights.length - 1;
  }
}

function likeliestAllowed(row: LogitsRow, mask: Uint32Array | undefined): number {
  if (!mask || isAllowed(mask, row.best)) return row.best;
  const { values } = row;
  let best = -1;
  for (let word = 0; word < mask.length; word++) {
    for (let bits = mask[word]; bits !== 0; bits &= bits - 1) {
      const id = word * 32 + 31 - Math.clz32(bits & -bits);
      if (best < 0 || values[id] > values[best]) best = id;
    }
  }
  if (best < 0) throw new RangeError("the mask allows no token");
  return best;
}
