// A decoder graph open for passes of a certain number of slots: binds a pass's tensors to it and runs it.
import type { Graph } from "../graph/onnx-model.js";
import { GraphNames, slotNames } from "../graph/graph-names.js";
import type { Runtime } from "../ort/runtime.js";
import type { Binding, Session } from "../ort/session.js";
import type { AnyTensor, Tensor } from "../ort/tensor.js";
import type { Pass, SlotPass } from "./pass.js";

/** What a pass is run with besides its own rows. */
export interface PassTensors {
  /** By slot: [1, 1, new rows, total rows], of the graph's precision; empty where the graph takes none. */
  biases: readonly Tensor[];
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

  async run({ slots, wanted }: Pass, { biases, cosines, sines, logits }: PassTensors): Promise<void> {
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
      this.#slots[index].set(this.#binding, slot, biases[index]);
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
  /** Input index and tensor. */
  readonly #scalars: readonly (readonly [number, Tensor])[];
  readonly #bias: number | undefined;
  /** By layer, indices of keys and of values. */
  readonly #past: readonly (readonly [number, number])[];
  readonly #present: readonly (readonly [number, number])[];

  constructor(runtime: Runtime, slot: number, inputs: ReadonlyMap<string, number>, outputs: ReadonlyMap<string, number>) {
    const names = slotNames(slot);
    this.#scalars = [
      [inputs.get(names.lastRow) as number, runtime.createTensor(this.#lastRow, [1])],
      [inputs.get(names.totalLength) as number, runtime.createTensor(this.#totalLength, [])],
    ];
    this.#bias = inputs.get(names.bias);
    this.#past = byLayer(inputs, names.pastKey, names.pastValue);
    this.#present = byLayer(outputs, names.presentKey, names.presentValue);
  }

  set(binding: Binding, { buffer, pastLength, tokens }: SlotPass, bias: Tensor | undefined): void {
    const total = pastLength + tokens.length;
    this.#lastRow[0] = total - 1;
    this.#totalLength[0] = total;
    for (const [index, tensor] of this.#scalars) binding.setInput(index, tensor);
    if (this.#bias !== undefined && bias) binding.setInput(this.#bias, bias);
    for (const [layer, [key, value]] of this.#past.entries()) {
      binding.setInput(key, buffer.keys[layer]);
      binding.setInput(value, buffer.values[layer]);
    }
    for (const [layer, [key, value]] of this.#present.entries()) {
      binding.setOutput(key, buffer.keys[layer]);
      binding.setOutput(value, buffer.values[layer]);
    }
  }

  release(): void {
    for (const [, tensor] of this.#scalars) tensor.release();
  }
}

function indexOf(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, index) => [name, index]));
}

function byLayer(
  indices: ReadonlyMap<string, number>,
  key: (layer: number) => string,
  value: (layer: number) => string,
): [number, number][] {
  const found: [number, number][] = [];
  for (let layer = 0; indices.has(key(layer)); layer++) {
    found.push([indices.get(key(layer)) as number, indices.get(value(layer)) as number]);
  }
  return found;
}
