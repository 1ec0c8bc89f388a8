// What one forward pass computes: rows of up to eight token trees, packed; complete when constructed. `decoder.ts` runs it.
import type { KvBuffer } from "../cache/kv-buffer.js";

/** Rows of a buffer from `start` up to, not including, `end`. */
export interface RowRange {
  start: number;
  end: number;
}

/** The new rows of one token tree. */
export interface SlotPass {
  buffer: KvBuffer;
  /** Rows that hold keys and values before this pass; the new ones follow them. */
  pastLength: number;
  /** Of the new rows, in storage order; at least one. */
  tokens: readonly number[];
  /** Depth of each new row in its tree: the rotary position. */
  positions: readonly number[];
  /** For each new row, the rows it attends to, itself included, in ascending order. Undefined: all up to and with itself. */
  visible?: readonly (readonly RowRange[])[];
  /**
   * Share, above 0 up to 1, of the blocks of 64 rows that all new rows see whole: so much is read, chosen by what the rows
   * look for. Undefined: all is read. Of more than `ROWS_PER_CHOICE` new rows each gets less of what it looks for.
   */
  keep?: number;
  /** Rows whose blocks are read before others where not all are, the likeliest to matter first: see `echoes.ts`. */
  echoes?: readonly number[];
}

/** New rows of a slot that share one choice of blocks without losing what each looks for. */
export const ROWS_PER_CHOICE = 128;

export interface Pass {
  slots: readonly SlotPass[];
  /** Indices into all new rows, slots in order, whose logits are wanted; at least one. */
  wanted: readonly number[];
}

/**
 * Rows whose logits one pass computes at most. Of 151,936 tokens they take 78 MB: enough for all that decode at a time with
 * their drafts, and little beside the weights.
 */
export const MAX_WANTED = 128;

/** As many attention operators as one graph has at most; a pass with more trees is two passes. */
export const MAX_SLOTS = 8;
