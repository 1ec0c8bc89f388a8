// What a row of a pass may see, as numbers added to its attention scores.
import type { Runtime } from "../ort/runtime.js";
import type { Tensor } from "../ort/tensor.js";
import type { SlotPass } from "./pass.js";

/** Small enough that a score with it has no weight, and finite: kernels subtract scores from each other. */
const HIDDEN = -1e9;
const MIN_LENGTH = 1 << 16;

export class AttentionBias {
  readonly #runtime: Runtime;
  /** Stays zero: for rows that see all before them. */
  #zeros: Float32Array = new Float32Array(MIN_LENGTH);
  /** By slot. */
  readonly #rows: Float32Array[] = [];

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** [1, 1, new rows, total rows] f32, valid until the next call for the same slot. The caller releases it. */
  tensor(slot: number, { pastLength, tokens, visible }: SlotPass): Tensor {
    const total = pastLength + tokens.length;
    const length = tokens.length * total;
    if (visible) this.#rows[slot] = grown(this.#rows[slot], length);
    else this.#zeros = grown(this.#zeros, length);
    const values = (visible ? this.#rows[slot] : this.#zeros).subarray(0, length);
    if (visible) {
      values.fill(HIDDEN);
      for (const [row, ranges] of visible.entries()) {
        for (const { start, end } of ranges) values.fill(0, row * total + start, row * total + end);
      }
    }
    return this.#runtime.createTensor(values, [1, 1, tokens.length, total]);
  }
}

function grown(buffer: Float32Array | undefined, length: number): Float32Array {
  if (buffer && buffer.length >= length) return buffer;
  return new Float32Array(Math.max(MIN_LENGTH, 2 ** Math.ceil(Math.log2(length))));
}
