// Collects the nodes and constants of a graph; `decoder-graph.ts` says which.
import { DataType, type Attribute, type Graph, type Initializer, type Node, type ValueInfo } from "./onnx-model.js";
import { WEIGHTS_FILE_NAME, type WeightMap } from "./weights/weight-map.js";

/** Operators outside the ONNX standard that ONNX Runtime brings along. */
export const MICROSOFT = "com.microsoft";

export interface NodeOptions {
  /** Path within the model, such as `/layers.0/attn/q_proj`. Its outputs are named after it. */
  name: string;
  inputs: readonly string[];
  domain?: string;
  attributes?: Readonly<Record<string, number | { float: number } | { integers: readonly number[] } | { text: string }>>;
  /** Names of the outputs; an empty string leaves one out. Default: one, named as the node. */
  outputs?: readonly string[];
}

export class GraphBuilder {
  readonly #nodes: Node[] = [];
  readonly #initializers = new Map<string, Initializer>();
  readonly #inputs: ValueInfo[] = [];
  readonly #outputs: ValueInfo[] = [];
  readonly #tensors: WeightMap["tensors"];

  constructor(tensors: WeightMap["tensors"]) {
    this.#tensors = tensors;
  }

  /** Adds a node and returns its first output. */
  node(operator: string, options: NodeOptions): string {
    const { name, inputs, domain = "", outputs = [name] } = options;
    const attributes = Object.entries(options.attributes ?? {}).map(
      ([key, value]): Attribute => (typeof value === "number" ? { name: key, integer: value } : { name: key, ...value }),
    );
    this.#nodes.push({ operator, name, domain, inputs, outputs, attributes });
    return outputs[0];
  }

  input(name: string, type: DataType, shape: ValueInfo["shape"]): string {
    this.#inputs.push({ name, type, shape });
    return name;
  }

  output(name: string, type: DataType, shape: ValueInfo["shape"]): void {
    this.#outputs.push({ name, type, shape });
  }

  /** A constant of the weights file. */
  weight(name: string): string {
    const { type, shape, offset, sizeBytes } = this.#tensors[name];
    this.#initializers.set(name, { name, type, shape, data: { location: WEIGHTS_FILE_NAME, offset, sizeBytes } });
    return name;
  }

  /** A small int64 vector; the same values give the same constant. */
  integers(values: readonly number[]): string {
    const name = `integers_${values.join("_")}`;
    const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.#initializers.set(name, { name, type: DataType.int64, shape: [values.length], data });
    return name;
  }

  /** A small f32 constant. */
  floats(name: string, values: Float32Array, shape: readonly number[]): string {
    const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#initializers.set(name, { name, type: DataType.float, shape, data });
    return name;
  }

  build(name: string): Graph {
    return {
      name,
      nodes: this.#nodes,
      initializers: [...this.#initializers.values()],
      inputs: this.#inputs,
      outputs: this.#outputs,
    };
  }
}
