// Prefixes on disk: read by engines that start later, never in the place of others, never when damaged.
import { execFile } from "node:child_process";
import { appendFile, cp, mkdir, open, readdir, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { KeptPrefix } from "../../../engine/cache/prefix-store.js";
import { prefixBytes, removeConverted } from "../../../engine/checkpoint/converted-folder.js";
import { withStorageErrors } from "../../../engine/checkpoint/source/disk-space.js";
import type { Engine } from "../../../engine/engine.js";
import { DiskSpaceError } from "../../../engine/error/model/disk-space-error.js";
import { HomeFolderError } from "../../../engine/error/model/home-folder-error.js";
import { loadEngine, type LoadEngineOptions } from "../../../engine/load-engine.js";
import type { EngineLogEvent } from "../../../engine/observation/log-event.js";
import { ask, essence, requestOf, type Answer } from "../../fixtures/engine/ask.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../../fixtures/engine/tiny-model.js";

const run = promisify(execFile);
const home = await temporaryFolder();
const path = await writeTinyModel(home, { seed: 5, contextLength: 2048 });
const name = "a task (en)";
const prefix = Array.from({ length: 300 }, (_, index) => 40 + ((index * 7) % 90));
const request = requestOf([...prefix, 50, 51, 52, 53]);
let engine: Engine;
let events: EngineLogEvent[];
let kept: KeptPrefix;
let plain: Answer;

async function restart(options: LoadEngineOptions = {}, model = path): Promise<Engine> {
  await engine?.close();
  events = [];
  engine = await loadEngine(model, { home, threadCount: 1, onEvent: (event) => events.push(event), ...options });
  return engine;
}
const eventsOf = (type: EngineLogEvent["type"]): EngineLogEvent[] => events.filter((event) => event.type === type);

beforeEach(async () => {
  await rm(join(home, "prefixes"), { recursive: true, force: true });
  await restart();
  plain = await ask(engine, request);
  kept = await engine.keepPrefix(prefix, { name });
  await restart();
});
afterEach(() => engine.close());

test("an engine that starts later computes the rest alone, and replies the same", async () => {
  const { result } = await ask(engine, request);
  expect(plain.result.usage.cachedTokens).toBe(0);
  expect(result.usage.cachedTokens).toBe(prefix.length);
  expect(essence(result)).toEqual(essence(plain.result));
  expect(eventsOf("prefix-load")).toMatchObject([{ name, tokens: prefix.length, sizeBytes: kept.sizeBytes }]);
  expect(engine.stats().tokens).toMatchObject({ prefilled: request.prompt.length - prefix.length, reused: prefix.length });
  expect((await stat(kept.path)).size).toBe(kept.sizeBytes);
});

test("what memory holds is not read again; requests at the same time read once", async () => {
  const requests = [60, 61, 62, 63].map((token) => requestOf([...prefix, ...Array.from({ length: 200 }, (_, index) => token + (index % 9))]));
  const answers = await Promise.all(requests.map((each) => ask(engine, each)));
  await ask(engine, request);
  expect(eventsOf("prefix-load")).toHaveLength(1);
  await restart({ switches: { sharing: false } });
  for (const [index, each] of requests.entries()) {
    const alone = await ask(engine, each);
    expect(alone.result.usage.cachedTokens).toBe(0);
    expect(essence(answers[index].result)).toEqual(essence(alone.result));
    expect(answers[index].result.usage.cachedTokens).toBeGreaterThanOrEqual(prefix.length);
  }
});

test("a request that waits for memory has nothing read for it until there is a place", async () => {
  await restart({ contextLength: 512 });
  const holder = new AbortController();
  const others = Array.from({ length: 400 }, (_, index) => (index * 11) % 40);
  const holding = ask(engine, requestOf(others, { signal: holder.signal, maxTokens: 100 })).catch(() => undefined);
  while (engine.stats().requests.open === 0) await new Promise((resolve) => setImmediate(resolve));
  const waiting = ask(engine, request);
  while (engine.stats().requests.waiting === 0) await new Promise((resolve) => setImmediate(resolve));
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(engine.stats().requests).toMatchObject({ open: 1, waiting: 1 });
  expect(eventsOf("prefix-load")).toEqual([]);
  holder.abort();
  const { result } = await waiting;
  await holding;
  expect(eventsOf("prefix-load")).toHaveLength(1);
  expect(result.usage.cachedTokens).toBe(prefix.length);
  expect(essence(result)).toEqual(essence(plain.result));
});

test("a request that is aborted while its prefix is read leaves its place to others", async () => {
  const controllers = Array.from({ length: 5 }, () => new AbortController());
  for (const { signal, abort } of controllers.map((controller) => ({ signal: controller.signal, abort: () => controller.abort() }))) {
    const answer = ask(engine, { ...request, signal });
    const other = ask(engine, requestOf([...prefix, 60, 61, 62]));
    while (engine.stats().requests.open === 0) await new Promise((resolve) => setImmediate(resolve));
    abort();
    await expect(answer).rejects.toMatchObject({ name: "AbortError" });
    const { result } = await other;
    expect(result.tokens.length).toBeGreaterThan(0);
    expect(essence((await ask(engine, request)).result)).toEqual(essence(plain.result));
    await restart();
  }
});

test("a prompt that leaves the prefix early takes over what it begins with", async () => {
  const part = requestOf([...prefix.slice(0, 120), 33, 34, 35]);
  const { result } = await ask(engine, part);
  expect(result.usage.cachedTokens).toBe(120);
  await restart({ switches: { sharing: false } });
  expect(essence(result)).toEqual(essence((await ask(engine, part)).result));
  await restart();
  expect((await ask(engine, requestOf([...prefix.slice(0, 10), 33, 34, 35]))).result.usage.cachedTokens).toBe(0);
  expect(eventsOf("prefix-load")).toEqual([]);
});

test("a prompt that is the prefix computes its last token", async () => {
  const { result } = await ask(engine, requestOf(prefix));
  expect(result.usage.cachedTokens).toBe(prefix.length - 1);
});

test("a prefix is kept out of a tree that others have branched, too", async () => {
  await Promise.all([70, 80, 90].map((token) => ask(engine, requestOf([...prefix.slice(0, 200), token, token + 1]))));
  const branch = [...prefix.slice(0, 200), 90, 91, 35, 36, 37];
  await engine.keepPrefix(branch, { name: "branch" });
  await restart();
  const branchRequest = requestOf([...branch, 44]);
  const { result } = await ask(engine, branchRequest);
  expect(result.usage.cachedTokens).toBe(branch.length);
  await restart({ switches: { sharing: false } });
  expect(essence(result)).toEqual(essence((await ask(engine, branchRequest)).result));
});

test("a new prefix of the same name takes the place of the former, at once", async () => {
  const other = prefix.toReversed();
  await engine.keepPrefix(other, { name });
  expect(await readdir(dirname(kept.path))).toEqual([basename(kept.path)]);
  expect((await ask(engine, request)).result.usage.cachedTokens).toBe(0);
  await restart();
  expect((await ask(engine, requestOf([...other, 50]))).result.usage.cachedTokens).toBe(other.length);
});

async function flip(at: (sizeBytes: number) => number): Promise<void> {
  const file = await open(kept.path, "r+");
  const position = at(kept.sizeBytes);
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, position);
  buffer[0] ^= 0x41;
  await file.write(buffer, 0, 1, position);
  await file.close();
}

describe("damage", () => {
  test.each([
    ["a byte of the length", () => flip(() => 1), "damaged"],
    ["a byte of the header", () => flip(() => 5), "damaged"],
    ["a byte of the tokens", () => flip((size) => size - prefix.length * 512 - 40), "damaged"],
    ["a byte of the first rows", () => flip((size) => size - prefix.length * 512 + 3), "damaged"],
    ["a byte of the last rows", () => flip((size) => size - 1), "damaged"],
    ["a byte too many", () => appendFile(kept.path, "x"), "damaged"],
    ["half a file", () => truncate(kept.path, Math.floor(kept.sizeBytes / 2)), "damaged"],
    ["no file to speak of", () => writeFile(kept.path, ""), "damaged"],
    ["another format", () => writeFile(kept.path, Buffer.concat([Buffer.from([0x1f, 0, 0, 0]), Buffer.from('{"format":"new","tokenCount":1}')])), "outdated"],
  ] as const)("%s: ignored, removed, said", async (_, damage, reason) => {
    await damage();
    await restart();
    const { result } = await ask(engine, request);
    expect(result.usage.cachedTokens).toBe(0);
    expect(essence(result)).toEqual(essence(plain.result));
    expect(eventsOf("prefix-drop")).toEqual([{ type: "prefix-drop", path: kept.path, reason }]);
    expect(await readdir(dirname(kept.path))).toEqual([]);
  });

  test("a file that goes while the engine runs", async () => {
    await rm(kept.path);
    expect(essence((await ask(engine, request)).result)).toEqual(essence(plain.result));
  });

  test("a draft of a killed process goes after an hour", async () => {
    const drafts = ["new.prefix.1.part", "old.prefix.2.part"].map((draft) => join(dirname(kept.path), draft));
    for (const draft of drafts) await writeFile(draft, "half");
    await utimes(drafts[1], new Date(0), new Date(0));
    await restart();
    expect((await readdir(dirname(kept.path))).toSorted()).toEqual([basename(kept.path), basename(drafts[0])].toSorted());
  });
});

test("other weights have prefixes of their own", async () => {
  const other = await writeTinyModel(home, { seed: 6, contextLength: 2048 });
  for (const [options, model] of [[{ weights: "fast" }, path], [{}, other]] as const) {
    await restart(options, model);
    expect((await ask(engine, request)).result.usage.cachedTokens).toBe(0);
    const own = await engine.keepPrefix(prefix, { name });
    expect(dirname(own.path)).not.toBe(dirname(kept.path));
    await cp(kept.path, own.path);
    await restart(options, model);
    expect((await ask(engine, request)).result.usage.cachedTokens).toBe(0);
    expect(eventsOf("prefix-drop")).toEqual([{ type: "prefix-drop", path: own.path, reason: "outdated" }]);
  }
});

test("a prefix that was read in part serves who reads alike, a whole one serves all", async () => {
  await rm(kept.path);
  await restart({ attention: "sparse", keep: 0.5 });
  const sparse = await engine.keepPrefix(prefix, { name });
  for (const [options, cachedTokens] of [[{ attention: "dense" }, 0], [{ attention: "sparse", keep: 0.25 }, 0], [{ attention: "sparse", keep: 0.5 }, prefix.length]] as const) {
    await restart(options);
    expect((await ask(engine, request)).result.usage.cachedTokens).toBe(cachedTokens);
    expect(eventsOf("prefix-drop")).toEqual([]);
  }
  await restart();
  const dense = await engine.keepPrefix(prefix, { name });
  expect(dense.path).not.toBe(sparse.path);
  await rm(sparse.path);
  await restart({ attention: "sparse", keep: 0.5 });
  expect((await ask(engine, request)).result.usage.cachedTokens).toBe(prefix.length);
});

test("prefixes count among what a model takes, and go with it", async () => {
  expect(await prefixBytes([path], home)).toBe(kept.sizeBytes);
  await removeConverted("another.gguf", home);
  expect(await prefixBytes([path], home)).toBe(kept.sizeBytes);
  await removeConverted(path, home);
  expect(await prefixBytes([path], home)).toBe(0);
  expect(await readdir(join(home, "prefixes"))).toEqual([]);
});

test("too few tokens are refused, and so are too many", async () => {
  await expect(engine.keepPrefix([1, 2, 3], { name })).rejects.toThrow(RangeError);
  await expect(engine.keepPrefix(Array.from({ length: 3000 }, () => 7), { name })).rejects.toMatchObject({ code: "PROMPT_TOO_LONG" });
  const controller = new AbortController();
  controller.abort(new Error("enough"));
  await expect(engine.keepPrefix(prefix, { name, signal: controller.signal })).rejects.toThrow("enough");
});

test("a full disk: a clear error, nothing half-written, and what was kept stays", async () => {
  const folder = dirname(kept.path);
  await rm(folder, { recursive: true });
  await mkdir(folder);
  const isSmallDisk = await run("mount", ["-t", "tmpfs", "-o", "size=200k", "tmpfs", folder]).then(() => true, () => false);
  try {
    // Where no small disk can be mounted, one call stands for it: the write that meets the end of the disk.
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
    const fill = (tokens: readonly number[]) => (isSmallDisk ? engine.keepPrefix(tokens, { name }) : withStorageErrors(home, () => Promise.reject(full)));
    const small = await engine.keepPrefix(prefix.slice(0, 100), { name });
    await expect(fill(prefix)).rejects.toBeInstanceOf(DiskSpaceError);
    expect(await readdir(folder)).toEqual([basename(small.path)]);
    await restart();
    expect((await ask(engine, request)).result.usage.cachedTokens).toBe(100);
  } finally {
    if (isSmallDisk) await run("umount", [folder]);
  }
});

test("a folder that takes nothing: a clear error", async () => {
  await rm(join(home, "prefixes"), { recursive: true });
  await writeFile(join(home, "prefixes"), "a file in its place");
  await expect(engine.keepPrefix(prefix, { name })).rejects.toBeInstanceOf(HomeFolderError);
  await restart();
  expect(essence((await ask(engine, request)).result)).toEqual(essence(plain.result));
});
