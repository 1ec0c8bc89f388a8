// The memory of a GPU: tensors that stay there, and the way to it. `runtime.ts` opens one for a device other than the CPU.
import { RuntimeError } from "../../error/runtime-error.js";
import type { OrtApi, Pointer } from "../api.js";
import { hasDriverStacks } from "../native-library.js";
import { createValue, DeviceTensor, ELEMENT_TYPE, Tensor } from "../tensor.js";
import { PROVIDERS, type AcceleratorName } from "./provider.js";
import { UnarySession } from "./unary-session.js";

const DEVICE_ALLOCATOR = 0;
const DEFAULT_MEMORY = 0;
const FIRST_DEVICE = 0;
const PROBE = [1.5, -2, 0.25];

export interface TensorForm {
  /** ONNXTensorElementDataType */
  type: number;
  shape: readonly number[];
}

export class DeviceMemory {
  readonly device: AcceleratorName;
  readonly #api: OrtApi;
  readonly #memoryInfo: Pointer;
  readonly #allocator: Pointer;
  /** By element type. */
  readonly #copies: ReadonlyMap<number, UnarySession>;

  private constructor(api: OrtApi, device: AcceleratorName, copies: readonly (readonly [type: number, session: UnarySession])[]) {
    this.#api = api;
    this.device = device;
    this.#copies = new Map(copies);
    this.#memoryInfo = api.create("CreateMemoryInfo", PROVIDERS[device].memoryName, DEVICE_ALLOCATOR, FIRST_DEVICE, DEFAULT_MEMORY);
    this.#allocator = api.create("CreateAllocator", copies[0][1].pointer, this.#memoryInfo);
  }

  /**
   * Opens the device and lets it compute something.
   *
   * @param hostMemory OrtMemoryInfo of the CPU.
   * @throws RuntimeError where it cannot be used, saying what it needs.
   */
  static async open(api: OrtApi, environment: Pointer, hostMemory: Pointer, device: AcceleratorName): Promise<DeviceMemory> {
    if (!hasDriverStacks()) {
      throw new RuntimeError("Another module has used koffi first and left calls on worker threads a stack too small for a device.", {
        hint: 'Load distillate before it, or let it call `koffi.config({ async_stack_size: 2 << 20 })`.',
      });
    }
    const copies: [number, UnarySession][] = [];
    try {
      for (const type of [ELEMENT_TYPE.float, ELEMENT_TYPE.uint8]) {
        copies.push([type, await UnarySession.open(api, environment, { operator: "Identity", type, device })]);
      }
      await probe(api, environment, hostMemory, device);
      return new DeviceMemory(api, device, copies);
    } catch (cause) {
      for (const [, session] of copies) session.close();
      const { title, hint } = PROVIDERS[device];
      throw new RuntimeError(`The device ${title} cannot be used: ${firstLine(cause)}.`, { cause, hint });
    }
  }

  /** Of unspecified contents. */
  allocate({ type, shape }: TensorForm): DeviceTensor {
    const dimensions = BigInt64Array.from(shape, BigInt);
    return new DeviceTensor(this.#api, this.#api.create("CreateTensorAsOrtValue", this.#allocator, dimensions, dimensions.length, type));
  }

  /** Copies a tensor of the host, f32 or u8, to the device. */
  async upload(source: Pointer, form: TensorForm): Promise<DeviceTensor> {
    const tensor = this.allocate(form);
    try {
      await (this.#copies.get(form.type) as UnarySession).run(source, tensor.pointer);
      return tensor;
    } catch (error) {
      tensor.release();
      throw error;
    }
  }

  /** A second handle on a tensor's memory that counts as the caller's own, as constants of sessions must. */
  borrow(tensor: DeviceTensor, form: TensorForm & { sizeBytes: number }): Pointer {
    const data = this.#api.create("GetTensorMutableData", tensor.pointer);
    return createValue(this.#api, this.#memoryInfo, { data, ...form });
  }

  close(): void {
    this.#api.release("ReleaseAllocator", this.#allocator);
    this.#api.release("ReleaseMemoryInfo", this.#memoryInfo);
    for (const session of this.#copies.values()) session.close();
  }
}

/** Providers are listed, and sessions made, where nothing can run. */
async function probe(api: OrtApi, environment: Pointer, hostMemory: Pointer, device: AcceleratorName): Promise<void> {
  const session = await UnarySession.open(api, environment, { operator: "Neg", type: ELEMENT_TYPE.float, device });
  const [source, target] = [Float32Array.from(PROBE), new Float32Array(PROBE.length)].map(
    (data) => new Tensor(api, hostMemory, data, [PROBE.length]),
  );
  try {
    await session.run(source.pointer, target.pointer);
    const computed = [...target.data].map(Number);
    if (computed.some((value, index) => value !== -PROBE[index])) throw new Error(`it negates ${PROBE.join()} to ${computed.join()}`);
  } finally {
    source.release();
    target.release();
    session.close();
  }
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.trim().split("\n")[0].replace(/\.$/, "");
}
