// What a row of a pass may see, as numbers added to its attention scores.
import type { Precision } from "../graph/decoder-graph.js";
import type { Runtime } from "../ort/runtime.js";
import type { Tensor } from "../ort/tensor.js";
import type { SlotPass } from "./pass.js";

/** Small enough that a score with it has no weight, and finite: kernels subtract scores from each other. */
export const HIDDEN = {
  f32: -1e9,
  /** -32,768 as the bits of a half float. */
  f16: 0xf800,
} as const;
const MIN_LENGTH = 1 << 16;

type Rows = Float32Array | Uint16Array;

export class AttentionBias {
  readonly #runtime: Runtime;
  /** Stays zero: for rows that see all before them. */
  #zeros: Rows;
  /** By slot. */
  readonly #rows: Rows[] = [];
  readonly #precision: Precision;

  constructor(runtime: Runtime, precision: Precision) {
    this.#runtime = runtime;
    this.#precision = precision;
    this.#zeros = this.#grown(undefined, 0);
  }

  /** [1, 1, new rows, total rows], valid until the next call for the same slot. The caller releases it. */
  tensor(slot: number, { pastLength, tokens, visible }: SlotPass): Tensor {
    const total = pastLength + tokens.length;
    const length = tokens.length * total;
    if (visible) this.#rows[slot] = this.#grown(this.#rows[slot], length);
    else this.#zeros = this.#grown(this.#zeros, length);
    const values = (visible ? this.#rows[slot] : this.#zeros).subarray(0, length);
    if (visible) {
      values.fill(HIDDEN[this.#precision]);
      for (const [row, ranges] of visible.entries()) {
        for (const { start, end } of ranges) values.fill(0, row * total + start, row * total + end);
      }
    }
    return this.#runtime.createTensor(values, [1, 1, tokens.length, total]);
  }

  #grown(buffer: Rows | undefined, length: number): Rows {
    if (buffer && buffer.length >= length) return buffer;
    const size = Math.max(MIN_LENGTH, 2 ** Math.ceil(Math.log2(length)));
    return this.#precision === "f32" ? new Float32Array(size) : new Uint16Array(size);
  }
}
