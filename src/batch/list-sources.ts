// Turns what a user names (files, folders, patterns) into the list of files to read, in a fixed order.
import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { extname, join, sep } from "node:path";
import { SourceNotFoundError } from "../error/input/source-not-found-error.js";
import { formatExtensions } from "../input/read-document.js";
import { createGlobMatcher, globRoot, isGlob } from "./match-glob.js";

/** Extensions taken from a folder; a file that is named itself may have any. */
const readableExtensions: ReadonlySet<string> = new Set(["txt", ...formatExtensions]);

/**
 * Folders are walked through, hidden entries left out, and give the files that can be read; patterns know
 * `*`, `?`, `**` and `{a,b}`. `-` stands for the standard input and is kept. Each file is listed once, in the order
 * of `paths`, within a folder or pattern by name. Throws a SourceNotFoundError where a path gives nothing.
 */
export async function listSources(paths: readonly string[]): Promise<string[]> {
  const sources = new Set<string>();
  for (const path of paths) {
    for (const source of path === "-" ? [path] : await expand(path)) sources.add(source);
  }
  return [...sources];
}

async function expand(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) {
    const files = (await walk(path)).filter((file) => readableExtensions.has(extname(file).slice(1).toLowerCase()));
    if (files.length > 0) return files;
    throw new SourceNotFoundError(path, "the folder holds no file that can be read", readableHint());
  }
  if (found) return [path];
  const pattern = path.split(sep).join("/").replace(/^(\.\/)+/, "");
  if (!isGlob(pattern)) throw new SourceNotFoundError(path, "no such file or folder");
  const matches = createGlobMatcher(pattern);
  const files = await walk(globRoot(pattern)).catch(() => []);
  const matching = files.filter((file) => matches(file.split(sep).join("/")));
  if (matching.length === 0) throw new SourceNotFoundError(path, "the pattern matches no file");
  return matching;
}

/** All files below a folder, links followed, each folder entered once. */
async function walk(folder: string, entered: Set<string> = new Set()): Promise<string[]> {
  const real = await realpath(folder);
  if (entered.has(real)) return [];
  entered.add(real);
  const entries = (await readdir(folder, { withFileTypes: true }))
    .filter(({ name }) => !name.startsWith("."))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const files: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const kind = await kindOf(entry, path);
    if (kind === "file") files.push(path);
    else if (kind === "folder") files.push(...(await walk(path, entered)));
  }
  return files;
}

async function kindOf(entry: Dirent, path: string): Promise<"file" | "folder" | "other"> {
  const target = entry.isSymbolicLink() ? await stat(path).catch(() => undefined) : entry;
  if (target?.isFile()) return "file";
  return target?.isDirectory() ? "folder" : "other";
}

function readableHint(): string {
  return `Readable are .${[...readableExtensions].join(", .")}.`;
}
