// The functions of ONNX Runtime's C API that the engine calls, bound by their slot in the `OrtApi` table.
// Slots and prototypes: onnxruntime_c_api.h, ORT_API_VERSION 30; slots never move once released.
import koffi, { type LibraryHandle } from "koffi";
import { RuntimeError } from "../error/runtime-error.js";
import { loadNative } from "./native-library.js";

const API_VERSION = 30;

/** A pointer that the runtime owns. */
export type Pointer = bigint;

type Call = (...args: unknown[]) => unknown;

/** A bound function that returns an OrtStatus; `async` runs it on a worker thread. */
type StatusFunction = Call & { async: (...args: unknown[]) => void };

const STATUS_FUNCTIONS = {
  CreateEnv: [3, "int level, const char *id, _Out_ void **out"],
  Run: [9, "void *session, void *options, void *inputNames, void *inputs, size_t inputCount, void *outputNames, size_t outputCount, void *outputs"],
  CreateSessionOptions: [10, "_Out_ void **out"],
  DisableMemPattern: [17, "void *options"],
  SetSessionGraphOptimizationLevel: [23, "void *options, int level"],
  SetIntraOpNumThreads: [24, "void *options, int count"],
  SetInterOpNumThreads: [25, "void *options, int count"],
  CreateTensorWithDataAsOrtValue: [49, "void *info, void *data, size_t sizeBytes, void *shape, size_t rank, int type, _Out_ void **out"],
  CreateTensorAsOrtValue: [48, "void *allocator, void *shape, size_t rank, int type, _Out_ void **out"],
  GetTensorMutableData: [51, "void *value, _Out_ void **out"],
  CreateMemoryInfo: [68, "const char *name, int allocator, int id, int memory, _Out_ void **out"],
  CreateCpuMemoryInfo: [69, "int allocator, int memory, _Out_ void **out"],
  AddSessionConfigEntry: [130, "void *options, const char *key, const char *value"],
  CreateAllocator: [131, "void *session, void *info, _Out_ void **out"],
  RunWithBinding: [133, "void *session, void *options, void *binding"],
  CreateIoBinding: [134, "void *session, _Out_ void **out"],
  BindInput: [136, "void *binding, const char *name, void *value"],
  BindOutput: [137, "void *binding, const char *name, void *value"],
  CreateAndRegisterAllocator: [144, "void *env, void *info, void *configuration"],
  AddInitializer: [150, "void *options, const char *name, void *value"],
  CreateSessionFromArray: [8, "void *env, void *model, size_t sizeBytes, void *options, _Out_ void **out"],
  CreateArenaCfg: [156, "size_t largestBytes, int strategy, int firstBytes, int deadBytes, _Out_ void **out"],
  CreatePrepackedWeightsContainer: [166, "_Out_ void **out"],
  CreateSessionFromArrayWithPrepackedWeightsContainer: [
    169, "void *env, void *model, size_t sizeBytes, void *options, void *container, _Out_ void **out",
  ],
  SessionOptionsAppendExecutionProvider_CUDA_V2: [204, "void *options, void *provider"],
  CreateCUDAProviderOptions: [205, "_Out_ void **out"],
  SessionOptionsAppendExecutionProvider: [216, "void *options, const char *name, void *keys, void *values, size_t count"],
} as const;

const RELEASE_FUNCTIONS = {
  ReleaseEnv: 92,
  ReleaseMemoryInfo: 94,
  ReleaseSession: 95,
  ReleaseValue: 96,
  ReleaseSessionOptions: 100,
  ReleaseAllocator: 132,
  ReleaseIoBinding: 135,
  ReleaseArenaCfg: 157,
  ReleasePrepackedWeightsContainer: 167,
  ReleaseCUDAProviderOptions: 208,
} as const;

export type StatusName = keyof typeof STATUS_FUNCTIONS;
export type ReleaseName = keyof typeof RELEASE_FUNCTIONS;

/** The C API of one loaded library. */
export class OrtApi {
  readonly version: string;
  readonly #status: Record<StatusName, StatusFunction>;
  readonly #release: Record<ReleaseName, Call>;
  readonly #errorMessage: Call;
  readonly #releaseStatus: Call;

  /** @throws RuntimeError where the library cannot be loaded or is older than the API the engine was written for. */
  constructor(libraryPath: string) {
    const table = openTable(libraryPath);
    this.version = table.version;
    const bind = (slot: number, name: string, result: string, parameters: string): StatusFunction =>
      koffi.decode(koffi.decode(table.api, slot * 8, "void *"), koffi.proto(`${result} ${anonymous(name)}(${parameters})`));
    this.#errorMessage = bind(2, "GetErrorMessage", "const char *", "void *status");
    this.#releaseStatus = bind(93, "ReleaseStatus", "void", "void *status");
    this.#status = mapValues(STATUS_FUNCTIONS, ([slot, parameters], name) => bind(slot, name, "void *", parameters));
    this.#release = mapValues(RELEASE_FUNCTIONS, (slot, name) => bind(slot, name, "void", "void *object"));
  }

  call(name: StatusName, ...args: unknown[]): void {
    this.#check(name, this.#status[name](...args));
  }

  /** Calls a function whose last parameter receives the object it makes. */
  create(name: StatusName, ...args: unknown[]): Pointer {
    const out: unknown[] = [null];
    this.call(name, ...args, out);
    return out[0] as Pointer;
  }

  /** As `call`, on a worker thread, so that the event loop goes on. */
  callAsync(name: StatusName, ...args: unknown[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#status[name].async(...args, (error: unknown, status: unknown) => {
        if (error) return reject(error as Error);
        try {
          this.#check(name, status);
          resolve();
        } catch (failure) {
          reject(failure as Error);
        }
      });
    });
  }

  release(name: ReleaseName, object: Pointer): void {
    this.#release[name](object);
  }

  #check(name: string, status: unknown): void {
    if (status === null) return;
    const message = String(this.#errorMessage(status));
    this.#releaseStatus(status);
    throw new RuntimeError(`ONNX Runtime refused ${name}: ${message}`);
  }
}

/** koffi keeps the names of prototypes for the whole process; a fresh one each time lets several libraries be bound. */
function anonymous(name: string): string {
  return `${name}_${process.hrtime.bigint()}`;
}

/**
 * Kept for the life of the process: koffi unloads a library once nothing refers to it, and ours is called through
 * addresses that koffi does not know, by threads of its own too.
 */
const libraries = new Map<string, LibraryHandle>();

function openTable(libraryPath: string): { api: unknown; version: string } {
  try {
    const library = libraries.get(libraryPath) ?? loadNative(libraryPath);
    libraries.set(libraryPath, library);
    const base = library.func("void *OrtGetApiBase()")() as unknown;
    const version = koffi.call(koffi.decode(base, 8, "void *"), koffi.proto(`const char *${anonymous("GetVersionString")}()`));
    const getApi = koffi.proto(`void *${anonymous("GetApi")}(uint32_t version)`);
    const api: unknown = koffi.call(koffi.decode(base, 0, "void *"), getApi, API_VERSION);
    if (api === null) throw new Error(`version ${String(version)} does not offer API ${API_VERSION}`);
    return { api, version: String(version) };
  } catch (cause) {
    throw new RuntimeError(`Cannot load ONNX Runtime from ${libraryPath}: ${(cause as Error).message}.`, {
      cause,
      hint: "Run `distillate doctor`; on Linux glibc 2.28 or newer is needed.",
    });
  }
}

function mapValues<Key extends string, Value, Result>(
  object: Readonly<Record<Key, Value>>,
  map: (value: Value, key: Key) => Result,
): Record<Key, Result> {
  const entries = Object.entries(object) as [Key, Value][];
  return Object.fromEntries(entries.map(([key, value]) => [key, map(value, key)])) as Record<Key, Result>;
}
