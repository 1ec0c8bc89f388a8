// Tensors: over the memory of a typed array, or in a device's own memory; `session.ts` binds them as input, output or both.
import type { OrtApi, Pointer } from "./api.js";

/** Half floats have no typed array of their own. */
export type TensorData = Float32Array | Uint16Array | Int32Array | BigInt64Array | Uint8Array | Int8Array;

/** ONNXTensorElementDataType of onnxruntime_c_api.h. */
export const ELEMENT_TYPE = { float: 1, uint8: 2, int8: 3, int32: 6, int64: 7, float16: 10 } as const;

const ELEMENT_TYPES = new Map<unknown, number>([
  [Float32Array, ELEMENT_TYPE.float],
  [Uint16Array, ELEMENT_TYPE.float16],
  [Uint8Array, ELEMENT_TYPE.uint8],
  [Int8Array, ELEMENT_TYPE.int8],
  [Int32Array, ELEMENT_TYPE.int32],
  [BigInt64Array, ELEMENT_TYPE.int64],
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

/** Holds tensors' memory until it is released. */
export interface TensorHolder {
  release(): void;
}

/** A tensor that lies on a device: sessions read and write it there. `device/device-memory.ts` makes them. */
export class DeviceTensor {
  readonly pointer: Pointer;
  readonly #api: OrtApi;
  readonly #holders = new Set<TensorHolder>();

  constructor(api: OrtApi, pointer: Pointer) {
    this.#api = api;
    this.pointer = pointer;
  }

  /** Notes who keeps its memory alive beside this handle. */
  heldBy(holder: TensorHolder): void {
    this.#holders.add(holder);
  }

  /** Frees its memory. No run may be using it. */
  release(): void {
    for (const holder of this.#holders) holder.release();
    this.#api.release("ReleaseValue", this.pointer);
  }
}

export type AnyTensor = Tensor | DeviceTensor;

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
