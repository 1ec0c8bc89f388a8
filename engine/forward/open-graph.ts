// A decoder graph open for passes of a certain number of slots: binds a pass's tensors to it and runs it.
import type { Graph } from "../graph/onnx-model.js";
import { sparseNames } from "../graph/attention/sparse-names.js";
import { GraphNames, slotNames } from "../graph/graph-names.js";
import type { Runtime } from "../ort/runtime.js";
import type { Binding, Session } from "../ort/session.js";
import type { AnyTensor, Tensor } from "../ort/tensor.js";
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
  readonly #lengthsTensor: Tensor;

  constructor(runtime: Runtime, session: Session, graph: Graph, slotCount: number) {
    this.#runtime = runtime;
    this.#session = session;
    const inputs = graph.inputs.map(({ name }) => name);
    const outputs = graph.outputs.map(({ name }) => name);
    this.#binding = session.bind(inputs, outputs);
    this.#inputIndex = indexOf(inputs);
    const outputIndex = indexOf(outputs);
    this.#slots = Array.from({ length: slotCount }, (_, slot) => new SlotBinding(runtime, slot, this.#inputIndex, outputIndex));
    this.#lengths = new BigInt64Array(slotCount);
    this.#lengthsTensor = runtime.createTensor(this.#lengths, [slotCount]);
    if (slotCount > 1) this.#set(GraphNames.slotLengths, this.#lengthsTensor);
  }

  async run({ slots, wanted }: Pass, { slots: slotInputs, cosines, sines, logits }: PassTensors): Promise<void> {
    const tokens = slots.flatMap((slot) => slot.tokens);
    const rows = {
      [GraphNames.inputIds]: this.#integers(tokens, [1, tokens.length]),
      [GraphNames.positionIds]: this.#integers(slots.flatMap((slot) => slot.positions), [1, tokens.length]),
      [GraphNames.wanted]: this.#integers(wanted, [wanted.length]),
    };
    for (const [name, tensor] of Object.entries(rows)) this.#set(name, tensor);
    this.#set(GraphNames.rotaryCosines, cosines);
    this.#set(GraphNames.rotarySines, sines);
    this.#binding.setOutput(0, logits);
    for (const [index, slot] of slots.entries()) {
      this.#lengths[index] = BigInt(slot.tokens.length);
      this.#slots[index].set(this.#binding, slot);
      for (const [name, tensor] of Object.entries(slotInputs[index])) this.#set(name, tensor);
    }
    try {
      await this.#binding.run();
    } finally {
      for (const tensor of Object.values(rows)) tensor.release();
    }
  }

  close(): void {
    this.#lengthsTensor.release();
    for (const slot of this.#slots) slot.release();
    this.#session.close();
  }

  #integers(values: readonly number[], shape: readonly number[]): Tensor {
    return this.#runtime.createTensor(BigInt64Array.from(values, BigInt), shape);
  }

  #set(name: string, tensor: AnyTensor): void {
    this.#binding.setInput(this.#inputIndex.get(name) as number, tensor);
  }
}

/** One slot's places in the binding, found once. */
class SlotBinding {
  readonly #lastRow = new Int32Array(1);
  readonly #totalLength = new Int32Array(1);
  /** Input index, if the graph has it, and tensor. */
  readonly #scalars: readonly (readonly [number | undefined, Tensor])[];
  /** By layer, indices of keys, of values and, where the graph has them, of summaries. */
  readonly #past: readonly (readonly number[])[];
  readonly #present: readonly (readonly number[])[];

  constructor(runtime: Runtime, slot: number, inputs: ReadonlyMap<string, number>, outputs: ReadonlyMap<string, number>) {
    const names = slotNames(slot);
    this.#scalars = [
      [inputs.get(names.lastRow), runtime.createTensor(this.#lastRow, [1])],
      [inputs.get(names.totalLength), runtime.createTensor(this.#totalLength, [])],
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

  release(): void {
    for (const [, tensor] of this.#scalars) tensor.release();
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
