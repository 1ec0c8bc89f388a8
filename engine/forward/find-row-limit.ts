// Finds out whether a device computes long passes as it does short ones: some attention kernels go wrong on GPUs that they were not made for.
import type { Decoder } from "./decoder.js";

/** Kernels for many rows begin at 32. */
const LONG_ROWS = 40;
const SHORT_ROWS = 8;
/** As a share of the logits' spread: rounding in another order stays below 5 %, wrong kernels were seen at 26 %. */
const TOLERANCE = 0.1;

/** How many new rows a slot of a pass may have: any number, or those that are known to come out right. */
export async function findRowLimit(decoder: Decoder): Promise<number> {
  const { vocabularySize } = decoder.config;
  const tokens = Array.from({ length: LONG_ROWS }, (_, index) => (index * 37 + 11) % vocabularySize);
  const buffer = decoder.createBuffer(LONG_ROWS);
  try {
    const run = (start: number, end: number): Promise<Float32Array> => {
      const positions = Array.from({ length: end - start }, (_, index) => start + index);
      const slot = { buffer, pastLength: start, tokens: tokens.slice(start, end), positions };
      return decoder.run({ slots: [slot], wanted: [end - start - 1] });
    };
    const atOnce = (await run(0, LONG_ROWS)).slice();
    let piecewise = new Float32Array();
    for (let start = 0; start < LONG_ROWS; start += SHORT_ROWS) piecewise = (await run(start, start + SHORT_ROWS)).slice();
    return relativeError(atOnce, piecewise) <= TOLERANCE ? Number.POSITIVE_INFINITY : SHORT_ROWS;
  } finally {
    buffer.release();
  }
}

function relativeError(found: Float32Array, expected: Float32Array): number {
  const mean = expected.reduce((sum, value) => sum + value, 0) / expected.length;
  let [error, spread] = [0, 0];
  for (const [index, value] of expected.entries()) {
    error += (found[index] - value) ** 2;
    spread += (value - mean) ** 2;
  }
  return Math.sqrt(error / spread);
}
