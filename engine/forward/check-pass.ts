// Refuses a pass that the graph would compute wrongly or write beyond a buffer.
import { BLOCK_ROWS } from "../cache/key-summaries.js";
import type { DecoderConfig } from "../checkpoint/checkpoint.js";
import { MAX_SLOTS, type Pass, type SlotPass } from "./pass.js";

/** @throws RangeError saying what is wrong. */
export function checkPass({ slots, wanted }: Pass, config: DecoderConfig): void {
  if (slots.length < 1 || slots.length > MAX_SLOTS) throw new RangeError(`A pass has 1 to ${MAX_SLOTS} slots, not ${slots.length}.`);
  if (new Set(slots.map(({ buffer }) => buffer)).size < slots.length) throw new RangeError("Two slots of a pass share a buffer.");
  for (const slot of slots) checkSlot(slot, config);
  const rowCount = slots.reduce((sum, { tokens }) => sum + tokens.length, 0);
  if (wanted.length === 0) throw new RangeError("A pass wants the logits of at least one row.");
  const stray = wanted.find((row) => !(Number.isInteger(row) && row >= 0 && row < rowCount));
  if (stray !== undefined) throw new RangeError(`Logits of row ${stray} are wanted of a pass of ${rowCount} rows.`);
}

function checkSlot({ buffer, pastLength, tokens, positions, visible, keep }: SlotPass, config: DecoderConfig): void {
  const newLength = tokens.length;
  if (newLength === 0) throw new RangeError("A slot has at least one new row.");
  if (positions.length !== newLength) throw new RangeError(`${newLength} tokens have ${positions.length} positions.`);
  if (visible && visible.length !== newLength) throw new RangeError(`${newLength} tokens have ${visible.length} lists of visible rows.`);
  if (!(Number.isInteger(pastLength) && pastLength >= 0)) throw new RangeError(`${pastLength} is no number of rows.`);
  if (pastLength + newLength > buffer.capacity) {
    throw new RangeError(`${pastLength + newLength} rows exceed the buffer's ${buffer.capacity}.`);
  }
  if (keep !== undefined) checkKeep(keep, buffer.capacity);
  checkWithin("token", tokens, config.vocabularySize);
  checkWithin("position", positions, config.contextLength);
  for (const [row, ranges] of (visible ?? []).entries()) {
    let from = 0;
    for (const { start, end } of ranges) {
      if (!(start >= from && end > start)) throw new RangeError(`Rows ${start} to ${end} are visible out of order.`);
      from = end;
    }
    if (from !== pastLength + row + 1) throw new RangeError(`Row ${pastLength + row} does not see itself last.`);
  }
}

function checkKeep(keep: number, capacity: number): void {
  if (!(keep > 0 && keep <= 1)) throw new RangeError(`A share of blocks to read is above 0 and at most 1, not ${keep}.`);
  if (capacity % BLOCK_ROWS !== 0) throw new RangeError(`Blocks of ${BLOCK_ROWS} rows do not fill a buffer of ${capacity}.`);
}

function checkWithin(what: string, values: readonly number[], end: number): void {
  const stray = values.find((value) => !(Number.isInteger(value) && value >= 0 && value < end));
  if (stray !== undefined) throw new RangeError(`There is no ${what} ${stray}: the model has ${end}.`);
}
