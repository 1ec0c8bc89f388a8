// Joins neighbouring blocks of 16 weights, whose products the CPU computes with f32 weights, to blocks of 32 in 8 bits.
import type { QuantizedWeight } from "./quantized-weight.js";

const ZERO_POINT = 128;
/** Above the zero point. */
const HIGHEST_QUANT = 127;
const HALF = 16;

/**
 * The matrix with blocks of 32. A pair's scale is a whole fraction of one half's own, so that this half stays exact, and
 * the finer of the two, so that the other loses least: of 6-bit weights, half are exact and the error is 0.4 % in all
 * (root mean square, 1.5B Q4_K_M).
 */
export function pairBlocks({ rows, columns, quants, scales }: QuantizedWeight): QuantizedWeight {
  const paired = { rows, columns, bits: 8 as const, blockSize: 2 * HALF, quants: new Uint8Array(quants.length), scales: new Float32Array(scales.length / 2) };
  for (let block = 0; block < paired.scales.length; block++) {
    const [first, second] = [scales[2 * block], scales[2 * block + 1]];
    const [from, to] = [block * 2 * HALF, (block * 2 + 1) * HALF];
    const scale = pairScale(first, rangeOf(quants, from), second, rangeOf(quants, to));
    paired.scales[block] = scale;
    rescale(quants, from, scale === 0 ? 0 : first / scale, paired.quants);
    rescale(quants, to, scale === 0 ? 0 : second / scale, paired.quants);
  }
  return paired;
}

function rescale(quants: Uint8Array, from: number, factor: number, out: Uint8Array): void {
  for (let i = from; i < from + HALF; i++) out[i] = ZERO_POINT + Math.round(factor * (quants[i] - ZERO_POINT));
}

interface Range {
  low: number;
  high: number;
}

function rangeOf(quants: Uint8Array, from: number): Range {
  let low = 255;
  let high = 0;
  for (let i = from; i < from + HALF; i++) {
    if (quants[i] < low) low = quants[i];
    if (quants[i] > high) high = quants[i];
  }
  return { low: low - ZERO_POINT, high: high - ZERO_POINT };
}

function pairScale(first: number, a: Range, second: number, b: Range): number {
  const low = Math.min(first * a.low, first * a.high, second * b.low, second * b.high, 0);
  const high = Math.max(first * a.low, first * a.high, second * b.low, second * b.high, 0);
  const [ofFirst, ofSecond] = [wholeFraction(first, low, high), wholeFraction(second, low, high)];
  if (ofFirst === 0 && ofSecond === 0) return Math.max(-low, high) / HIGHEST_QUANT;
  return ofSecond === 0 || (ofFirst !== 0 && Math.abs(ofFirst) < Math.abs(ofSecond)) ? ofFirst : ofSecond;
}

/** The finest whole fraction of a scale whose quants reach from `low` to `high`; 0 where those of the scale itself do not. */
function wholeFraction(scale: number, low: number, high: number): number {
  const below = scale > 0 ? -low / scale : -high / scale;
  const above = scale > 0 ? high / scale : low / scale;
  // A hair more than the range: quotients of f32 numbers may lie just above a whole one.
  const parts = Math.floor(Math.min((ZERO_POINT + 0.25) / below, (HIGHEST_QUANT + 0.25) / above));
  return parts < 1 || !Number.isFinite(parts) ? 0 : scale / parts;
}
