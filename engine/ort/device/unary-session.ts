// Sessions of one operator: Identity, run with an output that lies on a device, copies there; Neg proves that a device computes.
import type { OrtApi, Pointer } from "../api.js";
import { PROVIDERS, refuseFallback, type AcceleratorName } from "./provider.js";

const IR_VERSION = 10;
const OPSET = 21;

export interface UnaryOptions {
  operator: "Identity" | "Neg";
  /** ONNXTensorElementDataType */
  type: number;
  device: AcceleratorName;
}

/** `y = operator(x)` for tensors of one type and any shape. */
export class UnarySession {
  readonly pointer: Pointer;
  readonly #api: OrtApi;

  private constructor(api: OrtApi, pointer: Pointer) {
    this.#api = api;
    this.pointer = pointer;
  }

  static async open(api: OrtApi, environment: Pointer, { operator, type, device }: UnaryOptions): Promise<UnarySession> {
    const options = api.create("CreateSessionOptions");
    const graph = encodeUnary(operator, type);
    try {
      PROVIDERS[device].append(api, options);
      // Copies of bytes have no kernel on WebGPU: the CPU hands them on, and the output's place does the rest.
      if (operator !== "Identity") refuseFallback(api, options);
      const out: unknown[] = [null];
      await api.callAsync("CreateSessionFromArray", environment, graph, graph.length, options, out);
      return new UnarySession(api, out[0] as Pointer);
    } finally {
      api.release("ReleaseSessionOptions", options);
    }
  }

  /** Between OrtValues of the same type and shape, wherever they lie. */
  async run(source: Pointer, target: Pointer): Promise<void> {
    const binding = this.#api.create("CreateIoBinding", this.pointer);
    try {
      this.#api.call("BindInput", binding, "x", source);
      this.#api.call("BindOutput", binding, "y", target);
      await this.#api.callAsync("RunWithBinding", this.pointer, null, binding);
    } finally {
      this.#api.release("ReleaseIoBinding", binding);
    }
  }

  close(): void {
    this.#api.release("ReleaseSession", this.pointer);
  }
}

/** The bytes of an .onnx file. Format: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (field numbers are its own). */
function encodeUnary(operator: string, type: number): Uint8Array {
  const node = [...text(1, "x"), ...text(2, "y"), ...text(4, operator)];
  const value = (name: string): number[] => [...text(1, name), ...message(2, message(1, integer(1, type)))];
  const graph = [...message(1, node), ...text(2, operator), ...message(11, value("x")), ...message(12, value("y"))];
  return Uint8Array.from([...integer(1, IR_VERSION), ...message(7, graph), ...message(8, integer(2, OPSET))]);
}

/** Every length and value here is below 128, so that a byte holds it. */
function integer(field: number, value: number): number[] {
  return [field * 8, value];
}

function message(field: number, bytes: readonly number[]): number[] {
  return [field * 8 + 2, bytes.length, ...bytes];
}

function text(field: number, value: string): number[] {
  return message(field, [...Buffer.from(value)]);
}
