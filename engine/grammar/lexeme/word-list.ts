// A sorted list of byte strings that can be narrowed byte by byte, without building a trie of it.

const encoder = new TextEncoder();

/** Immutable. `[low, high)` is a range of words that share their first `position` bytes. */
export class WordList {
  readonly words: readonly Uint8Array[];
  /** Bytes of the longest word. */
  readonly longest: number;

  constructor(texts: Iterable<string>) {
    this.words = [...new Set(texts)].map((text) => encoder.encode(text)).toSorted(compareBytes);
    this.longest = this.words.reduce((longest, word) => Math.max(longest, word.length), 0);
  }

  /** The bytes that words of `[low, high)` have at `position`, ascending. */
  bytesAt(low: number, high: number, position: number): number[] {
    const bytes: number[] = [];
    for (let i = this.#firstAtLeast(low, high, position, 0); i < high; i = this.#firstAtLeast(i, high, position, bytes.at(-1)! + 1)) {
      bytes.push(this.words[i][position]);
    }
    return bytes;
  }

  /** The part of `[low, high)` whose byte at `position` is `byte`. */
  narrow(low: number, high: number, position: number, byte: number): [low: number, high: number] {
    const first = this.#firstAtLeast(low, high, position, byte);
    return [first, this.#firstAtLeast(first, high, position, byte + 1)];
  }

  /** Length in bytes of the shortest word of `[low, high)`. */
  shortest(low: number, high: number): number {
    let shortest = Infinity;
    for (let i = low; i < high; i++) shortest = Math.min(shortest, this.words[i].length);
    return shortest;
  }

  #firstAtLeast(low: number, high: number, position: number, byte: number): number {
    while (low < high) {
      const middle = (low + high) >>> 1;
      // A word that ends here sorts before all that go on.
      if ((this.words[middle][position] ?? -1) < byte) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
