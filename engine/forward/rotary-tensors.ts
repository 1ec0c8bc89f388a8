// The rotary tables as tensors, as long as the deepest row so far needs them.
import type { DecoderConfig } from "../checkpoint/checkpoint.js";
import { createRotaryTables } from "../graph/rotary-tables.js";
import type { Runtime } from "../ort/runtime.js";
import type { AnyTensor } from "../ort/tensor.js";

const FIRST_LENGTH = 1024;

export class RotaryTensors {
  readonly #runtime: Runtime;
  readonly #config: DecoderConfig;
  #length = 0;
  /** [positions, headDim / 2] f32 each */
  #tensors: { cosines: AnyTensor; sines: AnyTensor } | undefined;

  constructor(runtime: Runtime, config: DecoderConfig) {
    this.#runtime = runtime;
    this.#config = config;
  }

  /** Valid until the next call. */
  async upTo(position: number): Promise<{ cosines: AnyTensor; sines: AnyTensor }> {
    if (this.#tensors && position < this.#length) return this.#tensors;
    this.release();
    this.#length = Math.max(FIRST_LENGTH, 2 ** Math.ceil(Math.log2(position + 1)));
    const tables = createRotaryTables(this.#config, this.#length);
    const cosines = await this.#runtime.createConstant(tables.cosines, tables.shape);
    try {
      this.#tensors = { cosines, sines: await this.#runtime.createConstant(tables.sines, tables.shape) };
      return this.#tensors;
    } catch (error) {
      cosines.release();
      throw error;
    }
  }

  release(): void {
    this.#tensors?.cosines.release();
    this.#tensors?.sines.release();
    this.#tensors = undefined;
  }
}
