// Loads a model by catalogue id or path: fetches it where needed, converts it once, opens the engine.
import { existsSync } from "node:fs";
import { catalogue, loadEngine, pullModel, type LoadEngineOptions } from "../../engine/index.js";
import { createEngineModel, type EngineModel } from "./engine-model.js";

export interface ModelLoadProgress {
  stage: "download" | "convert" | "load";
  doneBytes: number;
  /** Undefined while no source has said how large the file is. */
  totalBytes: number | undefined;
}

export interface LoadModelOptions extends Omit<LoadEngineOptions, "onProgress"> {
  onProgress?: (progress: ModelLoadProgress) => void;
}

/** How the bundled engine runs a model that a call names. */
export type EngineOptions = Omit<LoadModelOptions, "onProgress" | "onEvent" | "signal">;

/**
 * A model of its own, to be closed by the caller. Tasks called without one share models by id instead.
 *
 * @param idOrPath An id of the catalogue, or the path of a GGUF file (it ends in `.gguf` or names a file).
 * @throws ModelNotFoundError, ModelDownloadError, CheckpointError, UnsupportedModelError, DiskSpaceError, HomeFolderError, RuntimeError.
 */
export async function loadModel(idOrPath: string, options: LoadModelOptions = {}): Promise<EngineModel> {
  const { home, signal, onProgress } = options;
  const entry = catalogue.find(({ id }) => id === idOrPath);
  const isPath = !entry && (idOrPath.endsWith(".gguf") || existsSync(idOrPath));
  const path = isPath
    ? idOrPath
    : await pullModel(idOrPath, { home, signal, onProgress: (progress) => onProgress?.({ stage: "download", ...progress }) });
  const engine = await loadEngine(path, options);
  return createEngineModel(engine, { id: idOrPath, advice: entry?.advice });
}
