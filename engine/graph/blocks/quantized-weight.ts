// The common form that all block formats of a model file are mapped to, and back to plain numbers.
// weight = scale * (quant - zeroPoint) + offset, each block of a row with its own scale and offset.

/** A matrix of `rows` outputs by `columns` inputs, quantized along its rows in blocks. */
export interface QuantizedWeight {
  rows: number;
  columns: number;
  bits: 4 | 8;
  blockSize: number;
  /** [rows, columns * bits / 8] u8; of two 4-bit quants in a byte the even column is the low one. */
  quants: Uint8Array;
  /** [rows, columns / blockSize] f32 */
  scales: Float32Array;
  /** [rows, columns / blockSize] f32; missing where the format has none. */
  offsets?: Float32Array;
  /** [rows, ceil(blocksPerRow * bits / 8)] u8, packed as the quants; missing: half of the quants' range. */
  zeroPoints?: Uint8Array;
}

/** Half of the range: what MatMulNBits and GatherBlockQuantized assume where no zero points are given. */
function defaultZeroPoint(bits: 4 | 8): number {
  return bits === 4 ? 8 : 128;
}

/** One row as plain numbers. [columns] f32 */
export function dequantizeRow(weight: QuantizedWeight, row: number, out: Float32Array): Float32Array {
  const { columns, bits, blockSize, quants, scales, offsets } = weight;
  const zeroPoint = defaultZeroPoint(bits);
  const blockCount = columns / blockSize;
  for (let column = 0; column < columns; column++) {
    const at = row * columns + column;
    const quant = bits === 8 ? quants[at] : (quants[at >> 1] >> ((at & 1) * 4)) & 15;
    const block = row * blockCount + Math.floor(column / blockSize);
    out[column] = scales[block] * (quant - zeroPoint) + (offsets?.[block] ?? 0);
  }
  return out;
}
