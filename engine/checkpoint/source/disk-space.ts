// Room on the disk: asked for before a pull, and told plainly where it runs out during one.
import { mkdir, statfs } from "node:fs/promises";
import { DiskSpaceError } from "../../error/model/disk-space-error.js";
import { HomeFolderError } from "../../error/model/home-folder-error.js";

/** Left free, so that a pull does not fill the disk to its last block. */
const reserveBytes = 256 * 1024;

/** @throws DiskSpaceError where fewer than `neededBytes` are free in `folder`, which is made if need be. */
export async function requireDiskSpace(folder: string, neededBytes: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { bavail, bsize } = await statfs(folder);
  const freeBytes = bavail * bsize;
  if (neededBytes > 0 && freeBytes < neededBytes + reserveBytes) throw new DiskSpaceError(folder, { neededBytes, freeBytes });
}

const refusedCodes: ReadonlySet<unknown> = new Set(["EACCES", "EPERM", "EROFS", "ENOTDIR"]);

/** Runs what writes to `folder` and names a full disk, a used-up quota or a folder that takes nothing for what it is. */
export async function withStorageErrors<T>(folder: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOSPC" || code === "EDQUOT") throw new DiskSpaceError(folder, { cause: error });
    if (refusedCodes.has(code)) throw new HomeFolderError(folder, error as Error);
    throw error;
  }
}
