// A decoder graph open for passes of a certain number of slots: binds a pass's tensors to it and runs it.
import type { Graph } from "../graph/onnx-model.js";
import { sparseNames } from "../graph/attention/sparse-names.js";
import { GraphNames, slotNames } from "../graph/graph-names.js";
import type { Runtime } from "../ort/runtime.js";
import type { Binding, Session } from "../ort/session.js";
import type { AnyTensor, Tensor, TensorData } from "../ort/tensor.js";
import type { Pass, SlotPass } from "./pass.js";

/** What a pass is run with besides its own rows. */
export interface PassTensors {
  /** By slot and name: the inputs that its attention takes besides its buffer and length. */
  slots: readonly Readonly<Record<string, Tensor>>[];
  /** [positions, headDim / 2] f32 */
  cosines: AnyTensor;
  sines: AnyTensor;
  /** [1, wanted, vocabulary] f32 */
  logits: Tensor;
}

export class OpenGraph {
  readonly #runtime: Runtime;
  readonly #session: Session;
  readonly #binding: Binding;
  readonly #inputIndex: ReadonlyMap<string, number>;
  readonly #slots: readonly SlotBinding[];
  /** [slots] i64 */
  readonly #lengths: BigInt64Array;
  /** Its own, for as long as it is open. */
  readonly #tensors: Tensor[] = [];

  /** The session is closed with it, or where this throws. */
  constructor(runtime: Runtime, session: Session, graph: Graph, slotCount: number) {
    this.#runtime = runtime;
    this.#session = session;
    const inputs = graph.inputs.map(({ name }) => name);
    const outputs = graph.outputs.map(({ name }) => name);
    this.#binding = session.bind(inputs, outputs);
    this.#inputIndex = indexOf(inputs);
    const indices = { inputs: this.#inputIndex, outputs: indexOf(outputs) };
    this.#lengths = new BigInt64Array(slotCount);
    const createOwn = (data: TensorData, shape: readonly number[]): Tensor => {
      const tensor = runtime.createTensor(data, shape);
      this.#tensors.push(tensor);
      return tensor;
    };
    try {
      this.#slots = Array.from({ length: slotCount }, (_, slot) => new SlotBinding(createOwn, slot, indices));
      if (slotCount > 1) this.#set(GraphNames.slotLengths, createOwn(this.#lengths, [slotCount]));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  async run({ slots, wanted }: Pass, { slots: slotInputs, cosines, sines, logits }: PassTensors): Promise<void> {
    const tokens = slots.flatMap((slot) => slot.tokens);
    const rows: Tensor[] = [];
    const setRows = (name: string, values: readonly number[], shape: readonly number[]): void => {
      const tensor = this.#runtime.createTensor(BigInt64Array.from(values, BigInt), shape);
      rows.push(tensor);
      this.#set(name, tensor);
    };
    try {
      setRows(GraphNames.inputIds, tokens, [1, tokens.length]);
      setRows(GraphNames.positionIds, slots.flatMap((slot) => slot.positions), [1, tokens.length]);
      setRows(GraphNames.wanted, wanted, [wanted.length]);
      this.#set(GraphNames.rotaryCosines, cosines);
      this.#set(GraphNames.rotarySines, sines);
      this.#binding.setOutput(0, logits);
      for (const [index, slot] of slots.entries()) {
        this.#lengths[index] = BigInt(slot.tokens.length);
        this.#slots[index].set(this.#binding, slot);
        for (const [name, tensor] of Object.entries(slotInputs[index])) this.#set(name, tensor);
      }
      await this.#binding.run();
    } finally {
      for (const tensor of rows) tensor.release();
    }
  }

  close(): void {
    for (const tensor of this.#tensors) tensor.release();
    this.#session.close();
  }

  #set(name: string, tensor: AnyTensor): void {
    this.#binding.setInput(this.#inputIndex.get(name) as number, tensor);
  }
}

type Indices = ReadonlyMap<string, number>;

/** One slot's places in the binding, found once. */
class SlotBinding {
  readonly #lastRow = new Int32Array(1);
  readonly #totalLength = new Int32Array(1);
  /** Input index, if the graph has it, and tensor. */
  readonly #scalars: readonly (readonly [number | undefined, Tensor])[];
  /** By layer, indices of keys, of values and, where the graph has them, of summaries. */
  readonly #past: readonly (readonly number[])[];
  readonly #present: readonly (readonly number[])[];

  constructor(create: Runtime["createTensor"], slot: number, { inputs, outputs }: { inputs: Indices; outputs: Indices }) {
    const names = slotNames(slot);
    this.#scalars = [
      [inputs.get(names.lastRow), create(this.#lastRow, [1])],
      [inputs.get(names.totalLength), create(this.#totalLength, [])],
    ];
    const { pastSummary, presentSummary } = sparseNames(slot);
    this.#past = byLayer(inputs, [names.pastKey, names.pastValue, pastSummary]);
    this.#present = byLayer(outputs, [names.presentKey, names.presentValue, presentSummary]);
  }

  set(binding: Binding, { buffer, pastLength, tokens }: SlotPass): void {
    const total = pastLength + tokens.length;
    this.#lastRow[0] = total - 1;
    this.#totalLength[0] = total;
    for (const [index, tensor] of this.#scalars) if (index !== undefined) binding.setInput(index, tensor);
    const state = [buffer.keys, buffer.values, buffer.summaries.tensors];
    for (const [layer, indices] of this.#past.entries()) {
      for (const [kind, index] of indices.entries()) binding.setInput(index, state[kind][layer]);
    }
    for (const [layer, indices] of this.#present.entries()) {
      for (const [kind, index] of indices.entries()) binding.setOutput(index, state[kind][layer]);
    }
  }
}

function indexOf(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, index) => [name, index]));
}

function byLayer(indices: ReadonlyMap<string, number>, names: readonly ((layer: number) => string)[]): number[][] {
  const found: number[][] = [];
  for (let layer = 0; indices.has(names[0](layer)); layer++) {
    found.push(names.map((name) => indices.get(name(layer))).filter((index) => index !== undefined));
  }
  return found;
}
