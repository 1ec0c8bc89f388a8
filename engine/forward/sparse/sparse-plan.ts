// Which blocks of the cache a sparse pass must read, and among which it may choose; `sparse-attention.ts` chooses.
import { BLOCK_ROWS, GROUP_ROWS } from "../../cache/key-summaries.js";
import type { DecoderConfig } from "../../checkpoint/checkpoint.js";
import { layerShares, sharesOf } from "../../graph/attention/layer-shares.js";
import type { RowRange, SlotPass } from "../pass.js";

/** Besides the first block, as many of the newest complete ones are always read. */
const NEWEST_BLOCKS = 2;
/** Share of what may be chosen that goes to blocks by their tokens. */
const MOST_ECHOED = 0.5;
export type NewRows = Pick<SlotPass, "pastLength" | "tokens" | "visible" | "echoes">;

export interface SparsePlan {
  /** Blocks that every new row sees whole, in ascending order: some of them are chosen. */
  candidates: readonly number[];
  /** How many of the candidates; more than none where there are any. */
  chosenCount: number;
  /** Blocks that are read in any case: the first, the newest, and all that only some of the new rows see, or in part. */
  always: readonly number[];
  /** Groups of keys whose summaries this pass writes, in ascending order. */
  groups: readonly number[];
}

export interface SparsePlanOptions {
  /** Share, above 0 up to 1, to read of the blocks that all new rows see whole; the first and the newest count. */
  keep: number;
  /** Rows whose summaries are up to date. */
  summarizedRows: number;
}

/** By level of `layer-shares.ts`: all layers together read the share. */
export function planLevels(config: DecoderConfig, slot: NewRows, { keep, summarizedRows }: SparsePlanOptions): SparsePlan[] {
  return sharesOf(layerShares(config), keep).map((share) => planSparse(slot, { keep: share, summarizedRows }));
}

export function planSparse(slot: NewRows, { keep, summarizedRows }: SparsePlanOptions): SparsePlan {
  const { whole, partial } = sortBlocks(slot);
  const forced = whole.filter((_, index) => index === 0 || index >= whole.length - NEWEST_BLOCKS);
  const choosable = whole.slice(1, Math.max(1, whole.length - NEWEST_BLOCKS));
  const budget = Math.min(choosable.length, Math.max(1, Math.round(whole.length * keep) - forced.length));
  const echoed = budget < choosable.length ? echoedBlocks(slot, choosable).slice(0, Math.floor(budget * MOST_ECHOED)) : [];
  const candidates = choosable.filter((block) => !echoed.includes(block));
  const firstGroup = Math.floor(Math.min(summarizedRows, slot.pastLength) / GROUP_ROWS);
  const lastGroup = Math.floor((slot.pastLength + slot.tokens.length - 1) / GROUP_ROWS);
  const groups = Array.from({ length: lastGroup - firstGroup + 1 }, (_, index) => firstGroup + index);
  return { candidates, chosenCount: budget - echoed.length, always: [...forced, ...echoed, ...partial], groups };
}

/** Each once, the likeliest first. */
function echoedBlocks({ echoes = [] }: NewRows, choosable: readonly number[]): number[] {
  const open = new Set(choosable);
  return echoes.map((row) => Math.floor(row / BLOCK_ROWS)).filter((block) => open.delete(block));
}

/** Blocks that all new rows see whole, and blocks of which at least one sees something. */
function sortBlocks(slot: NewRows): { whole: number[]; partial: number[] } {
  const rowCount = slot.tokens.length;
  const blockCount = Math.ceil((slot.pastLength + rowCount) / BLOCK_ROWS);
  /** By block: how many rows more than of the block before see it whole, or at all. */
  const wholeSteps = new Int32Array(blockCount + 1);
  const seenSteps = new Int32Array(blockCount + 1);
  for (let row = 0; row < rowCount; row++) {
    for (const { start, end } of rangesOf(slot, row)) {
      const [from, to] = [Math.ceil(start / BLOCK_ROWS), Math.floor(end / BLOCK_ROWS)];
      if (from < to) {
        wholeSteps[from]++;
        wholeSteps[to]--;
      }
      seenSteps[Math.floor(start / BLOCK_ROWS)]++;
      seenSteps[Math.ceil(end / BLOCK_ROWS)]--;
    }
  }
  const whole: number[] = [];
  const partial: number[] = [];
  for (let block = 0, wholeRows = 0, seenRanges = 0; block < blockCount; block++) {
    wholeRows += wholeSteps[block];
    seenRanges += seenSteps[block];
    if (wholeRows === rowCount) whole.push(block);
    else if (seenRanges > 0) partial.push(block);
  }
  return { whole, partial };
}

export function rangesOf({ visible, pastLength }: NewRows, row: number): readonly RowRange[] {
  return visible?.[row] ?? [{ start: 0, end: pastLength + row + 1 }];
}
