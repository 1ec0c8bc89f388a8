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
}

/** By state (an object that stands for itself); the least recently used entry goes first. */
export class MaskCache {
  readonly #entries = new Map<object, MaskEntry>();
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
    const [state, { mask }] = this.#entries.entries().next().value!;
    this.#entries.delete(state);
    return mask.fill(0);
  }

  get(state: object): MaskEntry | undefined {
    const entry = this.#entries.get(state);
    if (!entry) return undefined;
    this.#entries.delete(state);
    this.#entries.set(state, entry);
    return entry;
  }

  set(state: object, entry: MaskEntry): void {
    this.#entries.set(state, entry);
  }
}
