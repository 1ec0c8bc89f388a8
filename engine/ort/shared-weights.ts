// The constants of all graphs of one model: mapped or uploaded once, prepacked once, given to every session by name.
import type { OrtApi, Pointer } from "./api.js";
import type { DeviceMemory } from "./device/device-memory.js";
import type { DeviceName } from "./device/provider.js";
import { mapFile, type MappedFile } from "./mapped-file.js";
import { createValue, type DeviceTensor } from "./tensor.js";

/** A constant in the mapped file; `type` is ONNXTensorElementDataType. */
export interface SharedTensor {
  type: number;
  shape: readonly number[];
  offset: number;
  sizeBytes: number;
}

/** Close it after the sessions that were made with it. */
export class SharedWeights {
  readonly device: DeviceName;
  /** OrtPrepackedWeightsContainer: what kernels make of constants for themselves is kept once for all sessions. */
  readonly container: Pointer;
  /**
   * The file that models must name as that of their constants. None is read from it: it only has to exist, which the
   * file that is mapped need not for as long as sessions are opened (another version of the converter removes it).
   */
  readonly dataFile: string;
  readonly #api: OrtApi;
  /** None where the constants lie on a device. */
  readonly #file: MappedFile | undefined;
  /** OrtValues by name. */
  readonly #values: ReadonlyMap<string, Pointer>;
  /** Whose memory the values are, on a device. */
  readonly #owners: readonly DeviceTensor[];

  private constructor(api: OrtApi, dataFile: string, { device, file, values, owners }: Constants) {
    this.#api = api;
    this.device = device;
    this.dataFile = dataFile;
    this.#file = file;
    this.#values = values;
    this.#owners = owners;
    this.container = api.create("CreatePrepackedWeightsContainer");
  }

  /** @param tensors By the name that graphs give them. */
  static async open(
    api: OrtApi,
    { host, device, dataFile }: { host: Pointer; device: DeviceMemory | undefined; dataFile: string },
    path: string,
    tensors: Readonly<Record<string, SharedTensor>>,
  ): Promise<SharedWeights> {
    const file = mapFile(path);
    const values = new Map<string, Pointer>();
    let isKept = false;
    try {
      for (const [name, { type, shape, offset, sizeBytes }] of Object.entries(tensors)) {
        values.set(name, createValue(api, host, { data: file.address + BigInt(offset), sizeBytes, type, shape }));
      }
      if (device) return new SharedWeights(api, dataFile, await uploadAll(api, device, values, tensors));
      const weights = new SharedWeights(api, dataFile, { device: "cpu", file, values, owners: [] });
      isKept = true;
      return weights;
    } finally {
      if (!isKept) {
        for (const value of values.values()) api.release("ReleaseValue", value);
        file.close();
      }
    }
  }

  addTo(sessionOptions: Pointer): void {
    for (const [name, value] of this.#values) this.#api.call("AddInitializer", sessionOptions, name, value);
  }

  /** Kernels that have prepacked a constant no longer read it: its pages need not stay in memory. */
  dropPages(): void {
    this.#file?.dropPages();
  }

  close(): void {
    for (const value of this.#values.values()) this.#api.release("ReleaseValue", value);
    for (const owner of this.#owners) owner.release();
    this.#api.release("ReleasePrepackedWeightsContainer", this.container);
    this.#file?.close();
  }
}

interface Constants {
  device: DeviceName;
  file?: MappedFile;
  values: ReadonlyMap<string, Pointer>;
  owners: readonly DeviceTensor[];
}

async function uploadAll(
  api: OrtApi,
  device: DeviceMemory,
  hostValues: ReadonlyMap<string, Pointer>,
  tensors: Readonly<Record<string, SharedTensor>>,
): Promise<Constants> {
  const owners: DeviceTensor[] = [];
  const values = new Map<string, Pointer>();
  /** Constants that share their bytes in the file share them on the device, in whatever shape. */
  const byPlace = new Map<string, DeviceTensor>();
  try {
    for (const [name, tensor] of Object.entries(tensors)) {
      const place = `${tensor.type}@${tensor.offset}+${tensor.sizeBytes}`;
      let owner = byPlace.get(place);
      if (!owner) {
        owner = await device.upload(hostValues.get(name) as Pointer, tensor);
        owners.push(owner);
        byPlace.set(place, owner);
      }
      values.set(name, device.borrow(owner, tensor));
    }
  } catch (error) {
    for (const value of values.values()) api.release("ReleaseValue", value);
    for (const owner of owners) owner.release();
    throw error;
  }
  return { device: device.device, values, owners };
}
