// A loaded ONNX Runtime with its environment: makes sessions and tensors.
import { OrtApi, type Pointer } from "./api.js";
import { findLibrary } from "./library.js";
import { returnFreedMemory } from "./return-freed-memory.js";
import { Session, type SessionOptions } from "./session.js";
import { SharedWeights, type SharedTensor } from "./shared-weights.js";
import { Tensor, type TensorData } from "./tensor.js";

const LOG_ERRORS_ONLY = 3;
const DEVICE_ALLOCATOR = 0;
const DEFAULT_MEMORY = 0;

/** One runtime per engine; `close` it after its sessions and tensors. */
export class Runtime {
  readonly api: OrtApi;
  readonly libraryPath: string;
  readonly #environment: Pointer;
  readonly #memoryInfo: Pointer;

  /** @throws RuntimeError where the library is missing or cannot be loaded. */
  constructor() {
    this.libraryPath = findLibrary();
    this.api = new OrtApi(this.libraryPath);
    this.#environment = this.api.create("CreateEnv", LOG_ERRORS_ONLY, "distillate");
    this.#memoryInfo = this.api.create("CreateCpuMemoryInfo", DEVICE_ALLOCATOR, DEFAULT_MEMORY);
  }

  get version(): string {
    return this.api.version;
  }

  /** Maps a file of constants for sessions to share. */
  openWeights(path: string, tensors: Readonly<Record<string, SharedTensor>>): SharedWeights {
    return new SharedWeights(this.api, this.#memoryInfo, path, tensors);
  }

  /** Opens a graph, given as the bytes of an .onnx file, on a worker thread. */
  createSession(model: Uint8Array, options: SessionOptions): Promise<Session> {
    return Session.create(this.api, this.#environment, model, options);
  }

  /** A tensor over `data`'s own memory: writing into `data` writes into the tensor. */
  createTensor(data: TensorData, shape: readonly number[]): Tensor {
    return new Tensor(this.api, this.#memoryInfo, data, shape);
  }

  close(): void {
    this.api.release("ReleaseMemoryInfo", this.#memoryInfo);
    this.api.release("ReleaseEnv", this.#environment);
    returnFreedMemory();
  }
}
