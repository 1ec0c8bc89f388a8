// Picks the next token from the logits, under a mask and the request's sampling options.
import type { Sampling } from "../request.js";
import { logSumExp } from "./log-probabilities.js";
import { createRandom } from "./random.js";

export interface SampledToken {
  id: number;
  /** Natural logarithm of the model's own probability, before masks and temperature. */
  logprob: number;
}

/** Candidates whose probability falls below e^-30 of the best one's are never drawn. */
const NEGLIGIBLE = 30;

export class Sampler {
  readonly #sampling: Sampling;
  readonly #random: () => number;

  constructor(sampling: Sampling) {
    this.#sampling = sampling;
    this.#random = createRandom(sampling.seed ?? 0);
  }

  /**
   * @param logits [vocabulary] f32
   * @param mask One bit per token; all tokens are allowed where there is none.
   */
  sample(logits: Float32Array, mask?: Uint32Array): SampledToken {
    const best = argmax(logits, mask);
    const id = this.#sampling.temperature === 0 ? best : this.#draw(logits, mask, logits[best]);
    return { id, logprob: logits[id] - logSumExp(logits) };
  }

  /** An index drawn by the given weights; the largest where sampling is greedy. */
  pick(weights: readonly number[]): number {
    if (this.#sampling.temperature === 0) return weights.indexOf(Math.max(...weights));
    return this.#pickByWeight(weights.map((weight) => weight ** (1 / this.#sampling.temperature)));
  }

  #draw(logits: Float32Array, mask: Uint32Array | undefined, best: number): number {
    const { temperature } = this.#sampling;
    const floor = best - NEGLIGIBLE * temperature;
    const ids: number[] = [];
    forEachAllowed(logits.length, mask, (id) => {
      if (logits[id] > floor || logits[id] === best) ids.push(id);
    });
    ids.sort((a, b) => logits[b] - logits[a] || a - b);
    const weights = ids.map((id) => Math.exp((logits[id] - best) / temperature));
    return ids[this.#pickByWeight(weights.slice(0, this.#keepCount(weights)))];
  }

  /** How many of the candidates, most likely first, pass top-k, min-p and top-p (in this order). */
  #keepCount(weights: readonly number[]): number {
    const { topK = 0, topP = 1, minP = 0 } = this.#sampling;
    let count = topK > 0 ? Math.min(topK, weights.length) : weights.length;
    if (minP > 0) {
      while (count > 1 && weights[count - 1] < minP * weights[0]) count--;
    }
    if (topP < 1) {
      let total = 0;
      for (let i = 0; i < count; i++) total += weights[i];
      let sum = 0;
      for (let i = 0; i < count; i++) {
        sum += weights[i];
        if (sum >= topP * total) return i + 1;
      }
    }
    return count;
  }

  #pickByWeight(weights: readonly number[]): number {
    let rest = this.#random() * weights.reduce((sum, weight) => sum + weight, 0);
    for (let i = 0; i < weights.length; i++) {
      rest -= weights[i];
      if (rest < 0) return i;
    }
    return weights.length - 1;
  }
}

function argmax(logits: Float32Array, mask: Uint32Array | undefined): number {
  let best = -1;
  if (!mask) {
    best = 0;
    for (let id = 1; id < logits.length; id++) if (logits[id] > logits[best]) best = id;
    return best;
  }
  forEachAllowed(logits.length, mask, (id) => {
    if (best < 0 || logits[id] > logits[best]) best = id;
  });
  if (best < 0) throw new RangeError("the mask allows no token");
  return best;
}

function forEachAllowed(count: number, mask: Uint32Array | undefined, visit: (id: number) => void): void {
  if (!mask) {
    for (let id = 0; id < count; id++) visit(id);
    return;
  }
  for (let word = 0; word < mask.length; word++) {
    for (let bits = mask[word]; bits !== 0; bits &= bits - 1) visit(word * 32 + 31 - Math.clz32(bits & -bits));
  }
}
