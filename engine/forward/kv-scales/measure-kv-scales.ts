// Finds how large each channel of keys and values gets, by reading a text.
import type { DecoderConfig } from "../../checkpoint/checkpoint.js";
import type { KvScales } from "../../graph/kv-scales.js";
import type { Tokenizer } from "../../tokenizer/tokenizer.js";
import type { Decoder } from "../decoder.js";
import { CALIBRATION_TEXT } from "./calibration-text.js";

/** Of int8, -128 aside. */
const LARGEST_STEPS = 127;
/** Other texts hold larger values; what exceeds the scale is cut off. */
const MARGIN = 1.25;
/** Of a channel that is always zero. */
const LEAST_SCALE = 1e-8;

/**
 * Static scales by channel, as KIVI (Liu et al. 2024) and KVQuant (Hooper et al. 2024) advise for keys, whose large values
 * stand in few channels. Keys are kept rotated: of two channels that turn together, each may at some position become as
 * large as both are together.
 *
 * @param open Gives a decoder of the same weights with f32 keys and values; it is closed again.
 */
export async function measureKvScales(open: () => Promise<Decoder>, tokenizer: Tokenizer): Promise<KvScales> {
  const decoder = await open();
  try {
    return await measureWith(decoder, tokenizer);
  } finally {
    await decoder.close();
  }
}

async function measureWith(decoder: Decoder, tokenizer: Tokenizer): Promise<KvScales> {
  const { config } = decoder;
  const tokens = tokenizer.encode(CALIBRATION_TEXT).slice(0, config.contextLength);
  const buffer = decoder.createBuffer(tokens.length);
  try {
    const slot = { buffer, pastLength: 0, tokens, positions: tokens.map((_, position) => position) };
    await decoder.run({ slots: [slot], wanted: [tokens.length - 1] });
    const rows = buffer.exportRows([{ start: 0, end: tokens.length }]) as Float32Array;
    const size = rows.length / 2 / config.layerCount;
    const layer = (index: number): Float32Array => rows.subarray(index * size, (index + 1) * size);
    const layers = Array.from({ length: config.layerCount }, (_, index) => index);
    return {
      keys: layers.map((index) => largestByChannel(layer(index), config, pairMagnitude(config))),
      values: layers.map((index) => largestByChannel(layer(config.layerCount + index), config, (row, channel) => Math.abs(row[channel]))),
    };
  } finally {
    buffer.release();
  }
}

type Magnitude = (row: Float32Array, channel: number) => number;

/** @param rows [kvHeads, rows, headDim] f32 */
function largestByChannel(rows: Float32Array, { kvHeadCount, headSize }: DecoderConfig, magnitude: Magnitude): Float32Array {
  const scales = new Float32Array(kvHeadCount * headSize).fill(LEAST_SCALE);
  const rowsPerHead = rows.length / headSize / kvHeadCount;
  for (let at = 0; at < rows.length; at += headSize) {
    const row = rows.subarray(at, at + headSize);
    const first = Math.floor(at / headSize / rowsPerHead) * headSize;
    for (let channel = 0; channel < headSize; channel++) {
      const scale = (MARGIN * magnitude(row, channel)) / LARGEST_STEPS;
      if (scale > scales[first + channel]) scales[first + channel] = scale;
    }
  }
  return scales;
}

/** Which channels turn together: see `RotaryEmbedding` in `decoder-graph.ts`. */
function pairMagnitude({ architecture, headSize }: DecoderConfig): Magnitude {
  const other = (channel: number): number => (architecture === "llama" ? channel ^ 1 : (channel + headSize / 2) % headSize);
  return (row, channel) => Math.hypot(row[channel], row[other(channel)]);
}
