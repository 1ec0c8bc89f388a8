// The converted model: made once, kept, checked byte by byte, never half-written.
import { execFile } from "node:child_process";
import { appendFile, cp, mkdir, mkdtemp, open, readFile, readdir, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openGguf } from "../../../engine/checkpoint/gguf.js";
import { withStorageErrors } from "../../../engine/checkpoint/source/disk-space.js";
import { DiskSpaceError } from "../../../engine/error/model/disk-space-error.js";
import { convertOnce, type ConversionOptions } from "../../../engine/graph/converted-cache.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../../fixtures/engine/tiny-model.js";

const run = promisify(execFile);
const home = await temporaryFolder();
const cacheFolder = join(home, "converted");
const defaults = { weights: "exact", home } as const;

let path: string;
/** What a conversion writes, by file name. */
let expected: Map<string, Buffer>;

beforeAll(async () => {
  path = await writeTinyModel(home, { type: "Q8_0", seed: 9 });
  expected = await filesOf(dirname((await convert()).weightsPath));
});

async function filesOf(folder: string): Promise<Map<string, Buffer>> {
  const names = (await readdir(folder)).toSorted();
  return new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)));
}

async function convert(change: Partial<ConversionOptions> = {}, from = path): Promise<{ weightsPath: string; isConverted: boolean }> {
  const checkpoint = await openGguf(from);
  let isConverted = false;
  const onProgress = (): void => {
    isConverted = true;
  };
  try {
    const { weightsPath } = await convertOnce(checkpoint, { ...defaults, onProgress, ...change });
    return { weightsPath, isConverted };
  } finally {
    await checkpoint.close();
  }
}

async function flipByte(file: string, at: number): Promise<void> {
  const bytes = await readFile(file);
  bytes[at < 0 ? bytes.length + at : at] ^= 0x10;
  await writeFile(file, bytes);
}

describe("a conversion", () => {
  test("is made of weights, their map and a manifest, and used again", async () => {
    expect([...expected.keys()]).toEqual(["manifest.json", "weights.bin", "weights.json"]);
    expect(await convert()).toMatchObject({ isConverted: false });
    expect(await readdir(cacheFolder)).toHaveLength(1);
  });

  test("reports its progress up to the whole file", async () => {
    const seen: { doneBytes: number; totalBytes: number }[] = [];
    const own = await mkdtemp(join(tmpdir(), "distillate-progress-"));
    await convert({ home: own, onProgress: (progress) => seen.push(progress) });
    await rm(own, { recursive: true });
    const { sizeBytes } = await openGguf(path).then(async (checkpoint) => (await checkpoint.close(), checkpoint));
    expect(seen.map(({ doneBytes }) => doneBytes)).toEqual([Math.round(sizeBytes / 2), sizeBytes]);
    expect(seen.every(({ totalBytes }) => totalBytes === sizeBytes)).toBe(true);
  });

  test("belongs to the file's content and to the options, not to the file's date", async () => {
    const { weightsPath } = await convert();
    const other = await convert({ weights: "fast" });
    expect(other).toMatchObject({ isConverted: true });
    expect(other.weightsPath).not.toBe(weightsPath);
    const before = await readFile(path);
    await utimes(path, new Date(), new Date(Date.now() - 5000));
    expect(await convert()).toEqual({ weightsPath, isConverted: false });
    await flipByte(path, -1);
    expect((await convert()).weightsPath).not.toBe(weightsPath);
    await writeFile(path, before);
    expect(await convert()).toEqual({ weightsPath, isConverted: false });
  });

  test("replaces what another version of the converter made of the same file", async () => {
    const { weightsPath } = await convert();
    const current = dirname(weightsPath);
    const outdated = current.replace(/-v\d+$/, "-v0");
    const ofOtherFile = outdated.replace(/-[0-9a-f]{32}-/, `-${"0".repeat(32)}-`);
    for (const folder of [outdated, ofOtherFile]) await mkdir(folder);
    await rm(current, { recursive: true });
    expect(await convert()).toEqual({ weightsPath, isConverted: true });
    const names = await readdir(cacheFolder);
    expect(names).toContain(basename(ofOtherFile));
    expect(names).not.toContain(basename(outdated));
    await rm(ofOtherFile, { recursive: true });
  });

  test("remembers hashes in the given home only", async () => {
    expect(await readdir(join(home, "hashes"))).not.toEqual([]);
    expect((await readdir(join(home, "hashes"))).filter((name) => !name.endsWith(".json"))).toEqual([]);
  });

  test("aborted: the reason is thrown, nothing is left, and the next one succeeds", async () => {
    const controller = new AbortController();
    const reason = new Error("no longer");
    const own = await mkdtemp(join(tmpdir(), "distillate-abort-"));
    const running = convert({ home: own, signal: controller.signal, onProgress: () => controller.abort(reason) });
    await expect(running).rejects.toBe(reason);
    expect(await readdir(join(own, "converted"))).toEqual([]);
    expect(await filesOf(dirname((await convert({ home: own })).weightsPath))).toEqual(expected);
    await rm(own, { recursive: true });
  });
});

describe("damage is noticed and repaired", () => {
  const damages: Record<string, (folder: string) => Promise<void>> = {
    "a flipped bit in the weights": (folder) => flipByte(join(folder, "weights.bin"), 70_000),
    "a flipped bit at the weights' end": (folder) => flipByte(join(folder, "weights.bin"), -1),
    "a flipped bit in the map": (folder) => flipByte(join(folder, "weights.json"), 500),
    "a flipped bit in the manifest": (folder) => flipByte(join(folder, "manifest.json"), 30),
    "weights cut short": (folder) => truncate(join(folder, "weights.bin"), 50_000),
    "weights too long": (folder) => appendFile(join(folder, "weights.bin"), "x"),
    "an empty map": (folder) => truncate(join(folder, "weights.json"), 0),
    "an empty manifest": (folder) => truncate(join(folder, "manifest.json"), 0),
    "a manifest of something else": (folder) => writeFile(join(folder, "manifest.json"), "null"),
    "missing weights": (folder) => rm(join(folder, "weights.bin")),
    "missing map": (folder) => rm(join(folder, "weights.json")),
    "missing manifest": (folder) => rm(join(folder, "manifest.json")),
    "weights that are a folder": async (folder) => {
      await rm(join(folder, "weights.bin"));
      await mkdir(join(folder, "weights.bin"));
    },
    "an empty folder": async (folder) => {
      await rm(folder, { recursive: true });
      await mkdir(folder);
    },
  };

  test.each(Object.entries(damages))("%s", async (_, damage) => {
    const folder = dirname((await convert()).weightsPath);
    await damage(folder);
    expect(await convert()).toMatchObject({ isConverted: true });
    expect(await filesOf(folder)).toEqual(expected);
    expect(await convert()).toMatchObject({ isConverted: false });
  });

  test("every bit of the manifest counts", async () => {
    const folder = dirname((await convert()).weightsPath);
    const manifest = join(folder, "manifest.json");
    const { length } = expected.get("manifest.json")!;
    for (let at = 0; at < length; at += 7) {
      await flipByte(manifest, at);
      expect(await convert(), `byte ${at}`).toMatchObject({ isConverted: true });
    }
    expect(await filesOf(folder)).toEqual(expected);
  });
});

describe("drafts of killed processes", () => {
  test("are cleared once nobody writes to them, also where the model is there", async () => {
    const folder = dirname((await convert()).weightsPath);
    const [old, recent] = [`${folder}.old.part`, `${folder}.recent.part`];
    for (const draft of [old, recent]) await cp(folder, draft, { recursive: true });
    const past = new Date(Date.now() - 2 * 3_600_000);
    await utimes(join(old, "weights.bin"), past, past);
    expect(await convert()).toMatchObject({ isConverted: false });
    const left = (await readdir(cacheFolder)).filter((name) => name.endsWith(".part"));
    expect(left).toEqual([recent.slice(cacheFolder.length + 1)]);
    await rm(recent, { recursive: true });
  });

  test("two conversions at once agree on one", async () => {
    const own = join(home, "twice");
    const [first, second] = await Promise.all([convert({ home: own }), convert({ home: own })]);
    expect(first.weightsPath).toBe(second.weightsPath);
    expect(await filesOf(dirname(first.weightsPath))).toEqual(expected);
    expect(await readdir(join(own, "converted"))).toHaveLength(1);
  });

  test("a sound model is never moved away under another process", async () => {
    const own = join(home, "held");
    const { weightsPath } = await convert({ home: own });
    const held = await open(weightsPath, "r");
    const { ino } = await held.stat();
    await Promise.all([convert({ home: own }), convert({ home: own })]);
    const again = await open(weightsPath, "r");
    expect((await again.stat()).ino).toBe(ino);
    await Promise.all([held.close(), again.close()]);
  });
});

describe("a full disk", () => {
  let disk: string;
  let isSmallDisk: boolean;
  beforeAll(async () => {
    disk = await mkdtemp(join(tmpdir(), "distillate-full-"));
    isSmallDisk = await run("mount", ["-t", "tmpfs", "-o", "size=100k", "tmpfs", disk]).then(
      () => true,
      () => false,
    );
  });
  afterAll(async () => {
    if (isSmallDisk) await run("umount", [disk]);
    await rm(disk, { recursive: true, force: true });
  });

  test("is told as such, and nothing half-written stays", async () => {
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    // Where no small disk can be mounted, one failing write stands for it.
    const running = isSmallDisk
      ? convert({ home: disk })
      : withStorageErrors(disk, () => Promise.reject(full));
    const error = await running.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(DiskSpaceError);
    expect(error).toMatchObject({ code: "NO_DISK_SPACE", cause: { code: "ENOSPC" } });
    const left = await readdir(join(disk, "converted")).catch(() => []);
    expect(left).toEqual([]);
  });
});
