// Maps the 32-weight block formats of GGUF (Q4_0, Q4_1, Q5_0, Q5_1, Q8_0) to `QuantizedWeight`, exactly.
// Layouts: ggml-common.h of ggml (block_q4_0 ... block_q8_0).
import type { QuantizedWeight } from "./quantized-weight.js";

const BLOCK = 32;

interface BlockReader {
  raw: Uint8Array;
  /** Half precision by bit pattern. */
  half: Float32Array;
  rows: number;
  columns: number;
}

/** Q4_0: d * (q - 8). Q4_1: d * q + m, written as d * (q - 8) + (8 d + m). */
export function mapQ4(reader: BlockReader, hasMinimum: boolean): QuantizedWeight {
  const { raw, half, rows, columns } = reader;
  const blockCount = (rows * columns) / BLOCK;
  const blockBytes = hasMinimum ? 20 : 18;
  const quants = new Uint8Array((rows * columns) / 2);
  const scales = new Float32Array(blockCount);
  const offsets = hasMinimum ? new Float32Array(blockCount) : undefined;
  for (let block = 0, at = 0; block < blockCount; block++, at += blockBytes) {
    const scale = half[raw[at] | (raw[at + 1] << 8)];
    scales[block] = scale;
    if (offsets) offsets[block] = 8 * scale + half[raw[at + 2] | (raw[at + 3] << 8)];
    packNibbles(raw, at + blockBytes - 16, quants, block * 16, 16);
  }
  return { rows, columns, bits: 4, blockSize: BLOCK, quants, scales, offsets };
}

/** Q5_0: d * (q - 16). Q5_1: d * q + m, written as d * (q - 16) + (16 d + m). Both in 8 bits. */
export function mapQ5(reader: BlockReader, hasMinimum: boolean): QuantizedWeight {
  const { raw, half, rows, columns } = reader;
  const blockCount = (rows * columns) / BLOCK;
  const blockBytes = hasMinimum ? 24 : 22;
  const quants = new Uint8Array(rows * columns);
  const scales = new Float32Array(blockCount);
  const offsets = hasMinimum ? new Float32Array(blockCount) : undefined;
  for (let block = 0, at = 0; block < blockCount; block++, at += blockBytes) {
    scales[block] = half[raw[at] | (raw[at + 1] << 8)];
    if (offsets) offsets[block] = 16 * scales[block] + half[raw[at + 2] | (raw[at + 3] << 8)];
    const nibbles = at + blockBytes - 16;
    const high = raw[nibbles - 4] | (raw[nibbles - 3] << 8) | (raw[nibbles - 2] << 16) | (raw[nibbles - 1] << 24);
    const to = block * BLOCK;
    for (let i = 0; i < 16; i++) {
      const byte = raw[nibbles + i];
      quants[to + i] = ((byte & 15) | (((high >>> i) & 1) << 4)) + 112;
      quants[to + i + 16] = ((byte >> 4) | (((high >>> (i + 16)) & 1) << 4)) + 112;
    }
  }
  return { rows, columns, bits: 8, blockSize: BLOCK, quants, scales, offsets };
}

/** Q8_0: d * q, q signed. */
export function mapQ8({ raw, half, rows, columns }: BlockReader): QuantizedWeight {
  const blockCount = (rows * columns) / BLOCK;
  const quants = new Uint8Array(rows * columns);
  const scales = new Float32Array(blockCount);
  for (let block = 0, at = 0; block < blockCount; block++, at += 34) {
    scales[block] = half[raw[at] | (raw[at + 1] << 8)];
    const to = block * BLOCK;
    for (let i = 0; i < BLOCK; i++) quants[to + i] = raw[at + 2 + i] ^ 128;
  }
  return { rows, columns, bits: 8, blockSize: BLOCK, quants, scales };
}

/**
 * GGUF keeps weight i and weight i + `half` of a block in one byte; ours are neighbours.
 * Writes 2 * `half` quants: the low nibbles' first, then the high ones'.
 */
export function packNibbles(raw: Uint8Array, from: number, quants: Uint8Array, to: number, half: number): void {
  const highTo = to + half / 2;
  for (let i = 0; i < half / 2; i++) {
    const even = raw[from + 2 * i];
    const odd = raw[from + 2 * i + 1];
    quants[to + i] = (even & 15) | ((odd & 15) << 4);
    quants[highTo + i] = (even >> 4) | (odd & 0xf0);
  }
}
