// Kept token masks of all grammars of one vocabulary, within one bound of memory.

const CAPACITY_BYTES = 64 << 20;
const MIN_ENTRIES = 16;

/** A token mask and what is known of where its tokens lead. */
export interface MaskEntry {
  readonly mask: Uint32Array;
  /** No allowed token leaves the end further away than this, in bytes. */
  readonly mostBytes: number;
  /** The same in tokens, once asked for. */
  mostTokens: number | undefined;
  /** Whether the words are still this mask's own. */
  isKept: boolean;
}

/**
 * The least recently used entry goes first. States hold their entries; the cache holds no state, so that a grammar
 * (and the sources its strings are copied from) can go while its masks wait to be used again.
 */
export class MaskCache {
  readonly #entries = new Set<MaskEntry>();
  readonly #capacity: number;

  constructor(private readonly maskWords: number) {
    this.#capacity = Math.max(MIN_ENTRIES, Math.floor(CAPACITY_BYTES / (maskWords * Uint32Array.BYTES_PER_ELEMENT)));
  }

  /**
   * A mask of no tokens. Where the cache is full it takes the words of the mask that was asked for longest ago:
   * masks are too many to be made and thrown away.
   */
  createMask(): Uint32Array {
    if (this.#entries.size < this.#capacity) return new Uint32Array(this.maskWords);
    const oldest: MaskEntry = this.#entries.values().next().value!;
    oldest.isKept = false;
    this.#entries.delete(oldest);
    return oldest.mask.fill(0);
  }

  keep(mask: Uint32Array, mostBytes: number): MaskEntry {
    const entry: MaskEntry = { mask, mostBytes, mostTokens: undefined, isKept: true };
    this.#entries.add(entry);
    return entry;
  }

  /** Whether the entry is still there; it is then the last to go. */
  touch(entry: MaskEntry): boolean {
    if (!entry.isKept) return false;
    this.#entries.delete(entry);
    this.#entries.add(entry);
    return true;
  }
}
