// Picks the next token from the logits, under a mask and the request's sampling options.
import { RuntimeError } from "../error/runtime-error.js";
import type { Sampling } from "../request.js";
import { LogitsRow } from "./logits-row.js";
import { createRandom } from "./random.js";

export interface SampledToken {
  id: number;
  /** Natural logarithm of the model's own probability, before masks and temperature. */
  logprob: number;
}

/** Candidates whose probability falls below e^-30 of the best one's are never drawn. */
const NEGLIGIBLE = 30;
/** Masks that allow no more are gone through token by token; of a larger one, the row's likeliest are looked up in the mask. */
const SMALL_MASK = 4096;

export class Sampler {
  readonly #sampling: Sampling;
  readonly #random: () => number;

  constructor(sampling: Sampling) {
    this.#sampling = sampling;
    this.#random = createRandom(sampling.seed ?? 0);
  }

  /**
   * @param logits Samples of one row share one object, which then works out only once what they have in common.
   * @param mask One bit per token; all tokens are allowed where there is none.
   * @throws RuntimeError where the logits are no numbers.
   */
  sample(logits: LogitsRow | Float32Array, mask?: Uint32Array): SampledToken {
    const row = logits instanceof LogitsRow ? logits : new LogitsRow(logits);
    const best = likeliestAllowed(row, mask);
    if (Number.isNaN(row.values[best])) {
      throw new RuntimeError("The model computed values that are no numbers.", { hint: "Its file may be damaged: fetch it again." });
    }
    const id = this.#sampling.temperature === 0 ? best : this.#draw(row, mask, row.values[best]);
    return { id, logprob: row.logProbability(id) };
  }

  /** An index drawn by the given weights; the largest where sampling is greedy. */
  pick(weights: readonly number[]): number {
    if (this.#sampling.temperature === 0) return weights.indexOf(Math.max(...weights));
    return this.#pickByWeight(weights.map((weight) => weight ** (1 / this.#sampling.temperature)));
  }

  /** Filters in the order min-p, top-k, top-p, all on the weights after temperature. */
  #draw(row: LogitsRow, mask: Uint32Array | undefined, best: number): number {
    const { temperature, topK = 0, topP = 1, minP = 0 } = this.#sampling;
    const logits = row.values;
    const weight = (id: number): number => Math.exp((logits[id] - best) / temperature);
    let ids = candidates(row, mask, best + temperature * Math.max(-NEGLIGIBLE, Math.log(minP)));
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

/** The allowed tokens whose logits reach `floor`, in order. */
function candidates(row: LogitsRow, mask: Uint32Array | undefined, floor: number): readonly number[] {
  if (!mask) return row.idsFrom(floor);
  return allowedIds(mask)?.filter((id) => row.values[id] >= floor) ?? row.idsFrom(floor).filter((id) => isAllowed(mask, id));
}

/** Undefined where the mask is not small. */
function allowedIds(mask: Uint32Array): number[] | undefined {
  const ids: number[] = [];
  for (let word = 0; word < mask.length && ids.length <= SMALL_MASK; word++) {
    for (let bits = mask[word]; bits !== 0; bits &= bits - 1) ids.push(word * 32 + 31 - Math.clz32(bits & -bits));
  }
  return ids.length > SMALL_MASK ? undefined : ids;
}

function isAllowed(mask: Uint32Array, id: number): boolean {
  return ((mask[id >>> 5] >>> (id & 31)) & 1) === 1;
}
