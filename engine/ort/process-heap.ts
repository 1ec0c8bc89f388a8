// How the process's heap treats freed blocks: sessions come and go with hundreds of megabytes. glibc only (mallopt(3),
// malloc_trim(3)); other systems return freed blocks by themselves, or offer no such calls.
import { loadNative } from "./native-library.js";

const M_TRIM_THRESHOLD = -1;
const M_MMAP_THRESHOLD = -3;
/** Blocks from here on are mapped by themselves while a session opens, and so are gone when they are freed. */
const APART_BYTES = 1 << 20;
/** The largest threshold that glibc raises its own to, as blocks of that size are freed, and what goes with it. */
const USUAL_BYTES = 32 << 20;

export class ProcessHeap {
  readonly #trim: (padBytes: number) => number;
  readonly #setOption: (option: number, value: number) => number;
  #openings = 0;

  constructor() {
    const functions = bindGlibc();
    this.#trim = functions.trim;
    this.#setOption = functions.setOption;
  }

  /**
   * Runs what allocates and frees many large blocks, which else stay behind in pieces: opening seven more graphs of
   * the 0.5B left 100 MiB, so it leaves 40.
   */
  async withBlocksApart<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#openings++ === 0) this.#setOption(M_MMAP_THRESHOLD, APART_BYTES);
    try {
      return await work();
    } finally {
      if (--this.#openings === 0) {
        this.#setOption(M_MMAP_THRESHOLD, USUAL_BYTES);
        this.#setOption(M_TRIM_THRESHOLD, 2 * USUAL_BYTES);
        this.returnFreed();
      }
    }
  }

  returnFreed(): void {
    this.#trim(0);
  }
}

function bindGlibc(): { trim: (padBytes: number) => number; setOption: (option: number, value: number) => number } {
  if (process.platform === "linux") {
    try {
      const libc = loadNative("libc.so.6");
      return { trim: libc.func("malloc_trim", "int", ["size_t"]), setOption: libc.func("mallopt", "int", ["int", "int"]) };
    } catch {
      // musl has neither.
    }
  }
  return { trim: () => 0, setOption: () => 0 };
}
