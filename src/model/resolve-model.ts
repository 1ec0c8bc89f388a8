// The model a call uses: the one it was given, or one shared by all calls of the process that name the same id.
import { defaultModelId } from "../../engine/index.js";
import { ENGINE_CONCURRENCY } from "./engine-model.js";
import { loadModel, type EngineOptions, type ModelLoadProgress } from "./load-model.js";
import type { LanguageModel } from "./language-model.js";

export interface ResolveModelOptions {
  engine?: EngineOptions;
  signal?: AbortSignal;
  onProgress?: (progress: ModelLoadProgress) => void;
}

interface SharedModel {
  model: Promise<LanguageModel>;
  isLoading: boolean;
  /** Stops the load when nobody waits for it any more. */
  controller: AbortController;
  waiting: Set<ResolveModelOptions>;
}

/**
 * Loaded models by id or path and the options they were loaded with. The one piece of state of the process: `task(record)` takes no model, and a
 * model is gigabytes that all its calls must share.
 */
const shared = new Map<string, SharedModel>();

/**
 * The given model, or the shared one of that name and those engine options; without a name that of `DISTILLATE_MODEL`,
 * else the default.
 *
 * @throws TypeError where a model that is loaded already is given engine options.
 */
export async function resolveModel(
  model: string | LanguageModel | undefined,
  options: ResolveModelOptions = {},
): Promise<LanguageModel> {
  if (typeof model === "object") {
    if (options.engine) throw new TypeError("`engine` says how to load a model by its name; give the options to loadModel where you load it yourself.");
    return model;
  }
  const name = model ?? (process.env.DISTILLATE_MODEL || defaultModelId);
  const key = JSON.stringify([name, Object.entries(options.engine ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))]);
  const entry = shared.get(key) ?? startLoading(key, name, options.engine);
  entry.waiting.add(options);
  try {
    return await raceAbort(entry.model, options.signal);
  } finally {
    entry.waiting.delete(options);
    if (options.signal?.aborted && entry.waiting.size === 0 && entry.isLoading) giveUp(key, entry, options.signal.reason);
  }
}

/** Records in work at once that suit the model, known before it is loaded. */
export function concurrencyOf(model: string | LanguageModel | undefined): number {
  return typeof model === "object" ? (model.concurrency ?? 1) : ENGINE_CONCURRENCY;
}

/** Stops a load that nobody waits for; a later call starts its own. */
function giveUp(key: string, entry: SharedModel, reason: unknown): void {
  shared.delete(key);
  entry.controller.abort(reason);
  // A load that no longer noticed gives its memory back.
  entry.model.then((model) => model.close()).catch(() => undefined);
}

/** Closes every shared model and frees its memory: calls under way throw. The next call loads its model anew. */
export async function closeModels(): Promise<void> {
  const entries = [...shared.values()];
  shared.clear();
  await Promise.allSettled(entries.map(async ({ model }) => (await model).close()));
}

function startLoading(key: string, name: string, options?: EngineOptions): SharedModel {
  const controller = new AbortController();
  const waiting = new Set<ResolveModelOptions>();
  const onProgress = (progress: ModelLoadProgress) => {
    for (const { onProgress: report } of waiting) report?.(progress);
  };
  const model = loadModel(name, { ...options, signal: controller.signal, onProgress });
  const entry: SharedModel = { model, isLoading: true, controller, waiting };
  shared.set(key, entry);
  model
    // A failed load is tried again by the next call.
    .catch(() => shared.get(key) === entry && shared.delete(key))
    .finally(() => {
      entry.isLoading = false;
    });
  return entry;
}

function raceAbort<T>(promise: Promise<T>, callers: AbortSignal | undefined): Promise<T> {
  if (!callers) return promise;
  // The caller's may be that of many calls: it gets no listener of each.
  const signal = AbortSignal.any([callers]);
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
