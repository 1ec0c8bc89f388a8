// Disks without room: told before a pull and during one, with what was fetched kept.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { repositoryFolder } from "../../../engine/checkpoint/source/model-store.js";
import { pullEntry } from "../../../engine/checkpoint/pull-model.js";
import { requireDiskSpace, withStorageErrors } from "../../../engine/checkpoint/source/disk-space.js";
import { DiskSpaceError } from "../../../engine/error/model/disk-space-error.js";
import { hubEntry, HubServer } from "../../fixtures/hub-server.js";

const run = promisify(execFile);
const bytes = randomBytes(600 * 1024);

let home: string;
/** Whether `home` is a disk of 1 MiB, which takes the right to mount one. */
let isSmallDisk: boolean;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "distillate-disk-"));
  isSmallDisk = await run("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", home]).then(
    () => true,
    () => false,
  );
});

afterEach(async () => {
  if (isSmallDisk) await run("umount", [home]);
  await rm(home, { recursive: true, force: true });
});

/** Where no small disk can be mounted, one call stands for it: the write that meets the end of the disk. */
async function fillUp(): Promise<unknown> {
  if (!isSmallDisk) {
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    return withStorageErrors(home, () => Promise.reject(full)).catch((error: unknown) => error);
  }
  let isTaken = false;
  const onChunk = (sentBytes: number): void => {
    if (sentBytes > 200_000 && !isTaken) takeTheRest();
    isTaken ||= sentBytes > 200_000;
  };
  const hub = await HubServer.start({ bytes, chunkDelayMs: 1, onChunk });
  const env = { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: join(home, "no-cache") };
  const error = await pullEntry(hubEntry(bytes), { home, env }).catch((reason: unknown) => reason);
  const kept = await readdir(join(repositoryFolder(home, "org/model"), "blobs"));
  expect(kept).toEqual([`${hubEntry(bytes).sha256}.incomplete`]);
  await rm(join(home, "filler"));
  const path = await pullEntry(hubEntry(bytes), { home, env });
  expect((await readFile(path)).equals(bytes)).toBe(true);
  expect(hub.storageRequests.map(({ range }) => range)).toEqual([undefined, expect.stringMatching(/^bytes=\d{5,}-$/)]);
  await hub.stop();
  return error;
}

function takeTheRest(): void {
  for (const size of [65_536, 4_096]) {
    try {
      for (;;) appendFileSync(join(home, "filler"), Buffer.alloc(size));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  }
}

describe("a disk", () => {
  it("that fills up during a pull: a clear error, and the next pull resumes", async () => {
    const error = await fillUp();
    expect(error).toBeInstanceOf(DiskSpaceError);
    expect(error).toMatchObject({ code: "NO_DISK_SPACE", neededBytes: undefined, cause: { code: "ENOSPC" } });
  });

  it("that is too small: refused before the pull, with both amounts", async () => {
    const error = await requireDiskSpace(home, 2 ** 52).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "NO_DISK_SPACE", neededBytes: 2 ** 52 });
    expect((error as DiskSpaceError).freeBytes).toBeLessThan(2 ** 52);
    expect((error as DiskSpaceError).message).toMatch(/4,503,599,628 MB more are needed and [\d,]+ MB are free/);
    if (isSmallDisk) await expect(requireDiskSpace(home, 900_000)).rejects.toMatchObject({ freeBytes: 1024 * 1024 });
  });

  it("with room is no error, nor are other errors errors of the disk", async () => {
    await requireDiskSpace(join(home, "new", "folder"), 1000);
    const missing = Object.assign(new Error("ENOENT: no such file"), { code: "ENOENT" });
    await expect(withStorageErrors(home, () => Promise.reject(missing))).rejects.toBe(missing);
  });

  it("that takes nothing is named, with what to do", async () => {
    const file = join(home, "file");
    await writeFile(file, "in the way");
    const hub = await HubServer.start({ bytes });
    const refused = pullEntry(hubEntry(bytes), { home: file, env: { HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: join(home, "no-cache") } });
    await expect(refused).rejects.toMatchObject({ code: "HOME_NOT_WRITABLE", folder: file, hint: expect.stringContaining("DISTILLATE_HOME") as string });
    await hub.stop();
  });
});
