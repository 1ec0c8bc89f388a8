// The source over HTTP: a model hub, or a mirror named by HF_ENDPOINT. Resumes by byte range, retries, verifies by sha256.
import { join } from "node:path";
import pRetry, { type Options as RetryOptions } from "p-retry";
import { ChecksumError } from "../../error/model/checksum-error.js";
import { SourceError } from "../../error/model/source-error.js";
import type { HubSource } from "../catalogue.js";
import { hashFile, repositoryFolder, storePart } from "./model-store.js";
import { requireDiskSpace } from "./disk-space.js";
import { fetchHubFile, networkError, request, requireOk, type HubFile } from "./hub-metadata.js";
import { PartFile } from "./part-file.js";
import { describeSource, type SourceContext } from "./source.js";

/** Wrong bytes are fetched once more: a resumed file may have been damaged where it lay. */
const roundCount = 2;

type KnownFile = HubFile & { sha256: string; sizeBytes: number };

export async function fetchFromHub(source: HubSource, context: SourceContext): Promise<void> {
  const { home, env } = context;
  const found = await pRetry(() => withIdleTimeout(context, (signal) => fetchHubFile(source, env, signal)), retryOptions(context));
  const file = requireKnown(source, found, context);
  const folder = repositoryFolder(home, source.repository);
  const blobs = join(folder, "blobs");
  const part = await PartFile.open(blobs, file.sha256);
  try {
    await requireDiskSpace(blobs, file.sizeBytes - part.sizeBytes);
    for (let round = 1; ; round++) {
      await transferAll(source, file, part, context);
      const actual = await hashFile(part.path, context.signal);
      if (actual === file.sha256) break;
      await part.restart();
      if (round === roundCount) throw new ChecksumError(describeSource(source, env), file.sha256, actual);
    }
    await storePart(part, { folder, sha256: file.sha256, snapshot: file.commit ?? source.revision, file: source.file, revision: source.revision });
  } finally {
    await part.release();
  }
}

/** The catalogue's word wins; a server that says otherwise has another file. */
function requireKnown(source: HubSource, file: HubFile, { entry, env }: SourceContext): KnownFile {
  const sha256 = entry.sha256 ?? file.sha256;
  const sizeBytes = entry.sizeBytes ?? file.sizeBytes;
  if (sha256 === undefined || sizeBytes === undefined || !Number.isSafeInteger(sizeBytes)) {
    throw new SourceError(`${describeSource(source, env)} names no sha256 or size of ${source.file}, so it could not be verified.`, {
      outlook: "permanent",
    });
  }
  if (file.sha256 !== undefined && file.sha256 !== sha256) throw new ChecksumError(`${source.file} at ${describeSource(source, env)}`, sha256, file.sha256);
  return { ...file, sha256, sizeBytes };
}

/** Retries until the part has its full length. An attempt that got further than any before it costs no retry. */
async function transferAll(source: HubSource, file: KnownFile, part: PartFile, context: SourceContext): Promise<void> {
  let furthestBytes = part.sizeBytes;
  const shouldConsumeRetry = (): boolean => {
    const isStuck = part.sizeBytes <= furthestBytes;
    furthestBytes = Math.max(furthestBytes, part.sizeBytes);
    return isStuck;
  };
  report(source, file, part, context);
  const attempt = (): Promise<void> => withIdleTimeout(context, (signal, touch) => transfer(source, file, part, context, signal, touch));
  await pRetry(attempt, { ...retryOptions(context), shouldConsumeRetry });
}

async function transfer(
  source: HubSource,
  file: KnownFile,
  part: PartFile,
  context: SourceContext,
  signal: AbortSignal,
  touch: () => void,
): Promise<void> {
  if (part.sizeBytes > file.sizeBytes) await part.restart();
  if (part.sizeBytes === file.sizeBytes) return;
  const range = part.sizeBytes > 0 ? { range: `bytes=${part.sizeBytes}-` } : undefined;
  const response = await request(file.url, { headers: { ...file.headers, ...range }, signal }, "transfer");
  await requireContinuation(response, part);
  for await (const bytes of readBody(response, file.url, signal)) {
    touch();
    await part.append(bytes);
    if (part.sizeBytes > file.sizeBytes) break;
    report(source, file, part, context);
  }
  if (part.sizeBytes === file.sizeBytes) return;
  throw new SourceError(`${new URL(file.url).host} sent ${part.sizeBytes} bytes of ${source.file} where ${file.sizeBytes} are right.`, {
    outlook: "temporary",
  });
}

function report(source: HubSource, file: KnownFile, part: PartFile, { onProgress, env }: SourceContext): void {
  onProgress?.({ doneBytes: part.sizeBytes, totalBytes: file.sizeBytes, source: describeSource(source, env) });
}

/** Makes sure that what comes continues the part; a server that ignores or refuses the range starts it again. */
async function requireContinuation(response: Response, part: PartFile): Promise<void> {
  if (response.status === 206) {
    const start = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "")?.[1];
    if (Number(start) === part.sizeBytes) return;
  } else if (response.status !== 416) {
    requireOk(response);
    if (part.sizeBytes > 0) await part.restart();
    return;
  }
  await response.body?.cancel();
  await part.restart();
  throw new SourceError(`${new URL(response.url).host} did not continue where the file broke off.`, { outlook: "temporary" });
}

/** Tells errors of the connection from those of the disk. */
async function* readBody(response: Response, url: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = response.body?.getReader();
  try {
    for (;;) {
      const next = await reader?.read().catch((error: unknown) => {
        signal.throwIfAborted();
        throw networkError(url, error, "transfer");
      });
      if (!next || next.done) return;
      yield next.value;
    }
  } finally {
    await reader?.cancel().catch(() => undefined);
  }
}

function retryOptions({ settings, signal }: SourceContext): RetryOptions {
  return {
    retries: settings.retryCount,
    minTimeout: settings.retryBaseMs,
    maxTimeout: 40 * settings.retryBaseMs,
    randomize: true,
    signal,
    shouldRetry: ({ error }) => error instanceof SourceError && error.outlook === "temporary",
  };
}

/** Runs one attempt under a signal that ends it when nothing comes for too long; `touch` says that something came. */
async function withIdleTimeout<T>(context: SourceContext, attempt: (signal: AbortSignal, touch: () => void) => Promise<T>): Promise<T> {
  const { signal, settings } = context;
  const silence = new AbortController();
  const timer = setTimeout(() => {
    silence.abort(new SourceError(`Nothing came for ${settings.idleTimeoutMs} ms.`, { outlook: "temporary" }));
  }, settings.idleTimeoutMs);
  try {
    return await attempt(signal ? AbortSignal.any([signal, silence.signal]) : silence.signal, () => timer.refresh());
  } finally {
    clearTimeout(timer);
  }
}
