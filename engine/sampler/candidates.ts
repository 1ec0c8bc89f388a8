// The tokens that sampling options leave to draw from. Most of a vocabulary is looked at only where it matters.
import type { Sampling } from "../request.js";
import type { LogitsRow } from "./logits-row.js";

/** Candidates whose probability falls below e^-30 of the best one's are never drawn. */
const NEGLIGIBLE = 30;
/** Above e^-20 of the best one's are hundreds of tokens, above e^-30 thousands; those between decide a nucleus hardly ever. */
const NEAR = 20;
/** Masks that allow no more are gone through token by token; of a larger one, the row's likeliest are looked up in the mask. */
const SMALL_MASK = 4096;

/** By how likely a token is: relative to the best one, after temperature. */
type Weight = (id: number) => number;

export interface Candidates {
  ids: readonly number[];
  weights: readonly number[];
}

/**
 * Filters in the order min-p, top-k, top-p, all on the weights after temperature.
 *
 * @param best The likeliest token that the mask allows.
 */
export function findCandidates(row: LogitsRow, mask: Uint32Array | undefined, best: number, sampling: Sampling): Candidates {
  const { values } = row;
  const weight = (id: number): number => Math.exp((values[id] - values[best]) / sampling.temperature);
  const ids = nearNucleus(row, mask, best, weight, sampling) ?? filtered(row, mask, best, weight, sampling);
  return { ids, weights: ids.map(weight) };
}

function filtered(row: LogitsRow, mask: Uint32Array | undefined, best: number, weight: Weight, { temperature, topK = 0, topP = 1, minP = 0 }: Sampling): readonly number[] {
  const { values } = row;
  const ids = allowedFrom(row, mask, values[best] + temperature * Math.max(-NEGLIGIBLE, Math.log(minP)));
  const isCut = topK > 0 && topK < ids.length;
  const top = isCut ? likeliest(ids, values, (near) => near.length >= topK).slice(0, topK) : ids;
  if (topP >= 1) return top;
  const share = topP * sum(top, weight);
  const ranked = isCut ? top : likeliest(top, values, (near) => sum(near, weight) >= share);
  return ranked.slice(0, countUntil(ranked, weight, share));
}

/** The nucleus, of near tokens alone: undefined where all others together, were they that near, could make it larger. */
function nearNucleus(row: LogitsRow, mask: Uint32Array | undefined, best: number, weight: Weight, { temperature, topK = 0, topP = 1, minP = 0 }: Sampling): readonly number[] | undefined {
  if (topP >= 1 || topK > 0 || minP > 0) return undefined;
  const { values } = row;
  const ids = allowedFrom(row, mask, values[best] - temperature * NEAR);
  const least = sum(ids, weight);
  const most = least + values.length * Math.exp(-NEAR);
  if (topP * most > least) return undefined;
  const ranked = likeliest(ids, values, (near) => sum(near, weight) >= topP * most);
  const count = countUntil(ranked, weight, topP * least);
  return count === countUntil(ranked, weight, topP * most) ? ranked.slice(0, count) : undefined;
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

function sum(ids: readonly number[], weight: Weight): number {
  return ids.reduce((total, id) => total + weight(id), 0);
}

/** How many of the first tokens it takes to reach a share. */
function countUntil(ids: readonly number[], weight: Weight, share: number): number {
  let reached = 0;
  const last = ids.findIndex((id) => (reached += weight(id)) >= share);
  return last < 0 ? ids.length : last + 1;
}

/** The allowed tokens whose logits reach `floor`, in order. */
function allowedFrom(row: LogitsRow, mask: Uint32Array | undefined, floor: number): readonly number[] {
  if (!mask) return row.idsFrom(floor);
  return idsOfSmall(mask)?.filter((id) => row.values[id] >= floor) ?? row.idsFrom(floor).filter((id) => isAllowed(mask, id));
}

/** Undefined where the mask is not small. */
function idsOfSmall(mask: Uint32Array): number[] | undefined {
  const ids: number[] = [];
  for (let word = 0; word < mask.length && ids.length <= SMALL_MASK; word++) {
    for (let bits = mask[word]; bits !== 0; bits &= bits - 1) ids.push(word * 32 + 31 - Math.clz32(bits & -bits));
  }
  return ids.length > SMALL_MASK ? undefined : ids;
}

export function isAllowed(mask: Uint32Array, id: number): boolean {
  return ((mask[id >>> 5] >>> (id & 31)) & 1) === 1;
}
