// The sha256 of a model file, remembered as long as the file does not change: hashing a gigabyte takes a second.
import { createHash, randomUUID } from "node:crypto";
import { mkdir, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { homeFolder } from "./home-folder.js";
import { hashFile } from "./source/model-store.js";

interface Memo {
  path: string;
  sizeBytes: number;
  modifiedMs: number;
  inode: number;
  sha256: string;
}

/** Lower-case hexadecimal. */
export async function fileHash(path: string, options: { home?: string; signal?: AbortSignal } = {}): Promise<string> {
  const resolved = await realpath(path);
  const { size, mtimeMs, ino } = await stat(resolved);
  const folder = join(options.home ?? homeFolder(), "hashes");
  const memoPath = join(folder, `${createHash("sha256").update(resolved).digest("hex").slice(0, 32)}.json`);
  const memo = await readMemo(memoPath);
  if (memo?.sizeBytes === size && memo.modifiedMs === mtimeMs && memo.inode === ino) return memo.sha256;
  const sha256 = await hashFile(resolved, options.signal);
  const fresh: Memo = { path: resolved, sizeBytes: size, modifiedMs: mtimeMs, inode: ino, sha256 };
  await writeMemo(memoPath, fresh);
  return sha256;
}

/** A memo that cannot be kept (a full disk, a folder that is read only) costs a second at the next start and no more. */
async function writeMemo(path: string, memo: Memo): Promise<void> {
  const draft = `${path}.${randomUUID()}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(draft, JSON.stringify(memo));
    await rename(draft, path);
  } catch {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

async function readMemo(path: string): Promise<Memo | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Memo;
  } catch {
    return undefined;
  }
}
