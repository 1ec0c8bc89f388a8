// A loaded graph and its bound inputs and outputs.
import koffi from "koffi";
import type { OrtApi, Pointer } from "./api.js";
import type { Tensor } from "./tensor.js";

const ALL_OPTIMIZATIONS = 99;

/**
 * A key of onnxruntime_session_options_config_keys.h. Threads that wait by spinning gain nothing measurable on a quiet
 * machine and collapse beside other work: with one of two cores busy a record took 1.9 times as long, without
 * spinning 1.3 times (`npm run bench:engine`).
 */
const SPINNING_KEY = "session.intra_op.allow_spinning";

export interface SessionOptions {
  /** Threads within one operator. */
  threadCount: number;
}

export class Session {
  readonly #api: OrtApi;
  readonly #pointer: Pointer;

  private constructor(api: OrtApi, pointer: Pointer) {
    this.#api = api;
    this.#pointer = pointer;
  }

  static async load(api: OrtApi, environment: Pointer, modelPath: string, options: SessionOptions): Promise<Session> {
    const handle = api.create("CreateSessionOptions");
    try {
      api.call("SetIntraOpNumThreads", handle, options.threadCount);
      api.call("SetInterOpNumThreads", handle, 1);
      api.call("SetSessionGraphOptimizationLevel", handle, ALL_OPTIMIZATIONS);
      api.call("AddSessionConfigEntry", handle, SPINNING_KEY, "0");
      const out: unknown[] = [null];
      await api.callAsync("CreateSession", environment, modelPath, handle, out);
      return new Session(api, out[0] as Pointer);
    } finally {
      api.release("ReleaseSessionOptions", handle);
    }
  }

  /** Fixes the order of inputs and outputs; the same tensor may be both, and is then updated in place. */
  bind(inputs: Readonly<Record<string, Tensor>>, outputs: Readonly<Record<string, Tensor>>): Binding {
    return new Binding(this.#api, this.#pointer, inputs, outputs);
  }

  close(): void {
    this.#api.release("ReleaseSession", this.#pointer);
  }
}

/** The arguments of a run, laid out once as the C API wants them. */
export class Binding {
  readonly #api: OrtApi;
  readonly #session: Pointer;
  readonly #inputs: BoundNames;
  readonly #outputs: BoundNames;

  constructor(
    api: OrtApi,
    session: Pointer,
    inputs: Readonly<Record<string, Tensor>>,
    outputs: Readonly<Record<string, Tensor>>,
  ) {
    this.#api = api;
    this.#session = session;
    this.#inputs = new BoundNames(inputs);
    this.#outputs = new BoundNames(outputs);
  }

  setInput(name: string, tensor: Tensor): void {
    this.#inputs.set(name, tensor);
  }

  setOutput(name: string, tensor: Tensor): void {
    this.#outputs.set(name, tensor);
  }

  /** Runs the graph once on a worker thread. One run at a time. */
  run(): Promise<void> {
    const { names: inputNames, values: inputs } = this.#inputs;
    const { names: outputNames, values: outputs } = this.#outputs;
    return this.#api.callAsync(
      "Run", this.#session, null, inputNames, inputs, inputs.length, outputNames, outputs.length, outputs,
    );
  }
}

/** Two parallel pointer arrays: C strings and OrtValues. */
class BoundNames {
  readonly names: BigUint64Array;
  readonly values: BigUint64Array;
  readonly #order: string[];
  /** The strings must outlive every run. */
  readonly #strings: Buffer[];

  constructor(tensors: Readonly<Record<string, Tensor>>) {
    this.#order = Object.keys(tensors);
    this.#strings = this.#order.map((name) => Buffer.from(`${name}\0`));
    this.names = BigUint64Array.from(this.#strings, (string) => koffi.address(string));
    this.values = BigUint64Array.from(this.#order, (name) => tensors[name].pointer);
  }

  set(name: string, tensor: Tensor): void {
    this.values[this.#order.indexOf(name)] = tensor.pointer;
  }
}
