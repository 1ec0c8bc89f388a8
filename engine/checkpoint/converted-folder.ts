// Where a model's converted form lies, by name, and what is kept for it: graph/converted-cache.ts and cache/prefix-store.ts
// fill the folders, removing a model empties them.
import { readdir, rm, stat } from "node:fs/promises";
import { basename, join } from "node:path";

/** What a converted form depends on. */
export interface ConvertedKey {
  /** Of the model file, lower-case hexadecimal. */
  sha256: string;
  weights: string;
  /** Of the converter. */
  version: number;
}

const NAME = /^(?<stem>.*)-(?<hash>[0-9a-f]{32})-(?<weights>[a-z]+)-v\d+$/;

/** Holds a folder per converted model. */
export function convertedRoot(home: string): string {
  return join(home, "converted");
}

/** Holds a folder per converted model that prefixes are kept of, of the same name. */
export function prefixesRoot(home: string): string {
  return join(home, "prefixes");
}

export function convertedName(modelPath: string, { sha256, weights, version }: ConvertedKey): string {
  return `${stemOf(modelPath)}-${sha256.slice(0, 32)}-${weights}-v${version}`;
}

/** Removes all converted forms of a model file, and the prefixes that are kept of it. */
export async function removeConverted(modelPath: string, home: string): Promise<void> {
  for (const root of [convertedRoot(home), prefixesRoot(home)]) await removeWhere(root, (name) => belongsTo(name, modelPath));
}

/** Removes what other versions of the converter made of the same file, and what was computed with it. */
export async function removeOutdated(name: string, home: string): Promise<void> {
  const current = NAME.exec(name)?.groups;
  const isOutdated = (other: string): boolean => {
    const groups = NAME.exec(other)?.groups;
    return other !== name && groups?.hash === current?.hash && groups?.weights === current?.weights && groups?.stem === current?.stem;
  };
  for (const root of [convertedRoot(home), prefixesRoot(home)]) await removeWhere(root, isOutdated);
}

/** Bytes of the prefixes that are kept of model files. */
export async function prefixBytes(modelPaths: readonly string[], home: string): Promise<number> {
  const root = prefixesRoot(home);
  let sum = 0;
  for (const name of (await readdir(root).catch(() => [])).filter((folder) => modelPaths.some((path) => belongsTo(folder, path)))) {
    for (const file of await readdir(join(root, name))) sum += (await stat(join(root, name, file))).size;
  }
  return sum;
}

function belongsTo(name: string, modelPath: string): boolean {
  return NAME.exec(name)?.groups?.stem === stemOf(modelPath);
}

async function removeWhere(root: string, matches: (name: string) => boolean): Promise<void> {
  const names = await readdir(root).catch(() => []);
  for (const name of names.filter(matches)) await rm(join(root, name), { recursive: true, force: true });
}

function stemOf(modelPath: string): string {
  return basename(modelPath, ".gguf").slice(0, 60);
}
