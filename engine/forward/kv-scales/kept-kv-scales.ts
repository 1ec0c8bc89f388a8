// The scales of a converted model's keys and values, found once and kept beside its weights.
import { randomUUID } from "node:crypto";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { crc32 } from "node:zlib";
import type { DecoderConfig } from "../../checkpoint/checkpoint.js";
import { withStorageErrors } from "../../checkpoint/source/disk-space.js";
import type { ConvertedModel } from "../../graph/converted-cache.js";
import type { KvScales } from "../../graph/kv-scales.js";
import { CALIBRATION_VERSION } from "./calibration-text.js";

const FILE_NAME = "kv-scales.json";
const DRAFT_SUFFIX = ".part";

interface KeptScales {
  version: number;
  crc32: number;
  /** By layer: [kvHeads * headDim] */
  keys: number[][];
  values: number[][];
}

/**
 * What is kept, or else what `measure` finds. A file that is damaged, or of another version, is replaced.
 *
 * @throws DiskSpaceError where the disk is full, HomeFolderError where it may not be written to.
 */
export async function keepKvScales({ weightsPath }: ConvertedModel, config: DecoderConfig, measure: () => Promise<KvScales>): Promise<KvScales> {
  const folder = dirname(weightsPath);
  const path = join(folder, FILE_NAME);
  const kept = await readScales(path, config);
  if (kept) return kept;
  const scales = await measure();
  await withStorageErrors(folder, () => writeScales(path, scales));
  return scales;
}

/** Tells scales from others. */
export function scalesChecksum({ keys, values }: KvScales): number {
  return [...keys, ...values].reduce((sum, { buffer, byteOffset, byteLength }) => crc32(new Uint8Array(buffer, byteOffset, byteLength), sum), 0);
}

async function readScales(path: string, { layerCount, kvHeadCount, headSize }: DecoderConfig): Promise<KvScales | undefined> {
  try {
    const kept = JSON.parse(await readFile(path, "utf8")) as KeptScales;
    if (kept.version !== CALIBRATION_VERSION) return undefined;
    const [keys, values] = [kept.keys, kept.values].map((layers) => layers.map((layer) => Float32Array.from(layer)));
    const scales: KvScales = { keys, values };
    const isWhole = [scales.keys, scales.values].every((layers) => layers.length === layerCount && layers.every(({ length }) => length === kvHeadCount * headSize));
    return isWhole && scalesChecksum(scales) === kept.crc32 ? scales : undefined;
  } catch {
    return undefined;
  }
}

/** Written beside its place and renamed when complete. */
async function writeScales(path: string, scales: KvScales): Promise<void> {
  const [keys, values] = [scales.keys, scales.values].map((layers) => layers.map((layer) => [...layer]));
  const kept: KeptScales = { version: CALIBRATION_VERSION, crc32: scalesChecksum(scales), keys, values };
  const draft = `${path}.${randomUUID()}${DRAFT_SUFFIX}`;
  try {
    await writeFile(draft, JSON.stringify(kept), { flush: true });
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}
