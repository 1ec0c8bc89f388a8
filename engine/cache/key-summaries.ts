// Means of every 16 keys, by which sparse attention chooses blocks of 64: of one buffer, and how far they are up to date.
import type { AnyTensor } from "../ort/tensor.js";

/** Rows that are read together, or not. */
export const BLOCK_ROWS = 64;
/** Rows that one summary stands for: four a block. */
export const GROUP_ROWS = 16;

export class KeySummaries {
  /** By layer: [kvHeads, capacity / 16, headDim] f32 */
  readonly tensors: readonly AnyTensor[];
  #rows = 0;

  constructor(tensors: readonly AnyTensor[]) {
    this.tensors = tensors;
  }

  /** Rows from the first on whose summaries are those of the keys that the buffer holds. */
  get rows(): number {
    return this.#rows;
  }

  /** Keys from `row` on have changed since they were summarized. */
  invalidate(row: number): void {
    this.#rows = Math.min(this.#rows, row);
  }

  /** A pass has summarized all rows before `row`. */
  complete(row: number): void {
    this.#rows = row;
  }

  release(): void {
    for (const tensor of this.tensors) tensor.release();
  }
}
