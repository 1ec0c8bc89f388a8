// Cuts a pass into several: by rows, which some devices take only so many of, or by slots.
import type { Pass, SlotPass } from "./pass.js";

export interface PassPart {
  pass: Pass;
  /** For each row that the part wants, its place among those that the whole pass wants. */
  places: readonly number[];
}

/**
 * The parts in the order to run them: the n-th has the n-th piece of every slot that is so long. Parts of which no logits are
 * wanted give those of their last row, which have no place.
 */
export function splitPass(pass: Pass, maxSlotRows: number): PassPart[] {
  const longest = pass.slots.reduce((most, { tokens }) => Math.max(most, tokens.length), 0);
  if (longest <= maxSlotRows) return [{ pass, places: pass.wanted.map((_, place) => place) }];
  return Array.from({ length: Math.ceil(longest / maxSlotRows) }, (_, index) => {
    const start = index * maxSlotRows;
    return partOf(pass, start, start + maxSlotRows);
  });
}

/** A part for each slot. */
export function splitSlots({ slots, wanted }: Pass): PassPart[] {
  let firstRow = 0;
  return slots.map((slot) => {
    const start = firstRow;
    const end = (firstRow += slot.tokens.length);
    const found = wanted.flatMap((row, place) => (row >= start && row < end ? [{ at: row - start, place }] : []));
    const wantedHere = found.length > 0 ? found.map(({ at }) => at) : [slot.tokens.length - 1];
    return { pass: { slots: [slot], wanted: wantedHere }, places: found.map(({ place }) => place) };
  });
}

function partOf({ slots, wanted }: Pass, start: number, end: number): PassPart {
  const pieces: SlotPass[] = [];
  /** By packed row of the whole pass, its packed row in the part. */
  const rows = new Map<number, number>();
  let firstRow = 0;
  for (const slot of slots) {
    const piece = sliceSlot(slot, start, end);
    for (let row = 0; row < piece.tokens.length; row++) rows.set(firstRow + start + row, rows.size);
    if (piece.tokens.length > 0) pieces.push(piece);
    firstRow += slot.tokens.length;
  }
  const found = wanted.flatMap((row, place) => {
    const at = rows.get(row);
    return at === undefined ? [] : [{ at, place }];
  });
  const wantedHere = found.length > 0 ? found.map(({ at }) => at) : [rows.size - 1];
  return { pass: { slots: pieces, wanted: wantedHere }, places: found.map(({ place }) => place) };
}

function sliceSlot(slot: SlotPass, start: number, end: number): SlotPass {
  return {
    ...slot,
    pastLength: slot.pastLength + start,
    tokens: slot.tokens.slice(start, end),
    positions: slot.positions.slice(start, end),
    ...(slot.visible && { visible: slot.visible.slice(start, end) }),
  };
}
