// How many tokens' keys and values a bound on memory leaves room for.
import type { DecoderConfig } from "../checkpoint/checkpoint.js";
import { MAX_WANTED } from "../forward/pass.js";
import type { StateType } from "../ort/runtime.js";
import { GROUP_ROWS } from "./key-summaries.js";
import { kvRowBytes } from "./kv-buffer.js";

/** Of weights, what kernels make of them and what a pass computes with, as a share of the weights' file. */
const WEIGHTS_SHARE = 1.25;
/** Of Node.js, its heap and the runtime's library. */
const PROCESS_BYTES = 160 << 20;
/** A prompt of a few lines with its reply: less is no use. */
const LEAST_TOKENS = 512;
/** A buffer as large as all of it must hold whole blocks of sparse attention. */
const STEP = 64;

export interface KvBudgetOptions {
  /** Of the process's memory; undefined: one full context, in whole blocks. */
  maxMemoryBytes: number | undefined;
  weightsBytes: number;
  config: DecoderConfig;
  /** Of keys and values. */
  kvType: StateType;
  /** Of key summaries: what attention computes with. */
  summaryType: StateType;
  contextLength: number;
}

/**
 * Rows that keys and values of all requests may take together: (maxMemoryBytes - 160 MiB - 1.25 x weights - the logits of
 * a pass) / bytes of a row with its share of the key summaries.
 *
 * @throws RangeError where that is less than a short request needs.
 */
export function kvBudgetRows({ maxMemoryBytes, weightsBytes, config, kvType, summaryType, contextLength }: KvBudgetOptions): number {
  const contextRows = Math.ceil(contextLength / STEP) * STEP;
  if (maxMemoryBytes === undefined) return contextRows;
  const logitsBytes = MAX_WANTED * config.vocabularySize * Float32Array.BYTES_PER_ELEMENT;
  const reservedBytes = PROCESS_BYTES + Math.ceil(WEIGHTS_SHARE * weightsBytes) + logitsBytes;
  // Summaries are of keys alone.
  const rowBytes = kvRowBytes(config, kvType) + kvRowBytes(config, summaryType) / (2 * GROUP_ROWS);
  const leastRows = Math.min(LEAST_TOKENS, contextRows);
  const rows = Math.floor((maxMemoryBytes - reservedBytes) / rowBytes);
  if (rows < leastRows) {
    const leastBytes = Math.ceil(reservedBytes + leastRows * rowBytes);
    throw new RangeError(`maxMemoryBytes is ${maxMemoryBytes}, and this model needs at least ${leastBytes}: ${reservedBytes} for the process, the weights and the logits of a pass, and keys and values of ${leastRows} tokens.`);
  }
  return rows - (rows % STEP);
}
