// Where in the source the text written so far may stand: ranges of an array of starts, parted by the next character when first asked.
import type { FoldedText } from "./folded-text.js";
import type { SpanSet } from "./span-set.js";

/** Fields of a range. */
const LOW = 0, HIGH = 1, CHARACTER = 2, KNOWN = 3, FIRST_CHILD = 4, CHILD_COUNT = 5, REST_DEPTH = 6, REST_BYTES = 7;
const FIELDS = 8;
const SMALL = 16;
/** The key of a start whose spans have all ended. */
const ENDED = -1;

/**
 * A suffix tree that grows only where it is walked: a range holds the starts whose spans begin alike, and keeps its
 * number while they go on alike. Parting a range reorders its starts, which changes no range around it.
 * Ranges are at most three times the starts: 100 bytes a start in the worst case, and seldom more than a few.
 */
export class CandidateTree {
  readonly #starts: Int32Array;
  #ranges = new Int32Array(64 * FIELDS);
  #rangeCount = 0;
  /** By character + 1: how many starts go on with it; all zero between two uses. */
  readonly #counts: Int32Array;

  constructor(
    private readonly source: FoldedText,
    private readonly spans: SpanSet,
  ) {
    this.#starts = spans.starts.slice();
    this.#counts = new Int32Array(source.spelling.size + 1);
    this.#addRange(0, this.#starts.length, ENDED, 0);
  }

  get isEmpty(): boolean {
    return this.#starts.length === 0;
  }

  /** The range after one more character, or -1. Range 0 at depth 0 holds all starts. */
  child(range: number, depth: number, character: number): number {
    const only = this.onlyCharacter(range, depth);
    if (only >= 0) return only === character ? range : -1;
    const record = range * FIELDS;
    const first = this.#ranges[record + FIRST_CHILD];
    let [low, high] = [first, first + this.#ranges[record + CHILD_COUNT]];
    while (low < high) {
      const middle = (low + high) >> 1;
      const found = this.#ranges[middle * FIELDS + CHARACTER];
      if (found === character) return middle;
      if (found < character) low = middle + 1;
      else high = middle;
    }
    return -1;
  }

  /** The character with which all starts go on, or -1 where they differ or some cannot. */
  onlyCharacter(range: number, depth: number): number {
    const record = range * FIELDS;
    if (depth >= this.#ranges[record + KNOWN]) {
      if (this.#ranges[record + FIRST_CHILD] >= 0) return -1;
      if (!this.#agree(record, depth)) {
        this.#part(range, depth);
        return -1;
      }
      this.#ranges[record + KNOWN] = depth + 1;
    }
    return this.source.characters[this.#starts[this.#ranges[record + LOW]] + depth];
  }

  /** Of a parted range: its characters, in order. */
  childCharacters(range: number): Int32Array {
    const record = range * FIELDS;
    const first = this.#ranges[record + FIRST_CHILD];
    return Int32Array.from({ length: this.#ranges[record + CHILD_COUNT] }, (_, i) => this.#ranges[(first + i) * FIELDS + CHARACTER]);
  }

  /** Of a parted range: the depth at which it was. */
  partedAt(range: number): number {
    return this.#ranges[range * FIELDS + KNOWN];
  }

  /** Bytes to the nearest end of a span; 0 where one ends here. */
  bytesToEnd(range: number, depth: number): number {
    const record = range * FIELDS;
    const ranges = this.#ranges;
    if (ranges[record + REST_DEPTH] === depth) return ranges[record + REST_BYTES];
    const { bytesBefore } = this.source;
    let least = Infinity;
    for (let i = ranges[record + LOW]; i < ranges[record + HIGH] && least > 0; i++) {
      const start = this.#starts[i];
      const end = this.spans.nextEnd(start, start + depth);
      if (end >= 0) least = Math.min(least, bytesBefore[end] - bytesBefore[start + depth]);
    }
    ranges[record + REST_DEPTH] = depth;
    ranges[record + REST_BYTES] = least;
    return least;
  }

  /** The starts of a range, in order. */
  startsOf(range: number): Int32Array {
    const record = range * FIELDS;
    return this.#starts.slice(this.#ranges[record + LOW], this.#ranges[record + HIGH]).toSorted();
  }

  #characterAfter(start: number, depth: number): number {
    return this.spans.nextEnd(start, start + depth + 1) < 0 ? ENDED : this.source.characters[start + depth];
  }

  #agree(record: number, depth: number): boolean {
    const low = this.#ranges[record + LOW];
    const high = this.#ranges[record + HIGH];
    const character = this.#characterAfter(this.#starts[low], depth);
    if (character === ENDED) return false;
    for (let i = low + 1; i < high; i++) if (this.#characterAfter(this.#starts[i], depth) !== character) return false;
    return true;
  }

  #part(range: number, depth: number): void {
    const record = range * FIELDS;
    const low = this.#ranges[record + LOW];
    const high = this.#ranges[record + HIGH];
    const keys = new Int32Array(high - low);
    for (let i = low; i < high; i++) keys[i - low] = this.#characterAfter(this.#starts[i], depth);
    const part = this.#starts.subarray(low, high);
    if (keys.length <= SMALL) insertionSort(part, keys);
    else this.#countingSort(part, keys);
    this.#ranges[record + FIRST_CHILD] = this.#rangeCount;
    let count = 0;
    for (let from = 0, to = 0; from < keys.length; from = to) {
      while (to < keys.length && keys[to] === keys[from]) to++;
      if (keys[from] === ENDED) continue;
      this.#addRange(low + from, low + to, keys[from], depth + 1);
      count++;
    }
    this.#ranges[record + CHILD_COUNT] = count;
  }

  #countingSort(part: Int32Array, keys: Int32Array): void {
    const counts = this.#counts;
    const present: number[] = [];
    for (const key of keys) if (counts[key + 1]++ === 0) present.push(key);
    const sorted = Int32Array.from(present).toSorted();
    let total = 0;
    for (const key of sorted) {
      const count = counts[key + 1];
      counts[key + 1] = total;
      total += count;
    }
    const starts = part.slice();
    const order = keys.slice();
    for (let i = 0; i < starts.length; i++) {
      const place = counts[order[i] + 1]++;
      part[place] = starts[i];
      keys[place] = order[i];
    }
    for (const key of sorted) counts[key + 1] = 0;
  }

  #addRange(low: number, high: number, character: number, depth: number): void {
    if ((this.#rangeCount + 1) * FIELDS > this.#ranges.length) {
      const grown = new Int32Array(this.#ranges.length * 2);
      grown.set(this.#ranges);
      this.#ranges = grown;
    }
    this.#ranges.set([low, high, character, depth, -1, 0, -1, 0], this.#rangeCount++ * FIELDS);
  }
}

function insertionSort(values: Int32Array, keys: Int32Array): void {
  for (let i = 1; i < keys.length; i++) {
    const [key, value] = [keys[i], values[i]];
    let at = i;
    for (; at > 0 && keys[at - 1] > key; at--) {
      keys[at] = keys[at - 1];
      values[at] = values[at - 1];
    }
    keys[at] = key;
    values[at] = value;
  }
}
