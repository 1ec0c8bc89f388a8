// The keys and values of one token tree: a row a token, updated in place by forward passes. `token-tree.ts` says what a row is.
import type { DecoderConfig } from "../checkpoint/checkpoint.js";
import type { RowRange } from "../forward/pass.js";
import { Tensor, type AnyTensor } from "../ort/tensor.js";
import type { KeySummaries } from "./key-summaries.js";

export interface KvTensors {
  /** By layer: [1, kvHeads, capacity, headDim], f32 or f16 */
  keys: readonly AnyTensor[];
  /** By layer: [1, kvHeads, capacity, headDim], f32 or f16 */
  values: readonly AnyTensor[];
  summaries: KeySummaries;
}

/** Bytes that one row takes in all layers, as f32. */
export function kvRowBytes({ layerCount, kvHeadCount, headSize }: DecoderConfig): number {
  return layerCount * 2 * kvHeadCount * headSize * Float32Array.BYTES_PER_ELEMENT;
}

export class KvBuffer {
  readonly capacity: number;
  /** Whether rows can be copied and moved here; those on a device stay where they are. */
  readonly isHostVisible: boolean;
  readonly keys: readonly AnyTensor[];
  readonly values: readonly AnyTensor[];
  /** Of the keys, for choosing among them. */
  readonly summaries: KeySummaries;
  readonly #rowSize: number;

  constructor({ keys, values, summaries }: KvTensors, { headSize }: DecoderConfig, capacity: number) {
    this.isHostVisible = keys.every((tensor) => tensor instanceof Tensor);
    this.keys = keys;
    this.values = values;
    this.summaries = summaries;
    this.capacity = capacity;
    this.#rowSize = headSize;
  }

  /** Takes over the first rows of another buffer, which may be of another capacity. */
  copyRows(from: KvBuffer, count: number): void {
    this.summaries.invalidate(0);
    this.#eachTensor((tensor, index) => {
      const source = from.#tensor(index);
      for (let head = 0; head < this.#headCount(tensor); head++) {
        const start = head * from.capacity * this.#rowSize;
        tensor.set(source.subarray(start, start + count * this.#rowSize), head * this.capacity * this.#rowSize);
      }
    });
  }

  /** A copy of rows: [keys and values, layers, kvHeads, rows, headDim] f32. */
  exportRows(ranges: readonly RowRange[]): Float32Array {
    const count = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
    const rows = new Float32Array(2 * this.keys.length * this.#headCount(this.#tensor(0)) * count * this.#rowSize);
    let done = 0;
    this.#eachHead((tensor, head) => {
      for (const { start, end } of ranges) {
        const from = tensor.subarray((head * this.capacity + start) * this.#rowSize, (head * this.capacity + end) * this.#rowSize);
        rows.set(from, done);
        done += from.length;
      }
    });
    return rows;
  }

  /** Takes over the first `count` of rows that `exportRows` gave. */
  importRows(rows: Float32Array, count: number): void {
    this.summaries.invalidate(0);
    const stride = rows.length / (2 * this.keys.length * this.#headCount(this.#tensor(0)));
    let start = 0;
    this.#eachHead((tensor, head) => {
      tensor.set(rows.subarray(start, start + count * this.#rowSize), head * this.capacity * this.#rowSize);
      start += stride;
    });
  }

  /** Moves rows to another place of the same buffer; the two ranges may overlap. */
  moveRows(from: number, to: number, count: number): void {
    this.summaries.invalidate(to);
    this.#eachTensor((tensor) => {
      for (let head = 0; head < this.#headCount(tensor); head++) {
        const start = head * this.capacity;
        tensor.copyWithin((start + to) * this.#rowSize, (start + from) * this.#rowSize, (start + from + count) * this.#rowSize);
      }
    });
  }

  release(): void {
    for (const tensor of [...this.keys, ...this.values]) tensor.release();
    this.summaries.release();
  }

  #eachTensor(visit: (data: Float32Array, index: number) => void): void {
    for (let index = 0; index < this.keys.length * 2; index++) visit(this.#tensor(index), index);
  }

  #eachHead(visit: (data: Float32Array, head: number) => void): void {
    this.#eachTensor((tensor) => {
      for (let head = 0; head < this.#headCount(tensor); head++) visit(tensor, head);
    });
  }

  #tensor(index: number): Float32Array {
    const tensors = index < this.keys.length ? this.keys : this.values;
    const tensor = tensors[index % this.keys.length];
    if (!(tensor instanceof Tensor)) throw new Error("Rows that lie on a device cannot be copied.");
    // Half floats are moved as the numbers of their bits.
    return tensor.data as Float32Array;
  }

  #headCount(tensor: Float32Array): number {
    return tensor.length / (this.capacity * this.#rowSize);
  }
}
