// How fast a device computes: a prompt in one pass, and single tokens after a short one.
import type { Decoder } from "../forward/decoder.js";

/** Tokens a second. */
export interface Speed {
  /** Of a prompt of 512 tokens. */
  prefill: number;
  /** One token after another, with 128 in the cache. */
  decode: number;
}

const PREFILL_TOKENS = 512;
const DECODE_FROM = 128;
const DECODE_TOKENS = 24;
const CAPACITY = 576;
const MS_PER_SECOND = 1000;

/** The better of two prefills, and the median step. */
export async function measureSpeed(decoder: Decoder): Promise<Speed> {
  const buffer = decoder.createBuffer(CAPACITY);
  const pass = async (pastLength: number, count: number): Promise<number> => {
    const tokens = Array.from({ length: count }, (_, index) => ((pastLength + index) * 37 + 11) % decoder.config.vocabularySize);
    const positions = tokens.map((_, index) => pastLength + index);
    const start = performance.now();
    await decoder.run({ slots: [{ buffer, pastLength, tokens, positions }], wanted: [count - 1] });
    return performance.now() - start;
  };
  try {
    const prefillMs = Math.min(await pass(0, PREFILL_TOKENS), await pass(0, PREFILL_TOKENS));
    const steps: number[] = [];
    for (let step = 0; step < DECODE_TOKENS; step++) steps.push(await pass(DECODE_FROM + step, 1));
    const stepMs = steps.toSorted((a, b) => a - b)[DECODE_TOKENS / 2];
    return { prefill: (PREFILL_TOKENS * MS_PER_SECOND) / prefillMs, decode: MS_PER_SECOND / stepMs };
  } finally {
    buffer.release();
  }
}
