// Byte-pair encoding of one word (Sennrich et al. 2016): the pair merged earliest in training goes first, leftmost on ties.
// `create-tokenizer.ts` feeds it the words of a text.
import type { Merge, Vocabulary } from "./vocabulary.js";

/** Ids of one word of well-formed text. */
export type WordEncoder = (word: string) => readonly number[];

const MAX_CACHED_WORDS = 1 << 16;
/** V8 makes longer substrings views of their parent: a cached one would keep a whole document alive. */
const MAX_CACHED_LENGTH = 12;

/** Encodes with a cache of short words, which is emptied when full. */
export function createWordEncoder(vocabulary: Vocabulary): WordEncoder {
  const encode = createBytePairEncoder(vocabulary);
  const cache = new Map<string, readonly number[]>();
  return (word) => {
    const known = cache.get(word);
    if (known) return known;
    const ids = encode(word);
    if (word.length <= MAX_CACHED_LENGTH) {
      if (cache.size >= MAX_CACHED_WORDS) cache.clear();
      cache.set(word, ids);
    }
    return ids;
  };
}

function createBytePairEncoder({ byteIds, merges, size }: Vocabulary): WordEncoder {
  return (word) => {
    const ids = byteTokens(word, byteIds);
    return ids.length < 2 ? ids : mergePairs(ids, (left, right) => merges.get(left * size + right));
  };
}

/** Some vocabularies lack rare bytes; a character that needs one is written as U+FFFD rather than dropped. */
function byteTokens(word: string, byteIds: Int32Array): number[] {
  const ids = Array.from(Buffer.from(word, "utf8"), (byte) => byteIds[byte]);
  if (!ids.includes(-1)) return ids;
  return Array.from(word).flatMap((character) => {
    const own = Array.from(Buffer.from(character, "utf8"), (byte) => byteIds[byte]);
    return own.includes(-1) ? Array.from(Buffer.from("\uFFFD", "utf8"), (byte) => byteIds[byte]) : own;
  });
}

/** O(n log n): a heap of (rank, position) over a linked list of symbols, so that a very long word stays affordable. */
function mergePairs(ids: number[], find: (left: number, right: number) => Merge | undefined): number[] {
  const length = ids.length;
  const next = Int32Array.from(ids, (_, i) => i + 1);
  const previous = Int32Array.from(ids, (_, i) => i - 1);
  const heap = new MinHeap();
  // rank * length + position orders by rank, then position, and stays below 2^53.
  const offer = (at: number): void => {
    const merge = at >= 0 && next[at] < length ? find(ids[at], ids[next[at]]) : undefined;
    if (merge) heap.push(merge.rank * length + at);
  };
  for (let at = 0; at < length - 1; at++) offer(at);
  while (heap.size > 0) {
    const entry = heap.pop();
    const at = entry % length;
    const merge = ids[at] >= 0 && next[at] < length ? find(ids[at], ids[next[at]]) : undefined;
    // The pair that was offered may have been merged away since; a rank belongs to one pair only.
    if (!merge || merge.rank !== (entry - at) / length) continue;
    const gone = next[at];
    ids[at] = merge.id;
    ids[gone] = -1;
    next[at] = next[gone];
    if (next[at] < length) previous[next[at]] = at;
    offer(previous[at]);
    offer(at);
  }
  return ids.filter((id) => id >= 0);
}

class MinHeap {
  readonly #items: number[] = [];

  get size(): number {
    return this.#items.length;
  }

  push(value: number): void {
    const items = this.#items;
    let at = items.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent] <= value) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = value;
  }

  pop(): number {
    const items = this.#items;
    const top = items[0];
    const last = items.pop() as number;
    if (items.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && items[child + 1] < items[child]) child++;
      if (items[child] >= last) break;
      items[at] = items[child];
      at = child;
    }
    items[at] = last;
    return top;
  }
}
