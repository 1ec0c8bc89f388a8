// Turns a checkpoint into a weights file and its map once, and keeps both for later starts.
import { randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { Checkpoint } from "../checkpoint/checkpoint.js";
import { convertedName, convertedRoot, removeOutdated } from "../checkpoint/converted-folder.js";
import { fileHash } from "../checkpoint/file-hash.js";
import { withStorageErrors } from "../checkpoint/source/disk-space.js";
import { homeFolder } from "../checkpoint/home-folder.js";
import { TensorReader } from "./blocks/tensor-reader.js";
import { convertWeights, type WeightMode } from "./weights/convert-weights.js";
import { WEIGHTS_FILE_NAME, type WeightMap } from "./weights/weight-map.js";
import { WeightsFile } from "./weights/weights-file.js";

/** Part of the key: raise it whenever the weights or their map come out differently. */
const FORMAT_VERSION = 8;
const MAP_FILE_NAME = "weights.json";
const MANIFEST_FILE_NAME = "manifest.json";
/** Read at once into one buffer: checking a gigabyte takes 0.2 s that way. */
const CHECK_BYTES = 1 << 22;
const DRAFT_SUFFIX = ".part";
/** A draft that nobody has written to for so long was left by a killed process. */
const STRAY_AFTER_MS = 3_600_000;

export interface ConversionOptions {
  weights: WeightMode;
  /** Folder that keeps converted models and the hashes of files. Default: that of `homeFolder()`. */
  home?: string;
  onProgress?: (progress: { doneBytes: number; totalBytes: number }) => void;
  signal?: AbortSignal;
}

interface Manifest {
  map: { sizeBytes: number; crc32: number };
  weights: { sizeBytes: number; crc32: number };
}

export interface ConvertedModel {
  /** Tells it from every other one: by the file's hash, the mode and the converter's version. */
  name: string;
  /** Of the file that the map's offsets refer to. */
  weightsPath: string;
  map: WeightMap;
}

/**
 * The converted form of a checkpoint. Converts on the first call; later calls check the kept
 * files byte by byte (CRC-32) and convert again where they are damaged.
 *
 * @throws DiskSpaceError where the disk is full, HomeFolderError where it may not be written to; nothing half-written is left behind.
 */
export async function convertOnce(checkpoint: Checkpoint, options: ConversionOptions): Promise<ConvertedModel> {
  const { weights, home = homeFolder() } = options;
  const cacheFolder = convertedRoot(home);
  const sha256 = await fileHash(checkpoint.path, options);
  const name = convertedName(checkpoint.path, { sha256, weights, version: FORMAT_VERSION });
  const folder = join(cacheFolder, name);
  await removeStrays(cacheFolder);
  if (!(await isSound(folder))) {
    await withStorageErrors(cacheFolder, () => convert(checkpoint, folder, options));
    await removeOutdated(name, home);
  }
  const map = JSON.parse(await readFile(join(folder, MAP_FILE_NAME), "utf8")) as WeightMap;
  return { name, weightsPath: join(folder, WEIGHTS_FILE_NAME), map };
}

/** Written beside its place and renamed when complete: a killed process leaves a stray folder, never a wrong model. */
async function convert(checkpoint: Checkpoint, folder: string, options: ConversionOptions): Promise<void> {
  const draft = `${folder}.${randomUUID()}${DRAFT_SUFFIX}`;
  try {
    await mkdir(draft, { recursive: true });
    await writeModel(checkpoint, draft, options);
    await moveIntoPlace(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** Files of another process that was first serve as well as ours, and it may be reading them: they are left where they are. */
async function moveIntoPlace(draft: string, folder: string): Promise<void> {
  const isMoved = await rename(draft, folder).then(
    () => true,
    () => false,
  );
  if (isMoved || (await isSound(folder))) return;
  await rm(folder, { recursive: true, force: true });
  await rename(draft, folder).catch(async (error: unknown) => {
    if (!(await isSound(folder))) throw error;
  });
}

async function removeStrays(cacheFolder: string): Promise<void> {
  const names = await readdir(cacheFolder).catch(() => []);
  for (const name of names.filter((entry) => entry.endsWith(DRAFT_SUFFIX))) {
    const draft = join(cacheFolder, name);
    const written = await stat(join(draft, WEIGHTS_FILE_NAME))
      .catch(() => stat(draft))
      .catch(() => undefined);
    if (written && Date.now() - written.mtimeMs > STRAY_AFTER_MS) await rm(draft, { recursive: true, force: true });
  }
}

async function writeModel(checkpoint: Checkpoint, folder: string, options: ConversionOptions): Promise<void> {
  const { config } = checkpoint;
  const weights = await WeightsFile.create(join(folder, WEIGHTS_FILE_NAME));
  try {
    const map = await convertWeights(weights, new TensorReader(checkpoint), config, {
      weights: options.weights,
      onLayer: (doneLayers) => {
        options.signal?.throwIfAborted();
        const doneBytes = Math.round((checkpoint.sizeBytes * doneLayers) / config.layerCount);
        options.onProgress?.({ doneBytes, totalBytes: checkpoint.sizeBytes });
      },
    });
    const encoded = Buffer.from(JSON.stringify(map));
    await writeFile(join(folder, MAP_FILE_NAME), encoded, { flush: true });
    const manifest: Manifest = {
      map: { sizeBytes: encoded.length, crc32: crc32(encoded) },
      weights: { sizeBytes: weights.sizeBytes, crc32: weights.checksum },
    };
    await writeFile(join(folder, MANIFEST_FILE_NAME), JSON.stringify(manifest), { flush: true });
  } finally {
    await weights.close();
  }
}

async function isSound(folder: string): Promise<boolean> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, MANIFEST_FILE_NAME), "utf8")) as Manifest;
    return (
      (await matches(join(folder, MAP_FILE_NAME), manifest.map)) &&
      (await matches(join(folder, WEIGHTS_FILE_NAME), manifest.weights))
    );
  } catch {
    return false;
  }
}

async function matches(path: string, expected: Manifest["map"]): Promise<boolean> {
  const file = await open(path, "r");
  try {
    if ((await file.stat()).size !== expected.sizeBytes) return false;
    const buffer = Buffer.allocUnsafeSlow(CHECK_BYTES);
    let checksum = 0;
    for (let position = 0; position < expected.sizeBytes; ) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
      if (bytesRead === 0) return false;
      checksum = crc32(buffer.subarray(0, bytesRead), checksum);
      position += bytesRead;
    }
    return checksum === expected.crc32;
  } finally {
    await file.close();
  }
}
