// Reads the primitive values of a GGUF header from a buffer; `gguf.ts` gives them their meaning.
// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
import type { MetadataValue } from "./checkpoint.js";

/** Thrown when the buffer ends inside a value: the caller reads more of the file and starts over. */
export class NeedMoreBytes extends Error {}

/** Bytes that a value of a type takes at least; of those not listed, 1. */
const SMALLEST_BYTES = new Map([[2, 2], [3, 2], [4, 4], [5, 4], [6, 4], [8, 8], [9, 12], [10, 8], [11, 8], [12, 8]]);

/** A little-endian read position in a buffer. */
export class GgufCursor {
  position = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  uint32(): number {
    return this.#bytes.readUInt32LE(this.#take(4));
  }

  /** Counts and offsets; a file that states one beyond 2^53 is damaged. */
  uint64(): number {
    return Number(this.#bytes.readBigUInt64LE(this.#take(8)));
  }

  string(): string {
    const length = this.uint64();
    const start = this.#take(length);
    return this.#bytes.toString("utf8", start, start + length);
  }

  value(type: number): MetadataValue {
    if (type === 8) return this.string();
    if (type === 9) return this.#array();
    if (type === 10 || type === 11) {
      const at = this.#take(8);
      return type === 10 ? this.#bytes.readBigUInt64LE(at) : this.#bytes.readBigInt64LE(at);
    }
    if (type === 7) return this.#bytes[this.#take(1)] !== 0;
    return this.#number(type);
  }

  #number(type: number): number {
    const b = this.#bytes;
    switch (type) {
      case 0: return b.readUInt8(this.#take(1));
      case 1: return b.readInt8(this.#take(1));
      case 2: return b.readUInt16LE(this.#take(2));
      case 3: return b.readInt16LE(this.#take(2));
      case 4: return b.readUInt32LE(this.#take(4));
      case 5: return b.readInt32LE(this.#take(4));
      case 6: return b.readFloatLE(this.#take(4));
      case 12: return b.readDoubleLE(this.#take(8));
      default: throw new RangeError(`unknown metadata type ${type}`);
    }
  }

  #array(): MetadataValue {
    const type = this.uint32();
    const count = this.uint64();
    // Memory is only taken for what the buffer can hold.
    if (count * (SMALLEST_BYTES.get(type) ?? 1) > this.#bytes.length - this.position) throw new NeedMoreBytes();
    if (type >= 7 && type <= 11) return Array.from({ length: count }, () => this.value(type));
    const numbers = new Float64Array(count);
    for (let i = 0; i < count; i++) numbers[i] = this.#number(type);
    return numbers;
  }

  #take(count: number): number {
    const at = this.position;
    if (at + count > this.#bytes.length) throw new NeedMoreBytes();
    this.position = at + count;
    return at;
  }
}
