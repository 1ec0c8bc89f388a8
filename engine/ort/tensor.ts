// A tensor over the memory of a typed array; `session.ts` binds it as input, output or both.
import type { OrtApi, Pointer } from "./api.js";

export type TensorData = Float32Array | Int32Array | BigInt64Array | Uint8Array;

/** ONNXTensorElementDataType of onnxruntime_c_api.h. */
const ELEMENT_TYPES = new Map<unknown, number>([
  [Float32Array, 1],
  [Uint8Array, 2],
  [Int32Array, 6],
  [BigInt64Array, 7],
]);

export class Tensor {
  readonly data: TensorData;
  readonly pointer: Pointer;
  readonly #api: OrtApi;

  constructor(api: OrtApi, memoryInfo: Pointer, data: TensorData, shape: readonly number[]) {
    this.#api = api;
    this.data = data;
    const type = ELEMENT_TYPES.get(data.constructor) as number;
    this.pointer = createValue(api, memoryInfo, { data, sizeBytes: data.byteLength, type, shape });
  }

  /** Frees the handle; the memory is the typed array's. */
  release(): void {
    this.#api.release("ReleaseValue", this.pointer);
  }
}

export interface ValueContents {
  /** Stays the caller's, and must outlive the value. */
  data: TensorData | Pointer;
  sizeBytes: number;
  /** ONNXTensorElementDataType */
  type: number;
  shape: readonly number[];
}

/** An OrtValue over memory of the caller's. */
export function createValue(api: OrtApi, memoryInfo: Pointer, { data, sizeBytes, type, shape }: ValueContents): Pointer {
  const dimensions = BigInt64Array.from(shape, BigInt);
  return api.create("CreateTensorWithDataAsOrtValue", memoryInfo, data, sizeBytes, dimensions, dimensions.length, type);
}
