// A file on its way in: owned by one process at a time, kept for the next one when that ends.
//
// `NAME.OWNER.incomplete` is being written by OWNER; `NAME.incomplete` belongs to nobody (the hub's own name for it).
// Whoever resumes first renames it to a name of its own, so two processes never write to the same file.
import { createHash, randomBytes } from "node:crypto";
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

/** Process numbers of another host say nothing here; its files count as left behind after a day without a write. */
const abandonedAfterMs = 24 * 3600 * 1000;

export class PartFile {
  readonly path: string;
  readonly #folder: string;
  readonly #name: string;
  #handle: FileHandle;
  #sizeBytes: number;

  private constructor(folder: string, name: string, path: string, handle: FileHandle, sizeBytes: number) {
    this.#folder = folder;
    this.#name = name;
    this.path = path;
    this.#handle = handle;
    this.#sizeBytes = sizeBytes;
  }

  /** Takes over the longest file of that name that nobody writes, or starts an empty one. */
  static async open(folder: string, name: string): Promise<PartFile> {
    await mkdir(folder, { recursive: true });
    const path = ownPath(folder, name);
    const sizeBytes = await claim(folder, name, path);
    const handle = await open(path, "a");
    return new PartFile(folder, name, path, handle, sizeBytes);
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.#handle.writeFile(bytes);
    this.#sizeBytes += bytes.length;
  }

  /** Starts again from nothing, in a new file: should anyone else hold the old one, it stays as it is. */
  async restart(): Promise<void> {
    await this.#handle.close();
    await rm(this.path, { force: true });
    this.#handle = await open(this.path, "a");
    this.#sizeBytes = 0;
  }

  /** Brings everything to the disk and gives the file its final name. */
  async moveTo(path: string): Promise<void> {
    await this.#handle.sync();
    await this.#handle.close();
    await rename(this.path, path);
  }

  /** Ends with nothing kept; without effect on a file that was moved. */
  async discard(): Promise<void> {
    await this.#handle.close();
    await rm(this.path, { force: true });
  }

  /** Lets go of the file and keeps it for the next pull; without effect on a file that was moved. */
  async release(): Promise<void> {
    await this.#handle.close();
    if (this.#sizeBytes === 0) await this.discard();
    else await rename(this.path, join(this.#folder, `${this.#name}.incomplete`)).catch(ignoreMissing);
  }
}

/** A path in `folder` for this process alone, of a file or a folder that `removeAbandoned` removes once the process is gone. */
export function ownPath(folder: string, name: string): string {
  return join(folder, `${name}.${hostTag()}-${process.pid}-${randomBytes(4).toString("hex")}.incomplete`);
}

/** Removes what nobody writes any more, whatever its name. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const { path } of await listAbandoned(folder)) await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

/** Renames the longest abandoned file to `path`, removes the shorter ones, returns its size in bytes. */
async function claim(folder: string, name: string, path: string): Promise<number> {
  const candidates = (await listAbandoned(folder)).filter((candidate) => candidate.name === name);
  let claimedBytes: number | undefined;
  for (const candidate of candidates.toSorted((a, b) => b.sizeBytes - a.sizeBytes)) {
    if (claimedBytes !== undefined) await rm(candidate.path, { force: true });
    else if (await rename(candidate.path, path).then(() => true, ignoreMissing)) claimedBytes = candidate.sizeBytes;
  }
  return claimedBytes ?? 0;
}

async function listAbandoned(folder: string): Promise<{ name: string; path: string; sizeBytes: number }[]> {
  const abandoned: { name: string; path: string; sizeBytes: number }[] = [];
  for (const file of await readdir(folder).catch(() => [])) {
    const [, name, owner] = /^([^.]+)(?:\.(.+))?\.incomplete$/.exec(file) ?? [];
    const path = join(folder, file);
    const info = name && (await stat(path).catch(ignoreMissing));
    if (info && (owner === undefined || isAbandoned(owner, info.mtimeMs))) abandoned.push({ name, path, sizeBytes: info.size });
  }
  return abandoned;
}

function hostTag(): string {
  return createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
}

function isAbandoned(owner: string, lastWriteMs: number): boolean {
  const [host, processId] = owner.split("-");
  if (host !== hostTag()) return Date.now() - lastWriteMs > abandonedAfterMs;
  try {
    process.kill(Number(processId), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === "ENOENT") return undefined;
  throw error;
}
