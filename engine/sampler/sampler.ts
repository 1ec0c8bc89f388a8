// Picks the next token from the logits, under a mask and the request's sampling options.
import { RuntimeError } from "../error/runtime-error.js";
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
   * @throws RuntimeError where the logits are no numbers.
   */
  sample(logits: Float32Array, mask?: Uint32Array): SampledToken {
    const best = argmax(logits, mask);
    if (Number.isNaN(logits[best])) {
      throw new RuntimeError("The model computed values that are no numbers.", { hint: "Its file may be damaged: fetch it again." });
    }
    const id = this.#sampling.temperature === 0 ? best : this.#draw(logits, mask, logits[best]);
    return { id, logprob: logits[id] - logSumExp(logits) };
  }

  /** An index drawn by the given weights; the largest where sampling is greedy. */
  pick(weights: readonly number[]): number {
    if (this.#sampling.temperature === 0) return weights.indexOf(Math.max(...weights));
    return this.#pickByWeight(weights.map((weight) => weight ** (1 / this.#sampling.temperature)));
  }

  /** Filters in the order min-p, top-k, top-p, all on the weights after temperature. */
  #draw(logits: Float32Array, mask: Uint32Array | undefined, best: number): number {
    const { temperature, topK = 0, topP = 1, minP = 0 } = this.#sampling;
    const floor = best + temperature * Math.max(-NEGLIGIBLE, Math.log(minP));
    const weight = (id: number): number => Math.exp((logits[id] - best) / temperature);
    let ids: number[] = [];
    forEachAllowed(logits.length, mask, (id) => {
      if (logits[id] >= floor) ids.push(id);
    });
    const isCut = topK > 0 && topK < ids.length;
    if (isCut) ids = likeliest(ids, logits, (near) => near.length >= topK).slice(0, topK);
    if (topP < 1) {
      const share = topP * sum(ids, weight);
      const ranked = isCut ? ids : likeliest(ids, logits, (near) => sum(near, weight) >= share);
      ids = ranked.slice(0, countUntil(ranked, weight, share));
    }
    return ids[this.#pickByWeight(ids.map(weight))];
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

/**
 * The most likely tokens, best first: as many as `isEnough` asks for, or some more. To sort all of a vocabulary takes
 * longer than to compute its logits.
 */
function likeliest(ids: readonly number[], logits: Float32Array, isEnough: (near: readonly number[]) => boolean): number[] {
  const best = ids.reduce((largest, id) => Math.max(largest, logits[id]), Number.NEGATIVE_INFINITY);
  for (let width = 2; ; width *= 2) {
    const near = ids.filter((id) => logits[id] >= best - width);
    if (near.length === ids.length || isEnough(near)) return near.toSorted((a, b) => logits[b] - logits[a] || a - b);
  }
}

function sum(ids: readonly number[], weight: (id: number) => number): number {
  return ids.reduce((total, id) => total + weight(id), 0);
}

/** How many of the first tokens it takes to reach a share. */
function countUntil(ids: readonly number[], weight: (id: number) => number, share: number): number {
  let reached = 0;
  const last = ids.findIndex((id) => (reached += weight(id)) >= share);
  return last < 0 ? ids.length : last + 1;
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
