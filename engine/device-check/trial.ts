// What a device is held to: passes of every kind, and how far their logits are from the CPU's.
import type { KvBuffer } from "../cache/kv-buffer.js";
import type { Decoder } from "../forward/decoder.js";
import type { Pass, SlotPass } from "../forward/pass.js";

/** How far a device's logits are from the CPU's. */
export interface Parity {
  /** Root mean square of the differences, as a share of the logits' own spread. */
  relativeError: number;
  /** Of the rows compared, share whose likeliest token is the same. */
  agreement: number;
}

const CAPACITY = 64;

/** Logits, [vocabulary] f32 each: of a prompt in one pass, a step, branches of a tree, rows taken back, and two slots in one pass. */
export async function runTrial(decoder: Decoder, tokens: readonly number[]): Promise<Float32Array[]> {
  const buffers: KvBuffer[] = [];
  const rows: Float32Array[] = [];
  try {
    for (let slot = 0; slot < 2; slot++) buffers.push(decoder.createBuffer(CAPACITY));
    for (const pass of trialPasses(tokens, buffers)) {
      const logits = await decoder.run(pass);
      const width = decoder.config.vocabularySize;
      for (let row = 0; row < pass.wanted.length; row++) rows.push(logits.slice(row * width, (row + 1) * width));
    }
    return rows;
  } finally {
    for (const buffer of buffers) buffer.release();
  }
}

function trialPasses(tokens: readonly number[], [first, second]: readonly SlotPass["buffer"][]): Pass[] {
  const end = tokens.length;
  const tree: SlotPass = {
    buffer: first, pastLength: end + 1, tokens: tokens.slice(0, 2), positions: [end, end],
    visible: [[{ start: 0, end }, { start: end + 1, end: end + 2 }], [{ start: 0, end }, { start: end + 2, end: end + 3 }]],
  };
  const kept = Math.floor(end / 2);
  const again: SlotPass = { buffer: first, pastLength: kept, tokens: tokens.slice(0, 3), positions: range(kept, 3) };
  const other: SlotPass = { buffer: second, pastLength: 0, tokens: tokens.slice(1), positions: range(0, end - 1) };
  return [
    { slots: [{ buffer: first, pastLength: 0, tokens, positions: range(0, end) }], wanted: range(0, end) },
    { slots: [{ buffer: first, pastLength: end, tokens: [tokens[1]], positions: [end] }], wanted: [0] },
    { slots: [tree], wanted: [0, 1] },
    { slots: [again, other], wanted: [0, 1, 2, end + 1] },
  ];
}

const range = (start: number, count: number): number[] => Array.from({ length: count }, (_, index) => start + index);

export function compareLogits(found: readonly Float32Array[], expected: readonly Float32Array[]): Parity {
  let [error, spread, agreeing] = [0, 0, 0];
  for (const [row, values] of expected.entries()) {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    for (const [index, value] of values.entries()) {
      error += (found[row][index] - value) ** 2;
      spread += (value - mean) ** 2;
    }
    if (likeliest(found[row]) === likeliest(values)) agreeing++;
  }
  return { relativeError: Math.sqrt(error / spread), agreement: agreeing / expected.length };
}

function likeliest(logits: Float32Array): number {
  return logits.reduce((best, value, index) => (value > logits[best] ? index : best), 0);
}
