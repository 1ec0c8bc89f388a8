// Finds out whether a device's attention computes many rows as it does few: some kernels go wrong on GPUs that they were not made for.
import type { DecoderConfig } from "../checkpoint/checkpoint.js";
import { AttentionNames, writeAttention } from "../graph/attention-graph.js";
import type { Precision } from "../graph/decoder-graph.js";
import { slotNames } from "../graph/graph-names.js";
import type { Graph } from "../graph/onnx-model.js";
import type { Runtime } from "../ort/runtime.js";
import type { Session } from "../ort/session.js";
import type { AnyTensor } from "../ort/tensor.js";
import { createRandom } from "../sampler/random.js";

/** Kernels for many rows begin at 32. */
const LONG_ROWS = 40;
const SHORT_ROWS = 8;
/** Of the values' own size; half floats keep 11 bits, wrong kernels were seen at half the size and more. */
const TOLERANCE = 0.02;
const SEED = 1;

export interface RowLimitOptions {
  config: DecoderConfig;
  precision: Precision;
  openSession(graph: Graph): Promise<Session>;
}

/** How many new rows a slot of a pass may have: any number, or those that are known to come out right. */
export async function findRowLimit(runtime: Runtime, { config, precision, openSession }: RowLimitOptions): Promise<number> {
  const graph = writeAttention(config, precision);
  const session = await openSession(graph);
  let trial: AttentionTrial | undefined;
  try {
    trial = new AttentionTrial(runtime, session, { graph, config, precision });
    const atOnce = await trial.attend(0, LONG_ROWS);
    const piecewise: number[] = [];
    for (let start = 0; start < LONG_ROWS; start += SHORT_ROWS) piecewise.push(...(await trial.attend(start, SHORT_ROWS)));
    const error = Math.hypot(...piecewise.map((value, index) => value - atOnce[index]));
    return error <= TOLERANCE * Math.hypot(...piecewise) ? Number.POSITIVE_INFINITY : SHORT_ROWS;
  } finally {
    trial?.release();
    session.close();
  }
}

/** Random rows and the cache that they go to. */
class AttentionTrial {
  readonly #runtime: Runtime;
  readonly #graph: Graph;
  readonly #config: DecoderConfig;
  readonly #binding;
  readonly #cache: Readonly<Record<string, AnyTensor>>;
  /** Of all rows. */
  readonly #rows: Readonly<Record<string, Float32Array>>;

  constructor(runtime: Runtime, session: Session, { graph, config, precision }: { graph: Graph; config: DecoderConfig; precision: Precision }) {
    this.#runtime = runtime;
    this.#graph = graph;
    this.#config = config;
    this.#binding = session.bind(graph.inputs.map(({ name }) => name), graph.outputs.map(({ name }) => name));
    const { pastKey, presentKey, pastValue, presentValue } = slotNames(0);
    const allocate = (): AnyTensor => runtime.createState(precision, [1, config.kvHeadCount, LONG_ROWS, config.headSize]);
    const [keys, values] = [allocate(), allocate()];
    this.#cache = { [pastKey(0)]: keys, [presentKey(0)]: keys, [pastValue(0)]: values, [presentValue(0)]: values };
    const random = createRandom(SEED);
    const draw = (heads: number): Float32Array => Float32Array.from({ length: LONG_ROWS * heads * config.headSize }, () => 2 * random() - 1);
    this.#rows = { [AttentionNames.q]: draw(config.headCount), [AttentionNames.k]: draw(config.kvHeadCount), [AttentionNames.v]: draw(config.kvHeadCount) };
  }

  /** [count, heads * headDim] f32 */
  async attend(start: number, count: number): Promise<Float32Array> {
    const { headCount, headSize } = this.#config;
    const { lastRow, totalLength } = slotNames(0);
    const attended = new Float32Array(count * headCount * headSize);
    const own: Record<string, AnyTensor> = {
      [lastRow]: this.#runtime.createTensor(Int32Array.of(start + count - 1), [1]),
      [totalLength]: this.#runtime.createTensor(Int32Array.of(start + count), []),
      [AttentionNames.attended]: this.#runtime.createTensor(attended, [1, count, headCount * headSize]),
    };
    for (const [name, values] of Object.entries(this.#rows)) {
      const width = values.length / LONG_ROWS;
      own[name] = this.#runtime.createTensor(values.slice(start * width, (start + count) * width), [1, count, width]);
    }
    const tensors = { ...this.#cache, ...own };
    for (const [index, { name }] of this.#graph.inputs.entries()) this.#binding.setInput(index, tensors[name]);
    for (const [index, { name }] of this.#graph.outputs.entries()) this.#binding.setOutput(index, tensors[name]);
    try {
      await this.#binding.run();
      return attended;
    } finally {
      for (const tensor of Object.values(own)) tensor.release();
    }
  }

  release(): void {
    for (const tensor of new Set(Object.values(this.#cache))) tensor.release();
  }
}
