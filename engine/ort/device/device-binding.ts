// The arguments of a run on a device: what lies there is bound once, what lies on the host goes up or comes down with each run.
import type { OrtApi, Pointer } from "../api.js";
import type { Binding } from "../session.js";
import { DeviceTensor, type AnyTensor } from "../tensor.js";

type Side = "BindInput" | "BindOutput";

export class DeviceBinding implements Binding {
  readonly #api: OrtApi;
  readonly #session: Pointer;
  readonly #inputs: BoundTensors;
  readonly #outputs: BoundTensors;
  /** OrtIoBinding */
  #pointer: Pointer | undefined;

  constructor(api: OrtApi, session: Pointer, inputNames: readonly string[], outputNames: readonly string[]) {
    this.#api = api;
    this.#session = session;
    this.#inputs = new BoundTensors(inputNames);
    this.#outputs = new BoundTensors(outputNames);
  }

  setInput(index: number, tensor: AnyTensor): void {
    this.#inputs.wanted[index] = tensor;
  }

  setOutput(index: number, tensor: AnyTensor): void {
    this.#outputs.wanted[index] = tensor;
  }

  async run(): Promise<void> {
    const binding = (this.#pointer ??= this.#api.create("CreateIoBinding", this.#session));
    try {
      this.#bind("BindInput", binding, this.#inputs);
      this.#bind("BindOutput", binding, this.#outputs);
      await this.#api.callAsync("RunWithBinding", this.#session, null, binding);
    } catch (error) {
      // After a refused name a binding takes no further ones.
      this.release();
      throw error;
    }
  }

  /** Bound tensors stay alive with the binding; it is made anew for the next run. */
  release(): void {
    if (this.#pointer !== undefined) this.#api.release("ReleaseIoBinding", this.#pointer);
    this.#pointer = undefined;
    this.#inputs.forget();
    this.#outputs.forget();
  }

  #bind(side: Side, binding: Pointer, { names, wanted, bound }: BoundTensors): void {
    for (const [index, name] of names.entries()) {
      const tensor = wanted[index];
      if (tensor === bound[index]) continue;
      this.#api.call(side, binding, name, tensor.pointer);
      // Binding copies what the host's tensor holds at that moment.
      bound[index] = tensor instanceof DeviceTensor ? tensor : undefined;
      bound[index]?.heldBy(this);
    }
  }
}

class BoundTensors {
  readonly names: readonly string[];
  readonly wanted: AnyTensor[] = [];
  /** Only those that lie on the device. */
  bound: (DeviceTensor | undefined)[] = [];

  constructor(names: readonly string[]) {
    this.names = names;
  }

  forget(): void {
    this.bound = [];
  }
}
