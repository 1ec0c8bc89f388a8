// Where a model's converted form lies, by name: graph/converted-cache.ts fills it, removing a model empties it.
import { readdir, rm } from "node:fs/promises";
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

export function convertedName(modelPath: string, { sha256, weights, version }: ConvertedKey): string {
  return `${stemOf(modelPath)}-${sha256.slice(0, 32)}-${weights}-v${version}`;
}

/** Removes all converted forms of a model file. */
export async function removeConverted(modelPath: string, home: string): Promise<void> {
  await removeWhere(convertedRoot(home), (name) => NAME.exec(name)?.groups?.stem === stemOf(modelPath));
}

/** Removes what other versions of the converter made of the same file. */
export async function removeOutdated(name: string, root: string): Promise<void> {
  const current = NAME.exec(name)?.groups;
  await removeWhere(root, (other) => {
    const groups = NAME.exec(other)?.groups;
    return other !== name && groups?.hash === current?.hash && groups?.weights === current?.weights && groups?.stem === current?.stem;
  });
}

async function removeWhere(root: string, matches: (name: string) => boolean): Promise<void> {
  const names = await readdir(root).catch(() => []);
  for (const name of names.filter(matches)) await rm(join(root, name), { recursive: true, force: true });
}

function stemOf(modelPath: string): string {
  return basename(modelPath, ".gguf").slice(0, 60);
}
