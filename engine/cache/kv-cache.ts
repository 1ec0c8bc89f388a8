// The keys and values of one sequence, and which tokens they belong to.
import type { DecoderConfig } from "../checkpoint/checkpoint.js";
import { GraphNames } from "../graph/decoder-graph.js";
import type { Runtime } from "../ort/runtime.js";
import type { Tensor } from "../ort/tensor.js";

/**
 * One buffer per layer for keys and one for values, [1, kvHeads, capacity, headDim] f32, updated in place.
 * Untouched pages cost no memory on systems that commit lazily, so the whole context is reserved at once.
 */
export class KvCache {
  /** By input name and by output name of the graph: the same tensors. */
  readonly past: Record<string, Tensor> = {};
  readonly present: Record<string, Tensor> = {};
  readonly capacity: number;
  readonly #tokens: number[] = [];

  constructor(runtime: Runtime, config: DecoderConfig, capacity: number) {
    this.capacity = capacity;
    const { layerCount, kvHeadCount, headSize } = config;
    const allocate = () =>
      runtime.createTensor(new Float32Array(kvHeadCount * capacity * headSize), [1, kvHeadCount, capacity, headSize]);
    for (let layer = 0; layer < layerCount; layer++) {
      const keys = allocate();
      const values = allocate();
      this.past[GraphNames.pastKey(layer)] = this.present[GraphNames.presentKey(layer)] = keys;
      this.past[GraphNames.pastValue(layer)] = this.present[GraphNames.presentValue(layer)] = values;
    }
  }

  /** Tokens whose keys and values are held. */
  get length(): number {
    return this.#tokens.length;
  }

  /** How many tokens of `prompt` need not be computed: the longest common prefix with what is held. */
  commonPrefix(prompt: readonly number[]): number {
    const limit = Math.min(prompt.length, this.#tokens.length);
    let length = 0;
    while (length < limit && prompt[length] === this.#tokens[length]) length++;
    return length;
  }

  /** Forgets all tokens from `length` on; what they had written is overwritten by what comes next. */
  truncate(length: number): void {
    this.#tokens.length = Math.min(this.#tokens.length, length);
  }

  /** Records tokens whose keys and values a run has just written. */
  append(tokens: readonly number[]): void {
    for (const token of tokens) this.#tokens.push(token);
  }

  release(): void {
    for (const tensor of Object.values(this.past)) tensor.release();
  }
}
