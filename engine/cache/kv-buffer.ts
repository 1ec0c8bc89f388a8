// The keys and values of one token tree: a row a token, updated in place by forward passes. `token-tree.ts` says what a row is.
import type { DecoderConfig } from "../checkpoint/checkpoint.js";
import type { RowRange } from "../forward/pass.js";
import type { StateType } from "../ort/runtime.js";
import { Tensor, type AnyTensor } from "../ort/tensor.js";
import type { KeySummaries } from "./key-summaries.js";

export interface KvTensors {
  /** By layer: [1, kvHeads, capacity, headDim], f32, f16 or int8 */
  keys: readonly AnyTensor[];
  /** By layer: [1, kvHeads, capacity, headDim], f32, f16 or int8 */
  values: readonly AnyTensor[];
  summaries: KeySummaries;
}

/** Half floats are moved as the numbers of their bits. */
const ROWS = { f32: Float32Array, f16: Uint16Array, int8: Int8Array } satisfies Record<StateType, unknown>;

export type KvRows = Float32Array | Uint16Array | Int8Array;

/** Bytes that one row takes in all layers. */
export function kvRowBytes({ layerCount, kvHeadCount, headSize }: DecoderConfig, type: StateType): number {
  return layerCount * 2 * kvHeadCount * headSize * ROWS[type].BYTES_PER_ELEMENT;
}

/** Zeros of so many bytes, to be read into. */
export function createRows(type: StateType, sizeBytes: number): KvRows {
  return new ROWS[type](sizeBytes / ROWS[type].BYTES_PER_ELEMENT);
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

  /** A copy of rows: [keys and values, layers, kvHeads, rows, headDim]. */
  exportRows(ranges: readonly RowRange[]): KvRows {
    const count = ranges.reduce((sum, { start, end }) => sum + end - start, 0);
    const first = this.#tensor(0);
    const Rows = first.constructor as new (length: number) => KvRows;
    const rows = new Rows(2 * this.keys.length * this.#headCount(first) * count * this.#rowSize);
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
  importRows(rows: KvRows, count: number): void {
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

  #eachTensor(visit: (data: KvRows, index: number) => void): void {
    for (let index = 0; index < this.keys.length * 2; index++) visit(this.#tensor(index), index);
  }

  #eachHead(visit: (data: KvRows, head: number) => void): void {
    this.#eachTensor((tensor) => {
      for (let head = 0; head < this.#headCount(tensor); head++) visit(tensor, head);
    });
  }

  #tensor(index: number): KvRows {
    const tensors = index < this.keys.length ? this.keys : this.values;
    const tensor = tensors[index % this.keys.length];
    if (!(tensor instanceof Tensor)) throw new Error("Rows that lie on a device cannot be copied.");
    return tensor.data as KvRows;
  }

  #headCount(tensor: KvRows): number {
    return tensor.length / (this.capacity * this.#rowSize);
  }
}
