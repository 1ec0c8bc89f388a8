// The rotary tables as tensors, as long as the deepest row so far needs them.
import type { DecoderConfig } from "../checkpoint/checkpoint.js";
import { createRotaryTables } from "../graph/rotary-tables.js";
import type { Runtime } from "../ort/runtime.js";
import type { Tensor } from "../ort/tensor.js";

const FIRST_LENGTH = 1024;

export class RotaryTensors {
  readonly #runtime: Runtime;
  readonly #config: DecoderConfig;
  #length = 0;
  /** [positions, headDim / 2] f32 each */
  #tensors: { cosines: Tensor; sines: Tensor } | undefined;

  constructor(runtime: Runtime, config: DecoderConfig) {
    this.#runtime = runtime;
    this.#config = config;
  }

  /** Valid until the next call. */
  upTo(position: number): { cosines: Tensor; sines: Tensor } {
    if (this.#tensors && position < this.#length) return this.#tensors;
    this.release();
    this.#length = Math.max(FIRST_LENGTH, 2 ** Math.ceil(Math.log2(position + 1)));
    const { cosines, sines, shape } = createRotaryTables(this.#config, this.#length);
    this.#tensors = {
      cosines: this.#runtime.createTensor(cosines, shape),
      sines: this.#runtime.createTensor(sines, shape),
    };
    return this.#tensors;
  }

  release(): void {
    this.#tensors?.cosines.release();
    this.#tensors?.sines.release();
    this.#tensors = undefined;
  }
}
