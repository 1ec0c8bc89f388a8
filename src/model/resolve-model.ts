// The model a call uses: the one it was given, or one shared by all calls of the process that name the same id.
import { defaultModelId } from "../../engine/index.js";
import { ENGINE_CONCURRENCY } from "./engine-model.js";
import { loadModel, type ModelLoadProgress } from "./load-model.js";
import type { LanguageModel } from "./language-model.js";

export interface ResolveModelOptions {
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
 * Loaded models by id or path. The one piece of state of the process: `task(record)` takes no model, and a
 * model is gigabytes that all its calls must share.
 */
const shared = new Map<string, SharedModel>();

/** The given model, or the shared one of that name; without a name that of `DISTILLATE_MODEL`, else the default. */
export async function resolveModel(
  model: string | LanguageModel | undefined,
  options: ResolveModelOptions = {},
): Promise<LanguageModel> {
  if (typeof model === "object") return model;
  const name = model ?? (process.env.DISTILLATE_MODEL || defaultModelId);
  const entry = shared.get(name) ?? startLoading(name);
  entry.waiting.add(options);
  try {
    return await raceAbort(entry.model, options.signal);
  } finally {
    entry.waiting.delete(options);
    if (options.signal?.aborted && entry.waiting.size === 0 && entry.isLoading) giveUp(name, entry, options.signal.reason);
  }
}

/** Records in work at once that suit the model, known before it is loaded. */
export function concurrencyOf(model: string | LanguageModel | undefined): number {
  return typeof model === "object" ? (model.concurrency ?? 1) : ENGINE_CONCURRENCY;
}

/** Stops a load that nobody waits for; a later call starts its own. */
function giveUp(name: string, entry: SharedModel, reason: unknown): void {
  shared.delete(name);
  entry.controller.abort(reason);
  // A load that no longer noticed gives its memory back.
  entry.model.then((model) => model.close()).catch(() => undefined);
}

/** Closes every shared model and frees its memory. The next call loads its model anew. */
export async function closeModels(): Promise<void> {
  const entries = [...shared.values()];
  shared.clear();
  await Promise.allSettled(entries.map(async ({ model }) => (await model).close()));
}

function startLoading(name: string): SharedModel {
  const controller = new AbortController();
  const waiting = new Set<ResolveModelOptions>();
  const onProgress = (progress: ModelLoadProgress) => {
    for (const { onProgress: report } of waiting) report?.(progress);
  };
  const model = loadModel(name, { signal: controller.signal, onProgress });
  const entry: SharedModel = { model, isLoading: true, controller, waiting };
  shared.set(name, entry);
  model
    // A failed load is tried again by the next call.
    .catch(() => shared.get(name) === entry && shared.delete(name))
    .finally(() => {
      entry.isLoading = false;
    });
  return entry;
}

function raceAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
