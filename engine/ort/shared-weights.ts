// The constants of all graphs of one model: mapped once, prepacked once, given to every session by name.
import { dirname } from "node:path";
import type { OrtApi, Pointer } from "./api.js";
import { mapFile, type MappedFile } from "./mapped-file.js";
import { createValue } from "./tensor.js";

/** A constant in the mapped file; `type` is ONNXTensorElementDataType. */
export interface SharedTensor {
  type: number;
  shape: readonly number[];
  offset: number;
  sizeBytes: number;
}

/** Close it after the sessions that were made with it. */
export class SharedWeights {
  /** OrtPrepackedWeightsContainer: what kernels make of constants for themselves is kept once for all sessions. */
  readonly container: Pointer;
  /** That holds the file. */
  readonly folder: string;
  readonly #api: OrtApi;
  readonly #file: MappedFile;
  /** OrtValues by name. */
  readonly #values: ReadonlyMap<string, Pointer>;

  /** @param tensors By the name that graphs give them. */
  constructor(api: OrtApi, memoryInfo: Pointer, path: string, tensors: Readonly<Record<string, SharedTensor>>) {
    this.#api = api;
    this.folder = dirname(path);
    this.#file = mapFile(path);
    this.container = api.create("CreatePrepackedWeightsContainer");
    this.#values = new Map(
      Object.entries(tensors).map(([name, { type, shape, offset, sizeBytes }]) => [
        name,
        createValue(api, memoryInfo, { data: this.#file.address + BigInt(offset), sizeBytes, type, shape }),
      ]),
    );
  }

  addTo(sessionOptions: Pointer): void {
    for (const [name, value] of this.#values) this.#api.call("AddInitializer", sessionOptions, name, value);
  }

  /** Kernels that have prepacked a constant no longer read it: its pages need not stay in memory. */
  dropPages(): void {
    this.#file.dropPages();
  }

  close(): void {
    for (const value of this.#values.values()) this.#api.release("ReleaseValue", value);
    this.#api.release("ReleasePrepackedWeightsContainer", this.container);
    this.#file.close();
  }
}
