// How many tokens' keys and values a bound on memory leaves room for.
import type { DecoderConfig } from "../checkpoint/checkpoint.js";
import { kvRowBytes } from "./kv-buffer.js";

/** What weights and everything but keys and values may take, as a share of the weights' file. */
const WEIGHTS_SHARE = 1.25;
/** A prompt of a few lines with its reply: less is no use. */
const LEAST_TOKENS = 512;
/** Whole blocks of rows. */
const STEP = 64;

export interface KvBudgetOptions {
  /** Of the process's memory; undefined: one full context. */
  maxMemoryBytes: number | undefined;
  weightsBytes: number;
  config: DecoderConfig;
  contextLength: number;
}

/**
 * Rows that keys and values of all requests may take together: (maxMemoryBytes - 1.25 x weights) / bytes of a row.
 *
 * @throws RangeError where that is less than a short request needs.
 */
export function kvBudgetRows({ maxMemoryBytes, weightsBytes, config, contextLength }: KvBudgetOptions): number {
  if (maxMemoryBytes === undefined) return contextLength;
  const reservedBytes = Math.ceil(WEIGHTS_SHARE * weightsBytes);
  const rowBytes = kvRowBytes(config);
  const leastRows = Math.min(LEAST_TOKENS, contextLength);
  const rows = Math.floor((maxMemoryBytes - reservedBytes) / rowBytes);
  if (rows < leastRows) {
    const leastBytes = reservedBytes + leastRows * rowBytes;
    throw new RangeError(`maxMemoryBytes is ${maxMemoryBytes}, and this model needs at least ${leastBytes}: ${reservedBytes} for its weights, and keys and values of ${leastRows} tokens.`);
  }
  return rows > STEP ? rows - (rows % STEP) : rows;
}
