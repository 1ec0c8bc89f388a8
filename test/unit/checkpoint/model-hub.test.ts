// Pulling from a hub: what is asked of it, what its faults lead to, what lies on the disk afterwards.
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CatalogueEntry } from "../../../engine/checkpoint/catalogue.js";
import { findModel, repositoryFolder } from "../../../engine/checkpoint/source/model-store.js";
import { pullEntry, type PullModelOptions } from "../../../engine/checkpoint/pull-model.js";
import type { ModelProgress, SourceSettings } from "../../../engine/checkpoint/source/source.js";
import { ChecksumError } from "../../../engine/error/model/checksum-error.js";
import { DiskSpaceError } from "../../../engine/error/model/disk-space-error.js";
import { ModelDownloadError } from "../../../engine/error/model/model-download-error.js";
import { SourceError } from "../../../engine/error/model/source-error.js";
import { hubEntry, HubServer, sha256Of, type HubServerOptions } from "../../fixtures/hub-server.js";

const bytes = randomBytes(200_000);
const noWheels: SourceSettings["downloadWheel"] = () => Promise.reject(new Error("no wheels here"));
const settings: SourceSettings = { retryBaseMs: 1, retryCount: 3, idleTimeoutMs: 5_000, downloadWheel: noWheels };

let home: string;
let hub: HubServer | undefined;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "distillate-hub-"));
});

afterEach(async () => {
  await hub?.stop();
  hub = undefined;
  await rm(home, { recursive: true, force: true });
});

async function startHub(options: Partial<HubServerOptions> = {}): Promise<HubServer> {
  hub = await HubServer.start({ bytes, ...options });
  return hub;
}

function pull(entry: CatalogueEntry, options: PullModelOptions = {}, overrides: Partial<SourceSettings> = {}): Promise<string> {
  const env = { HF_ENDPOINT: hub?.endpoint, HF_HUB_CACHE: join(home, "no-cache"), ...options.env };
  return pullEntry(entry, { home, ...options, env }, { ...settings, ...overrides });
}

async function failureOf(pulling: Promise<string>): Promise<unknown> {
  const error = await pulling.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ModelDownloadError);
  return (error as ModelDownloadError).failures[0].error;
}

const blobs = (): Promise<string[]> => readdir(join(repositoryFolder(home, "org/model"), "blobs"));
const ranges = (): (string | undefined)[] => hub!.storageRequests.map(({ range }) => range);

describe("a good hub", () => {
  it("gives the file, in the hub's layout, with progress to the end", async () => {
    await startHub();
    const progress: ModelProgress[] = [];
    const path = await pull(hubEntry(bytes), { onProgress: (step) => progress.push(step) });
    expect((await readFile(path)).equals(bytes)).toBe(true);
    const folder = repositoryFolder(home, "org/model");
    const commit = await readFile(join(folder, "refs", "main"), "utf8");
    expect(path).toBe(join(folder, "snapshots", commit, "model.gguf"));
    expect(await readlink(path)).toBe(join("..", "..", "blobs", sha256Of(bytes)));
    expect(await blobs()).toEqual([sha256Of(bytes)]);
    expect(progress.at(-1)).toMatchObject({ doneBytes: bytes.length, totalBytes: bytes.length });
    expect(progress.map(({ doneBytes }) => doneBytes)).toEqual(progress.map(({ doneBytes }) => doneBytes).toSorted((a, b) => a - b));
  });

  it("is not asked again once the file is there", async () => {
    await startHub();
    const path = await pull(hubEntry(bytes));
    const requestCount = hub!.apiAuthorizations.length;
    expect(await pull(hubEntry(bytes))).toBe(path);
    expect(hub!.apiAuthorizations).toHaveLength(requestCount);
  });

  it("tells size and hash of a file that the catalogue does not know", async () => {
    await startHub();
    const entry = hubEntry(bytes, { sha256: undefined, sizeBytes: undefined });
    const path = await pull(entry);
    expect((await readFile(path)).equals(bytes)).toBe(true);
    expect(await findModel(entry, home)).toBe(path);
  });

  it("gets the token, its storage does not", async () => {
    await startHub();
    await pull(hubEntry(bytes), { env: { HF_TOKEN: "secret" } });
    expect(new Set(hub!.apiAuthorizations)).toEqual(new Set(["Bearer secret"]));
    expect(hub!.storageRequests.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  it("may have moved the repository", async () => {
    await startHub();
    const path = await pull(hubEntry(bytes, { sources: [{ kind: "hub", repository: "moved/model", file: "model.gguf", revision: "main" }] }));
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });
});

describe("the hub's own cache", () => {
  it("is used where it has the file; a damaged file there is not taken", async () => {
    await startHub();
    const cached = join(home, "hf", "hub", "models--org--model");
    await mkdir(join(cached, "blobs"), { recursive: true });
    await mkdir(join(cached, "snapshots", "abc"), { recursive: true });
    await writeFile(join(cached, "blobs", sha256Of(bytes)), bytes.toReversed());
    await symlink(join("..", "..", "blobs", sha256Of(bytes)), join(cached, "snapshots", "abc", "model.gguf"));
    const env = { HF_HUB_CACHE: undefined, HF_HOME: join(home, "hf") };
    await pull(hubEntry(bytes), { env, home: join(home, "a") });
    expect(hub!.storageRequests).toHaveLength(1);
    await writeFile(join(cached, "blobs", sha256Of(bytes)), bytes);
    for (const entry of [hubEntry(bytes), hubEntry(bytes, { sha256: undefined, sizeBytes: undefined })]) {
      const path = await pull(entry, { env, home: join(home, `b-${entry.sha256}`) });
      expect((await readFile(path)).equals(bytes)).toBe(true);
    }
    expect(hub!.storageRequests).toHaveLength(1);
  });
});

describe("a bad connection", () => {
  it("is taken up where it broke off", async () => {
    await startHub({ storageFaults: [60_000, 120_000, 130_000, 140_000, 150_000].map((afterBytes) => ({ kind: "drop", afterBytes })), chunkDelayMs: 1 });
    const path = await pull(hubEntry(bytes));
    expect((await readFile(path)).equals(bytes)).toBe(true);
    const starts = ranges().map((range) => Number(/^bytes=(\d+)-$/.exec(range ?? "bytes=0-")![1]));
    // Each drop got further, so five of them fit into three retries, and nothing is fetched twice.
    expect(starts).toHaveLength(6);
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    expect(starts.at(-1)).toBeGreaterThan(100_000);
  });

  it("that never gets further ends after the retries and leaves what came for the next pull", async () => {
    await startHub({ storageFaults: Array.from({ length: 9 }, () => ({ kind: "drop", afterBytes: 50_000 })), chunkDelayMs: 1 });
    expect(await failureOf(pull(hubEntry(bytes)))).toMatchObject({ code: "MODEL_SOURCE_FAILED", outlook: "temporary" });
    expect(ranges()).toHaveLength(5);
    expect(await blobs()).toEqual([`${sha256Of(bytes)}.incomplete`]);
    expect(await findModel(hubEntry(bytes), home)).toBeUndefined();
    await hub!.stop();
    await startHub();
    await pull(hubEntry(bytes));
    expect(Number(/\d+/.exec(ranges()[0]!)![0])).toBeGreaterThan(30_000);
    expect(await blobs()).toEqual([sha256Of(bytes)]);
  });

  it("that falls silent is tried again", async () => {
    await startHub({ storageFaults: [{ kind: "stall" }] });
    const path = await pull(hubEntry(bytes), {}, { idleTimeoutMs: 100 });
    expect((await readFile(path)).equals(bytes)).toBe(true);
    expect(ranges()).toHaveLength(2);
  });

  it("that is slow but never silent is left alone", async () => {
    await startHub({ chunkDelayMs: 100 });
    const path = await pull(hubEntry(bytes), {}, { idleTimeoutMs: 1_000 });
    expect((await readFile(path)).equals(bytes)).toBe(true);
    expect(ranges()).toEqual([undefined]);
  });

  it("to nowhere ends at once and the next source is asked", async () => {
    const { endpoint } = await startHub();
    await hub!.stop();
    hub = undefined;
    const error = await failureOf(pull(hubEntry(bytes), { env: { HF_ENDPOINT: endpoint } }, { retryBaseMs: 60_000 }));
    expect(error).toMatchObject({ outlook: "permanent" });
    expect((error as Error).message).toContain("ECONNREFUSED");
  });

  it("can be aborted; the part is kept", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    await startHub({ chunkDelayMs: 5, onChunk: (sent) => sent > 60_000 && controller.abort(reason) });
    await expect(pull(hubEntry(bytes), { signal: controller.signal })).rejects.toBe(reason);
    expect(await blobs()).toEqual([`${sha256Of(bytes)}.incomplete`]);
  });
});

describe("a hub that answers wrongly", () => {
  it.each([
    ["ends the file early", 2, [{ kind: "end-early", afterBytes: 70_000 }]],
    ["sends too much", 2, [{ kind: "too-long", extraBytes: 40_000 }]],
    ["flips a bit", 2, [{ kind: "flip", at: 123_456 }]],
    ["ignores the range", 2, [{ kind: "drop", afterBytes: 60_000 }, { kind: "ignore-range" }]],
    ["continues at another place", 3, [{ kind: "drop", afterBytes: 60_000 }, { kind: "wrong-range" }]],
    ["cannot satisfy the range", 3, [{ kind: "drop", afterBytes: 60_000 }, { kind: "status", status: 416 }]],
    ["is busy", 3, [{ kind: "status", status: 503 }, { kind: "status", status: 429 }]],
  ] satisfies [string, number, HubServerOptions["storageFaults"]][])("that %s: the right bytes, in %i requests", async (_, requestCount, storageFaults) => {
    await startHub({ storageFaults: [...storageFaults], chunkDelayMs: 1 });
    const path = await pull(hubEntry(bytes));
    expect((await readFile(path)).equals(bytes)).toBe(true);
    expect(hub!.storageRequests).toHaveLength(requestCount);
    expect(await blobs()).toEqual([sha256Of(bytes)]);
  });

  it("that flips bits again and again: a checksum error, and nothing is kept", async () => {
    await startHub({ storageFaults: [{ kind: "flip", at: 5 }, { kind: "flip", at: 5 }] });
    expect(await failureOf(pull(hubEntry(bytes)))).toBeInstanceOf(ChecksumError);
    expect(ranges()).toEqual([undefined, undefined]);
    expect(await blobs()).toEqual([]);
  });

  it("with another file than the catalogue's: a checksum error before anything is fetched", async () => {
    await startHub();
    const error = await failureOf(pull(hubEntry(bytes, { sha256: sha256Of(Buffer.from("other")) })));
    expect(error).toMatchObject({ code: "CHECKSUM_MISMATCH", actual: sha256Of(bytes) });
    expect(hub!.storageRequests).toEqual([]);
  });

  it("without a hash, where the catalogue has none either: refused", async () => {
    await startHub({ apiHeaders: { "x-linked-etag": undefined } });
    expect(await failureOf(pull(hubEntry(bytes, { sha256: undefined })))).toMatchObject({ outlook: "permanent" });
  });

});

describe("a hub that refuses", () => {
  it.each([401, 403, 404])("with status %i: given up at once", async (status) => {
    await startHub({ apiStatuses: [status] });
    const error = (await failureOf(pull(hubEntry(bytes)))) as SourceError;
    expect(error.message).toContain(`answered ${status}`);
    expect(error.hint?.includes("HF_TOKEN") ?? false).toBe(status !== 404);
    expect(hub!.apiAuthorizations).toHaveLength(1);
  });

  it("with status 503 at first: asked again", async () => {
    await startHub({ apiStatuses: [503, 500] });
    expect((await readFile(await pull(hubEntry(bytes)))).equals(bytes)).toBe(true);
  });

  it("with a file larger than the disk: refused before anything is fetched, other sources included", async () => {
    await startHub({ apiHeaders: { "x-linked-size": String(2 ** 52) } });
    const pulling = pull(hubEntry(bytes, { sizeBytes: undefined, sha256: undefined }));
    await expect(pulling).rejects.toBeInstanceOf(DiskSpaceError);
    await expect(pulling).rejects.toMatchObject({ code: "NO_DISK_SPACE", neededBytes: 2 ** 52 });
    expect(hub!.storageRequests).toEqual([]);
  });
});

it("two pulls at once both end with the right file and leave nothing else", async () => {
  await startHub({ chunkDelayMs: 1 });
  const [a, b] = await Promise.all([pull(hubEntry(bytes)), pull(hubEntry(bytes))]);
  expect(a).toBe(b);
  expect((await readFile(a)).equals(bytes)).toBe(true);
  expect(await blobs()).toEqual([sha256Of(bytes)]);
});
