// One forward pass after another over a sequence: binds the graph to the KV cache and reads the logits.
import { KvCache } from "./cache/kv-cache.js";
import type { DecoderConfig } from "./checkpoint/checkpoint.js";
import { GraphNames } from "./graph/decoder-graph.js";
import { createRotaryTables } from "./graph/rotary-tables.js";
import type { Runtime } from "./ort/runtime.js";
import type { Binding, Session } from "./ort/session.js";
import type { Tensor } from "./ort/tensor.js";

export class Decoder {
  readonly config: DecoderConfig;
  readonly cache: KvCache;
  readonly #runtime: Runtime;
  readonly #session: Session;
  readonly #binding: Binding;
  readonly #lastPosition = new Int32Array(1);
  readonly #totalLength = new Int32Array(1);
  readonly #logitsStart = new BigInt64Array(1);
  readonly #tensors: Tensor[];
  /** [1, wanted, vocabulary] f32 */
  #logits: Tensor;

  constructor(runtime: Runtime, session: Session, config: DecoderConfig, capacity: number) {
    this.#runtime = runtime;
    this.#session = session;
    this.config = config;
    this.cache = new KvCache(runtime, config, capacity);
    this.#logits = this.#createLogits(1);
    const { cosines, sines, shape } = createRotaryTables(config, capacity);
    const rotaryCosines = runtime.createTensor(cosines, shape);
    const rotarySines = runtime.createTensor(sines, shape);
    const lastPosition = runtime.createTensor(this.#lastPosition, [1]);
    const totalLength = runtime.createTensor(this.#totalLength, []);
    const logitsStart = runtime.createTensor(this.#logitsStart, [1]);
    // Stands in until the first run sets its own ids.
    const noIds = runtime.createTensor(new BigInt64Array(1), [1, 1]);
    this.#tensors = [lastPosition, totalLength, logitsStart, rotaryCosines, rotarySines, noIds];
    this.#binding = session.bind(
      {
        [GraphNames.inputIds]: noIds,
        [GraphNames.lastPosition]: lastPosition,
        [GraphNames.totalLength]: totalLength,
        [GraphNames.logitsStart]: logitsStart,
        [GraphNames.rotaryCosines]: rotaryCosines,
        [GraphNames.rotarySines]: rotarySines,
        ...this.cache.past,
      },
      { [GraphNames.logits]: this.#logits, ...this.cache.present },
    );
  }

  /**
   * Computes `tokens` after what the cache holds and adds them to it.
   *
   * @param wanted How many of the last tokens' logits to return.
   * @returns [wanted, vocabulary] f32, overwritten by the next run.
   */
  async forward(tokens: readonly number[], wanted = 1): Promise<Float32Array> {
    const total = this.cache.length + tokens.length;
    if (total > this.cache.capacity) throw new RangeError(`${total} tokens exceed the cache's ${this.cache.capacity}`);
    if (this.#logits.data.length !== wanted * this.config.vocabularySize) this.#resizeLogits(wanted);
    const ids = this.#runtime.createTensor(BigInt64Array.from(tokens, BigInt), [1, tokens.length]);
    this.#binding.setInput(GraphNames.inputIds, ids);
    this.#lastPosition[0] = total - 1;
    this.#totalLength[0] = total;
    this.#logitsStart[0] = BigInt(-wanted);
    try {
      await this.#binding.run();
    } finally {
      ids.release();
    }
    this.cache.append(tokens);
    return this.#logits.data as Float32Array;
  }

  close(): void {
    for (const tensor of [...this.#tensors, this.#logits]) tensor.release();
    this.cache.release();
    this.#session.close();
  }

  #createLogits(wanted: number): Tensor {
    const { vocabularySize } = this.config;
    return this.#runtime.createTensor(new Float32Array(wanted * vocabularySize), [1, wanted, vocabularySize]);
  }

  #resizeLogits(wanted: number): void {
    this.#logits.release();
    this.#logits = this.#createLogits(wanted);
    this.#binding.setOutput(GraphNames.logits, this.#logits);
  }
}
