// Finds where the end of a text has stood before, by hash chains as compressors keep them (LZ77). Symbols are bytes or token ids.

/** Places looked at; a run that has more tells little of what follows. */
const MAX_PLACES = 48;

export interface Repeat {
  /** Where the text goes on after the match. */
  end: number;
  /** Symbols that agree before it. */
  matched: number;
  /** As many places agree that far, this one included. */
  placeCount: number;
}

export interface RepeatIndexOptions {
  /** Lengths of the runs that are found by hash, the longest first: it has the fewest places. A shorter match than the last is none. */
  runs: readonly number[];
  /** A longer match is no more certain. */
  maxMatch: number;
  /** Symbols expected. */
  size: number;
}

export class RepeatIndex {
  readonly #maxMatch: number;
  readonly #chains: readonly HashChains[];
  #symbols: Int32Array;
  #length = 0;

  constructor({ runs, maxMatch, size }: RepeatIndexOptions) {
    this.#maxMatch = maxMatch;
    this.#symbols = new Int32Array(size);
    this.#chains = runs.map((run) => new HashChains(run, size));
  }

  get length(): number {
    return this.#length;
  }

  append(symbol: number): void {
    if (this.#length === this.#symbols.length) this.#symbols = grown(this.#symbols);
    this.#symbols[this.#length++] = symbol;
    for (const chains of this.#chains) chains.add(this.#symbols, this.#length);
  }

  /** The symbols from a place on, to be read only; fewer where the text ends. */
  slice(start: number, end: number): Int32Array {
    return this.#symbols.subarray(start, Math.min(end, this.#length));
  }

  /** The place that agrees longest with the end of `context`, the latest of equals, and goes on. */
  find(context: ArrayLike<number>): Repeat | undefined {
    for (const chains of this.#chains) {
      const found = context.length < chains.run ? undefined : this.#findIn(chains, context);
      if (found) return found;
    }
    return undefined;
  }

  #findIn(chains: HashChains, context: ArrayLike<number>): Repeat | undefined {
    let best: Repeat | undefined;
    let end = chains.last(context);
    for (let looked = 0; end > 0 && looked < MAX_PLACES; looked++, end = chains.before(end)) {
      const matched = end < this.#length ? this.#agreeing(context, end) : 0;
      if (matched < chains.run) continue;
      if (!best || matched > best.matched) best = { end, matched, placeCount: 1 };
      else if (matched === best.matched) best.placeCount++;
    }
    return best;
  }

  #agreeing(context: ArrayLike<number>, end: number): number {
    const most = Math.min(context.length, end, this.#maxMatch);
    let count = 0;
    while (count < most && context[context.length - 1 - count] === this.#symbols[end - 1 - count]) count++;
    return count;
  }
}

/** By the hash of a run of symbols: the places where it ends, the latest first; 0 is none. */
class HashChains {
  readonly #shift: number;
  readonly #heads: Int32Array;
  #previous: Int32Array;

  constructor(
    readonly run: number,
    size: number,
  ) {
    const bits = Math.max(8, Math.min(16, 32 - Math.clz32(size)));
    this.#shift = 32 - bits;
    this.#heads = new Int32Array(1 << bits);
    this.#previous = new Int32Array(size + 1);
  }

  add(symbols: ArrayLike<number>, end: number): void {
    if (end < this.run) return;
    if (end >= this.#previous.length) this.#previous = grown(this.#previous);
    const hash = this.#hash(symbols, end);
    this.#previous[end] = this.#heads[hash];
    this.#heads[hash] = end;
  }

  last(context: ArrayLike<number>): number {
    return this.#heads[this.#hash(context, context.length)];
  }

  before(end: number): number {
    return this.#previous[end];
  }

  #hash(symbols: ArrayLike<number>, end: number): number {
    let hash = 0;
    for (let at = end - this.run; at < end; at++) hash = Math.imul(hash, 0x2f0b) + symbols[at] + 1;
    return Math.imul(hash, 0x9e3779b1) >>> this.#shift;
  }
}

function grown(array: Int32Array): Int32Array {
  const larger = new Int32Array(array.length * 2 + 1);
  larger.set(array);
  return larger;
}
