// A tiny model with random weights, made in memory: what a device is tried with where no model is at hand.
import type { Checkpoint, DecoderConfig, TensorInfo } from "../checkpoint/checkpoint.js";
import { createRandom } from "../sampler/random.js";

export type RandomWeights = "F32" | "Q8_0";

const SEED = 7;
const BLOCK_WEIGHTS = 32;
const BLOCK_BYTES = 34;
/** 2^-9 as a half float: with quants of up to 127 the weights are about as large as 64 of them are to keep a row's size. */
const BLOCK_SCALE = 0x1800;
const NORM_SPREAD = 0.4;
const MATRIX_SPREAD = 0.25;

const CONFIG: DecoderConfig = {
  architecture: "qwen2", layerCount: 2, hiddenSize: 64, headCount: 4, kvHeadCount: 2, headSize: 16, feedForwardSize: 128,
  vocabularySize: 256, contextLength: 256, ropeBase: 10_000, rmsNormEpsilon: 1e-6,
};

export function createRandomCheckpoint(type: RandomWeights): Checkpoint {
  const random = createRandom(SEED);
  const tensors = new Map<string, TensorInfo>();
  const contents = new Map<string, Uint8Array>();
  for (const { name, shape, isMatrix } of tensorShapes(CONFIG)) {
    const bytes = isMatrix && type === "Q8_0" ? randomBlocks(shape[0] * shape[1], random) : randomFloats(shape, isMatrix, random);
    tensors.set(name, { name, type: isMatrix ? type : "F32", shape, sizeBytes: bytes.length });
    contents.set(name, bytes);
  }
  const sizeBytes = [...contents.values()].reduce((sum, { length }) => sum + length, 0);
  return {
    path: `random-${type}`, sizeBytes, config: CONFIG, metadata: new Map(), tensors,
    readTensor: (name) => Promise.resolve(contents.get(name) as Uint8Array),
    close: () => Promise.resolve(),
  };
}

function tensorShapes({ layerCount, hiddenSize, kvHeadCount, headSize, feedForwardSize, vocabularySize }: DecoderConfig) {
  const kvSize = kvHeadCount * headSize;
  const layers = Array.from({ length: layerCount }, (_, layer) => `blk.${layer}`).flatMap((path) => [
    vector(`${path}.attn_norm.weight`, hiddenSize),
    ...([["attn_q", hiddenSize], ["attn_k", kvSize], ["attn_v", kvSize]] as const).flatMap(([name, rows]) => [
      matrix(`${path}.${name}`, rows, hiddenSize),
      vector(`${path}.${name}.bias`, rows),
    ]),
    matrix(`${path}.attn_output`, hiddenSize, hiddenSize),
    vector(`${path}.ffn_norm.weight`, hiddenSize),
    matrix(`${path}.ffn_gate`, feedForwardSize, hiddenSize),
    matrix(`${path}.ffn_up`, feedForwardSize, hiddenSize),
    matrix(`${path}.ffn_down`, hiddenSize, feedForwardSize),
  ]);
  return [matrix("token_embd", vocabularySize, hiddenSize), ...layers, vector("output_norm.weight", hiddenSize), matrix("output", vocabularySize, hiddenSize)];
}

const matrix = (name: string, rows: number, columns: number) => ({ name: `${name}.weight`, shape: [rows, columns], isMatrix: true });
const vector = (name: string, length: number) => ({ name, shape: [length], isMatrix: false });

/** Q8_0: a half float's scale and 32 quants of 8 bits a block. */
function randomBlocks(count: number, random: () => number): Uint8Array {
  const bytes = new Uint8Array((count / BLOCK_WEIGHTS) * BLOCK_BYTES);
  const view = new DataView(bytes.buffer);
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    view.setUint16(start, BLOCK_SCALE, true);
    for (let at = start + 2; at < start + BLOCK_BYTES; at++) view.setInt8(at, Math.floor(random() * 255) - 127);
  }
  return bytes;
}

function randomFloats(shape: readonly number[], isMatrix: boolean, random: () => number): Uint8Array {
  const length = shape.reduce((product, size) => product * size, 1);
  const value = (): number => (isMatrix ? 2 * MATRIX_SPREAD * (random() - 0.5) : 1 + NORM_SPREAD * (random() - 0.5));
  return new Uint8Array(Float32Array.from({ length }, value).buffer);
}
