// A loaded graph and its bound inputs and outputs.
import { dirname } from "node:path";
import koffi from "koffi";
import type { OrtApi, Pointer } from "./api.js";
import { DeviceBinding } from "./device/device-binding.js";
import { PROVIDERS, refuseFallback, type DeviceName } from "./device/provider.js";
import type { SharedWeights } from "./shared-weights.js";
import type { AnyTensor } from "./tensor.js";

const ALL_OPTIMIZATIONS = 99;

/**
 * A key of onnxruntime_session_options_config_keys.h. Threads that wait by spinning gain nothing measurable on a quiet
 * machine and collapse beside other work: with one of two cores busy a record took 1.9 times as long, without
 * spinning 1.3 times (`npm run bench:engine`).
 */
const SPINNING_KEY = "session.intra_op.allow_spinning";
/** Where the file lies that models name as their constants'. It must exist, though all constants are given as values. */
const DATA_FOLDER_KEY = "session.model_external_initializers_file_folder_path";
const SHARED_ARENA_KEY = "session.use_env_allocators";

/** How often pages of the weights are dropped while a session prepacks them: at 2 GB/s, 20 MB are read in that time. */
const DROP_INTERVAL_MS = 10;

export interface SessionOptions {
  /** Threads within one operator. */
  threadCount: number;
  /** All constants of the model that it does not hold itself. */
  weights: SharedWeights;
}

/** The arguments of a run; what is at an index stays until it is set again. */
export interface Binding {
  /** The same tensor may be input and output, and is then updated in place. */
  setInput(index: number, tensor: AnyTensor): void;
  setOutput(index: number, tensor: AnyTensor): void;
  /** Runs the graph once on a worker thread. One run at a time. */
  run(): Promise<void>;
}

export class Session {
  readonly #api: OrtApi;
  readonly #pointer: Pointer;
  readonly #device: DeviceName;
  readonly #deviceBindings: DeviceBinding[] = [];

  private constructor(api: OrtApi, pointer: Pointer, device: DeviceName) {
    this.#api = api;
    this.#pointer = pointer;
    this.#device = device;
  }

  /** @param model The bytes of an .onnx file. */
  static async create(api: OrtApi, environment: Pointer, model: Uint8Array, { threadCount, weights }: SessionOptions): Promise<Session> {
    const handle = api.create("CreateSessionOptions");
    const timer = setInterval(() => weights.dropPages(), DROP_INTERVAL_MS);
    try {
      api.call("SetIntraOpNumThreads", handle, threadCount);
      api.call("SetInterOpNumThreads", handle, 1);
      api.call("SetSessionGraphOptimizationLevel", handle, ALL_OPTIMIZATIONS);
      // Patterns are kept for every combination of lengths that has been run: memory without end, and no time saved.
      api.call("DisableMemPattern", handle);
      api.call("AddSessionConfigEntry", handle, SPINNING_KEY, "0");
      api.call("AddSessionConfigEntry", handle, SHARED_ARENA_KEY, "1");
      api.call("AddSessionConfigEntry", handle, DATA_FOLDER_KEY, dirname(weights.dataFile));
      if (weights.device !== "cpu") {
        PROVIDERS[weights.device].append(api, handle);
        refuseFallback(api, handle);
      }
      weights.addTo(handle);
      const out: unknown[] = [null];
      await api.callAsync(
        "CreateSessionFromArrayWithPrepackedWeightsContainer", environment, model, model.length, handle, weights.container, out,
      );
      return new Session(api, out[0] as Pointer, weights.device);
    } finally {
      clearInterval(timer);
      weights.dropPages();
      api.release("ReleaseSessionOptions", handle);
    }
  }

  /** Fixes the order of inputs and outputs. */
  bind(inputNames: readonly string[], outputNames: readonly string[]): Binding {
    if (this.#device === "cpu") return new HostBinding(this.#api, this.#pointer, inputNames, outputNames);
    const binding = new DeviceBinding(this.#api, this.#pointer, inputNames, outputNames);
    this.#deviceBindings.push(binding);
    return binding;
  }

  close(): void {
    for (const binding of this.#deviceBindings) binding.release();
    this.#api.release("ReleaseSession", this.#pointer);
  }
}

/** Arguments laid out once as the C API wants them. */
class HostBinding implements Binding {
  readonly #api: OrtApi;
  readonly #session: Pointer;
  readonly #inputs: BoundNames;
  readonly #outputs: BoundNames;

  constructor(api: OrtApi, session: Pointer, inputNames: readonly string[], outputNames: readonly string[]) {
    this.#api = api;
    this.#session = session;
    this.#inputs = new BoundNames(inputNames);
    this.#outputs = new BoundNames(outputNames);
  }

  setInput(index: number, tensor: AnyTensor): void {
    this.#inputs.values[index] = tensor.pointer;
  }

  setOutput(index: number, tensor: AnyTensor): void {
    this.#outputs.values[index] = tensor.pointer;
  }

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
  /** The strings must outlive every run. */
  readonly #strings: readonly Buffer[];

  constructor(names: readonly string[]) {
    this.#strings = names.map((name) => Buffer.from(`${name}\0`));
    this.names = BigUint64Array.from(this.#strings, (string) => koffi.address(string));
    this.values = new BigUint64Array(names.length);
  }
}
