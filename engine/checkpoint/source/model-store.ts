// The layout of models on disk, which is the model hub's: `hub/models--ORG--NAME/{blobs,snapshots,refs}`.
//
// A blob is named by its sha256 and gets that name only after its bytes were verified, so a blob that is there is right;
// no later start has to hash it. Filled by the sources beside it.
import { createHash, randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, link, mkdir, readdir, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { CatalogueEntry, HubSource } from "../catalogue.js";
import type { PartFile } from "./part-file.js";

export function repositoryFolder(home: string, repository: string): string {
  return join(home, "hub", `models--${repository.replaceAll("/", "--")}`);
}

export function hubSources(entry: CatalogueEntry): HubSource[] {
  return entry.sources.filter((source) => source.kind === "hub");
}

/** The path of an entry's file where it is present and verified. */
export async function findModel(entry: CatalogueEntry, home: string): Promise<string | undefined> {
  for (const { repository, file } of hubSources(entry)) {
    const folder = repositoryFolder(home, repository);
    const named = (await snapshotPaths(folder, file)).at(0);
    if (entry.sha256 === undefined) {
      if (named) return named;
      continue;
    }
    const blob = join(folder, "blobs", entry.sha256);
    const sizeBytes = await fileSize(blob);
    if (sizeBytes === undefined || sizeBytes !== (entry.sizeBytes ?? sizeBytes)) continue;
    return named ?? blob;
  }
  return undefined;
}

/** Where a repository folder, ours or another tool's, holds a file; the newest snapshot is not told apart. */
export async function snapshotPaths(folder: string, file: string): Promise<string[]> {
  const snapshots = await readdir(join(folder, "snapshots")).catch(() => []);
  const paths: string[] = [];
  for (const snapshot of snapshots) {
    const path = join(folder, "snapshots", snapshot, file);
    if ((await fileSize(path)) !== undefined) paths.push(path);
  }
  return paths;
}

export interface BlobPlace {
  /** A repository's folder. */
  folder: string;
  sha256: string;
  /** The commit, or what stands for it where the file did not come from a hub. */
  snapshot: string;
  file: string;
  /** The branch or tag that was asked for, recorded under `refs`. */
  revision?: string;
}

/** Gives a verified part its place. */
export async function storePart(part: PartFile, place: BlobPlace): Promise<void> {
  const blob = join(place.folder, "blobs", place.sha256);
  // Another process may have been faster; its bytes have the same hash.
  await part.moveTo(blob).catch(async (error: unknown) => {
    if ((await fileSize(blob)) === undefined) throw error;
  });
  await linkSnapshot(place);
}

/** Makes a verified file outside of the store one of its blobs, without a copy where the platform allows it. */
export async function storeLink(path: string, place: BlobPlace): Promise<void> {
  await linkAtomically(path, path, join(place.folder, "blobs", place.sha256));
  await linkSnapshot(place);
}

async function linkSnapshot({ folder, sha256, snapshot, file, revision }: BlobPlace): Promise<void> {
  const blob = join(folder, "blobs", sha256);
  const path = join(folder, "snapshots", snapshot, file);
  await linkAtomically(blob, relative(dirname(path), blob), path);
  if (revision === undefined || revision === snapshot) return;
  const reference = join(folder, "refs", revision);
  await mkdir(dirname(reference), { recursive: true });
  await writeFile(reference, snapshot);
}

/** `target` is `source` as the link should spell it. Where links need privileges (Windows) or do not exist, a copy does. */
async function linkAtomically(source: string, target: string, path: string): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString("hex")}.link`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await symlink(target, temporary)
      .catch(() => link(source, temporary))
      .catch(() => copyFile(source, temporary));
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Size in bytes, of a link's target; undefined where there is no such file. */
export async function fileSize(path: string): Promise<number | undefined> {
  const info = await stat(path).catch(() => undefined);
  return info?.isFile() ? info.size : undefined;
}

/** sha256 of a file, in hexadecimal. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  const stream = createReadStream(path, { highWaterMark: 1 << 20 });
  for await (const chunk of stream) {
    signal?.throwIfAborted();
    hash.update(chunk);
  }
  return hash.digest("hex");
}
