// Maps the 256-weight "K" block formats of GGUF (Q4_K, Q5_K, Q6_K) to `QuantizedWeight`, exactly.
// Layouts: ggml-common.h and dequantize_row_q4_K ... q6_K of ggml.
import { packNibbles } from "./legacy-blocks.js";
import type { QuantizedWeight } from "./quantized-weight.js";

const SUPER = 256;

interface BlockReader {
  raw: Uint8Array;
  half: Float32Array;
  rows: number;
  columns: number;
}

/** Q4_K: scale * q - minimum, written as scale * (q - 8) + (8 scale - minimum); blocks of 32. */
export function mapQ4K({ raw, half, rows, columns }: BlockReader): QuantizedWeight {
  const superCount = (rows * columns) / SUPER;
  const quants = new Uint8Array((rows * columns) / 2);
  const scales = new Float32Array(superCount * 8);
  const offsets = new Float32Array(superCount * 8);
  for (let block = 0, at = 0; block < superCount; block++, at += 144) {
    readScales(raw, half, at, scales, offsets, block * 8);
    for (let i = 0; i < 8; i++) offsets[block * 8 + i] += 8 * scales[block * 8 + i];
    for (let j = 0; j < 4; j++) packNibbles(raw, at + 16 + 32 * j, quants, block * 128 + 32 * j, 32);
  }
  return { rows, columns, bits: 4, blockSize: 32, quants, scales, offsets };
}

/** Q5_K: scale * q - minimum in 8 bits, written as scale * (q - 16) + (16 scale - minimum); blocks of 32. */
export function mapQ5K({ raw, half, rows, columns }: BlockReader): QuantizedWeight {
  const superCount = (rows * columns) / SUPER;
  const quants = new Uint8Array(rows * columns);
  const scales = new Float32Array(superCount * 8);
  const offsets = new Float32Array(superCount * 8);
  for (let block = 0, at = 0; block < superCount; block++, at += 176) {
    readScales(raw, half, at, scales, offsets, block * 8);
    for (let i = 0; i < 8; i++) offsets[block * 8 + i] += 16 * scales[block * 8 + i];
    const high = at + 16;
    for (let j = 0; j < 4; j++) {
      const low = at + 48 + 32 * j;
      const to = block * SUPER + 64 * j;
      for (let i = 0; i < 32; i++) {
        const bits = raw[high + i] >> (2 * j);
        quants[to + i] = ((raw[low + i] & 15) | ((bits & 1) << 4)) + 112;
        quants[to + i + 32] = ((raw[low + i] >> 4) | ((bits & 2) << 3)) + 112;
      }
    }
  }
  return { rows, columns, bits: 8, blockSize: 32, quants, scales, offsets };
}

/** Q6_K: scale * (q - 32) in 8 bits; blocks of 16. */
export function mapQ6K({ raw, half, rows, columns }: BlockReader): QuantizedWeight {
  const superCount = (rows * columns) / SUPER;
  const quants = new Uint8Array(rows * columns);
  const scales = new Float32Array(superCount * 16);
  for (let block = 0, at = 0; block < superCount; block++, at += 210) {
    const scale = half[raw[at + 208] | (raw[at + 209] << 8)];
    for (let i = 0; i < 16; i++) scales[block * 16 + i] = scale * ((raw[at + 192 + i] << 24) >> 24);
    for (let part = 0; part < 2; part++) {
      const low = at + 64 * part;
      const high = at + 128 + 32 * part;
      const to = block * SUPER + 128 * part;
      for (let i = 0; i < 32; i++) {
        const bits = raw[high + i];
        quants[to + i] = ((raw[low + i] & 15) | ((bits & 3) << 4)) + 96;
        quants[to + i + 32] = ((raw[low + i + 32] & 15) | ((bits & 12) << 2)) + 96;
        quants[to + i + 64] = ((raw[low + i] >> 4) | (bits & 48)) + 96;
        quants[to + i + 96] = ((raw[low + i + 32] >> 4) | ((bits & 192) >> 2)) + 96;
      }
    }
  }
  return { rows, columns, bits: 8, blockSize: 16, quants, scales };
}

/** Eight 6-bit scales and minima, packed into 12 bytes after the two halves; minima are written negated. */
function readScales(
  raw: Uint8Array,
  half: Float32Array,
  at: number,
  scales: Float32Array,
  offsets: Float32Array,
  to: number,
): void {
  const scale = half[raw[at] | (raw[at + 1] << 8)];
  const minimum = half[raw[at + 2] | (raw[at + 3] << 8)];
  for (let j = 0; j < 4; j++) {
    const a = raw[at + 4 + j];
    const b = raw[at + 8 + j];
    const c = raw[at + 12 + j];
    scales[to + j] = scale * (a & 63);
    offsets[to + j] = -minimum * (b & 63);
    scales[to + j + 4] = scale * ((c & 15) | ((a >> 6) << 4));
    offsets[to + j + 4] = -minimum * ((c >> 4) | ((b >> 6) << 4));
  }
}
