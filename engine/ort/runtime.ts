// A loaded ONNX Runtime with its environment: makes sessions and tensors.
import { OrtApi, type Pointer } from "./api.js";
import { DeviceMemory } from "./device/device-memory.js";
import type { DeviceName } from "./device/provider.js";
import { findLibrary } from "./library.js";
import { ProcessHeap } from "./process-heap.js";
import { Session, type SessionOptions } from "./session.js";
import { SharedWeights, type SharedTensor } from "./shared-weights.js";
import { ELEMENT_TYPE, Tensor, type AnyTensor, type TensorData } from "./tensor.js";

const LOG_ERRORS_ONLY = 3;
const DEVICE_ALLOCATOR = 0;
const ARENA_ALLOCATOR = 1;
const SAME_AS_REQUESTED = 1;
/** ONNX Runtime chooses. */
const DEFAULT = -1;
const DEFAULT_MEMORY = 0;

const STATE_TYPES = {
  f32: { elementType: ELEMENT_TYPE.float, Data: Float32Array },
  /** As the numbers of their bits. */
  f16: { elementType: ELEMENT_TYPE.float16, Data: Uint16Array },
  int8: { elementType: ELEMENT_TYPE.int8, Data: Int8Array },
} as const;

/** Of tensors that sessions update in place. */
export type StateType = keyof typeof STATE_TYPES;

/** One runtime per engine; `close` it after its sessions and tensors. */
export class Runtime {
  readonly api: OrtApi;
  readonly libraryPath: string;
  readonly #environment: Pointer;
  readonly #memoryInfo: Pointer;
  readonly #heap = new ProcessHeap();
  /** None on the CPU. */
  #deviceMemory: DeviceMemory | undefined;

  /**
   * For the CPU.
   *
   * @throws RuntimeError where the library is missing or cannot be loaded.
   */
  constructor() {
    this.libraryPath = findLibrary();
    this.api = new OrtApi(this.libraryPath);
    this.#memoryInfo = this.api.create("CreateCpuMemoryInfo", DEVICE_ALLOCATOR, DEFAULT_MEMORY);
    try {
      this.#environment = createEnvironment(this.api);
    } catch (error) {
      this.api.release("ReleaseMemoryInfo", this.#memoryInfo);
      throw error;
    }
  }

  /** @throws RuntimeError where the library cannot be loaded or the device cannot be used, saying what it needs. */
  static async open(device: DeviceName): Promise<Runtime> {
    const runtime = new Runtime();
    if (device === "cpu") return runtime;
    try {
      runtime.#deviceMemory = await DeviceMemory.open(runtime.api, runtime.#environment, runtime.#memoryInfo, device);
      return runtime;
    } catch (error) {
      runtime.close();
      throw error;
    }
  }

  get device(): DeviceName {
    return this.#deviceMemory?.device ?? "cpu";
  }

  get version(): string {
    return this.api.version;
  }

  /** Maps a file of constants for sessions to share, or brings them to the device. */
  openWeights(path: string, tensors: Readonly<Record<string, SharedTensor>>): Promise<SharedWeights> {
    return SharedWeights.open(this.api, { host: this.#memoryInfo, device: this.#deviceMemory, dataFile: this.libraryPath }, path, tensors);
  }

  /** Opens a graph, given as the bytes of an .onnx file, on a worker thread. */
  createSession(model: Uint8Array, options: SessionOptions): Promise<Session> {
    return this.#heap.withBlocksApart(() => Session.create(this.api, this.#environment, model, options));
  }

  /** A tensor over `data`'s own memory: writing into `data` writes into the tensor. */
  createTensor(data: TensorData, shape: readonly number[]): Tensor {
    return new Tensor(this.api, this.#memoryInfo, data, shape);
  }

  /** A tensor that sessions update in place, where they run. On the host it is zero. */
  createState(type: StateType, shape: readonly number[]): AnyTensor {
    if (this.#deviceMemory) return this.#deviceMemory.allocate({ type: STATE_TYPES[type].elementType, shape });
    const length = shape.reduce((product, size) => product * size, 1);
    return this.createTensor(new STATE_TYPES[type].Data(length), shape);
  }

  /** A tensor that never changes, where sessions run; `data` must stay as it is. */
  async createConstant(data: Float32Array, shape: readonly number[]): Promise<AnyTensor> {
    const tensor = this.createTensor(data, shape);
    if (!this.#deviceMemory) return tensor;
    try {
      return await this.#deviceMemory.upload(tensor.pointer, { type: ELEMENT_TYPE.float, shape });
    } finally {
      tensor.release();
    }
  }

  close(): void {
    this.#deviceMemory?.close();
    this.api.release("ReleaseMemoryInfo", this.#memoryInfo);
    this.api.release("ReleaseEnv", this.#environment);
    this.#heap.returnFreed();
  }
}

function createEnvironment(api: OrtApi): Pointer {
  const environment = api.create("CreateEnv", LOG_ERRORS_ONLY, "distillate");
  try {
    shareArena(api, environment);
    return environment;
  } catch (error) {
    api.release("ReleaseEnv", environment);
    throw error;
  }
}

/** One arena for the activations of all sessions: of each its own, eight graphs hold 300 MiB after passes of 512 rows (0.5B). */
function shareArena(api: OrtApi, environment: Pointer): void {
  const memoryInfo = api.create("CreateCpuMemoryInfo", ARENA_ALLOCATOR, DEFAULT_MEMORY);
  try {
    const configuration = api.create("CreateArenaCfg", 0, SAME_AS_REQUESTED, DEFAULT, DEFAULT);
    try {
      api.call("CreateAndRegisterAllocator", environment, memoryInfo, configuration);
    } finally {
      api.release("ReleaseArenaCfg", configuration);
    }
  } finally {
    api.release("ReleaseMemoryInfo", memoryInfo);
  }
}
