// Where a model's converted form lies, by name: graph/converted-cache.ts fills it, removing a model empties it.
import { readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";

/** Holds a folder per converted model. */
export function convertedRoot(home: string): string {
  return join(home, "converted");
}

/** @param key 32 hexadecimal digits of file, version and options. */
export function convertedName(modelPath: string, key: string): string {
  return `${stemOf(modelPath)}-${key}`;
}

/** Removes all converted forms of a model file. */
export async function removeConverted(modelPath: string, home: string): Promise<void> {
  const root = convertedRoot(home);
  const stem = stemOf(modelPath);
  for (const name of await readdir(root).catch(() => [])) {
    const isOf = name.startsWith(`${stem}-`) && /^[0-9a-f]{32}$/.test(name.slice(stem.length + 1));
    if (isOf) await rm(join(root, name), { recursive: true, force: true });
  }
}

function stemOf(modelPath: string): string {
  return basename(modelPath, ".gguf").slice(0, 60);
}
