// Offsets of blocks as further columns of the same matrix, which the sums of an activation's blocks are multiplied with:
// sum of (scale * (quant - zeroPoint) + offset) * x = the product over the quants + sum over blocks of offset * (sum of x).
import type { QuantizedWeight } from "./quantized-weight.js";

/** Columns that follow the activation's own: `copies` times the sums of its blocks, padded with zeros to whole blocks. */
export interface BlockSums {
  /** Of the activation, before. */
  columns: number;
  copies: number;
}

export function sumColumns(columns: number, blockSize: number): number {
  return Math.ceil(columns / blockSize / blockSize) * blockSize;
}

/**
 * The matrix without offsets. 8 bits hold them in one column a block; of 4 bits there are two, the second for what
 * the first leaves: 1/210 of the largest of a block of offsets.
 */
export function appendOffsets(weight: QuantizedWeight & { offsets: Float32Array }): { weight: QuantizedWeight; sums: BlockSums } {
  const { rows, columns, bits, blockSize } = weight;
  const copies = bits === 4 ? 2 : 1;
  const added = copies * sumColumns(columns, blockSize);
  const total = columns + added;
  const extended: QuantizedWeight = {
    rows, columns: total, bits, blockSize,
    quants: new Uint8Array((rows * total * bits) / 8),
    scales: new Float32Array((rows * total) / blockSize),
  };
  const rowBytes = (columns * bits) / 8;
  const rowBlocks = columns / blockSize;
  for (let row = 0; row < rows; row++) {
    extended.quants.set(weight.quants.subarray(row * rowBytes, (row + 1) * rowBytes), (row * total * bits) / 8);
    extended.scales.set(weight.scales.subarray(row * rowBlocks, (row + 1) * rowBlocks), (row * total) / blockSize);
    const rest = new Float32Array(added / copies);
    rest.set(weight.offsets.subarray(row * rowBlocks, (row + 1) * rowBlocks));
    for (let copy = 0; copy < copies; copy++) {
      for (let start = 0; start < rest.length; start += blockSize) {
        writeBlock(extended, row * total + columns + copy * rest.length + start, rest.subarray(start, start + blockSize));
      }
    }
  }
  return { weight: extended, sums: { columns, copies } };
}

/** Quantizes a block of values into place, and leaves in them what is missing. */
function writeBlock({ bits, blockSize, quants, scales }: QuantizedWeight, at: number, values: Float32Array): void {
  const zeroPoint = bits === 4 ? 8 : 128;
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  // Values that are left over lie within half a step: the whole range serves them.
  const scale = largest / (zeroPoint - 0.5);
  scales[at / blockSize] = scale;
  for (let i = 0; i < blockSize; i++) {
    const quant = scale === 0 ? zeroPoint : Math.min(2 * zeroPoint - 1, zeroPoint + Math.round(values[i] / scale));
    values[i] -= scale * (quant - zeroPoint);
    if (bits === 8) quants[at + i] = quant;
    else quants[(at + i) >> 1] |= quant << (((at + i) & 1) * 4);
  }
}
