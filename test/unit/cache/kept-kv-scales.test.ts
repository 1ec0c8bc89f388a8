// An engine with keys and values in int8: what it counts, what it keeps on disk, what it refuses.
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { convertedRoot } from "../../../engine/checkpoint/converted-folder.js";
import type { Engine } from "../../../engine/engine.js";
import { scalesChecksum } from "../../../engine/forward/kv-scales/kept-kv-scales.js";
import { loadEngine, type LoadEngineOptions } from "../../../engine/load-engine.js";
import type { EngineLogEvent } from "../../../engine/observation/log-event.js";
import { ask, essence, requestOf } from "../../fixtures/engine/ask.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../../fixtures/engine/tiny-model.js";

const home = await temporaryFolder();
const path = await writeTinyModel(home, { seed: 5, contextLength: 2048 });
const name = "a task (en)";
const prefix = Array.from({ length: 300 }, (_, index) => 40 + ((index * 7) % 90));
const request = requestOf([...prefix, 50, 51, 52, 53]);
let engine: Engine | undefined;
let events: EngineLogEvent[];

async function restart(kvCache: LoadEngineOptions["kvCache"] = "int8"): Promise<Engine> {
  await engine?.close();
  events = [];
  return (engine = await loadEngine(path, { home, threadCount: 1, kvCache, onEvent: (event) => events.push(event) }));
}
const countOf = (type: EngineLogEvent["type"]): number => events.filter((event) => event.type === type).length;

async function scalesPath(): Promise<string> {
  const [folder] = await readdir(convertedRoot(home));
  return join(convertedRoot(home), folder, "kv-scales.json");
}

afterEach(() => engine?.close());

test("memory is counted as it is, and a full context takes a quarter", async () => {
  const exact = (await restart("exact")).stats().memory;
  const int8 = (await restart()).stats().memory;
  expect(exact.kvBudgetBytes).toBe(2048 * 2 * 2 * 2 * 16 * 4);
  expect(int8.kvBudgetBytes).toBe(exact.kvBudgetBytes / 4);
});

test("requests that share a tree reply as each does alone", async () => {
  const requests = [60, 61, 62].map((token) => requestOf([...prefix, token, 33, 34]));
  await restart();
  const answers = await Promise.all(requests.map((each) => ask(engine!, each)));
  expect(engine!.stats().tokens.reused).toBeGreaterThan(prefix.length);
  for (const [index, each] of requests.entries()) {
    await restart();
    expect(essence((await ask(engine!, each)).result)).toEqual(essence(answers[index].result));
  }
});

test("kept prefixes serve engines that keep rows alike, and both kinds stay", async () => {
  const kept = new Set<string>();
  for (const kvCache of ["exact", "int8"] as const) kept.add((await (await restart(kvCache)).keepPrefix(prefix, { name })).path);
  expect(kept.size).toBe(2);
  for (const kvCache of ["exact", "int8"] as const) {
    await restart(kvCache);
    const { result } = await ask(engine!, request);
    expect(result.usage.cachedTokens).toBe(prefix.length);
    await engine!.close();
    const plain = await loadEngine(path, { home, threadCount: 1, kvCache, switches: { sharing: false } });
    expect(essence(result)).toEqual(essence((await ask(plain, request)).result));
    await plain.close();
  }
  expect(countOf("prefix-drop")).toBe(0);
  const exactOnly = [...kept][0];
  for (const file of await readdir(join(exactOnly, ".."))) if (join(exactOnly, "..", file) !== exactOnly) await rm(join(exactOnly, "..", file));
  await restart();
  expect((await ask(engine!, request)).result.usage.cachedTokens).toBe(0);
});

test("scales are found once, damaged ones anew", async () => {
  await restart();
  const file = await scalesPath();
  const found = await readFile(file, "utf8");
  await writeFile(file, found.replace(/\d(?=[\d.e-]*\]\],"values")/, (digit) => String((Number(digit) + 1) % 10)));
  expect(await readFile(file, "utf8")).not.toBe(found);
  await restart();
  expect(await readFile(file, "utf8")).toBe(found);
  await writeFile(file, found.slice(0, -20));
  await restart();
  expect(await readFile(file, "utf8")).toBe(found);
  await writeFile(file, found.replace('"version":1', '"version":0'));
  await restart();
  expect(await readFile(file, "utf8")).toBe(found);
  expect((await readdir(join(file, ".."))).filter((entry) => entry.endsWith(".part"))).toEqual([]);
});

test("rows of other scales are removed", async () => {
  await restart();
  const { path: keptPath } = await engine!.keepPrefix(prefix, { name });
  const file = await scalesPath();
  const found = await readFile(file, "utf8");
  const { keys, values, version } = JSON.parse(found) as { keys: number[][]; values: number[][]; version: number };
  const doubled = keys.map((layer) => layer.map((scale) => 2 * scale));
  const [keyScales, valueScales] = [doubled, values].map((layers) => layers.map((layer) => Float32Array.from(layer)));
  await writeFile(file, JSON.stringify({ version, crc32: scalesChecksum({ keys: keyScales, values: valueScales }), keys: doubled, values }));
  await restart();
  expect(events).toContainEqual({ type: "prefix-drop", path: keptPath, reason: "outdated" });
  expect((await ask(engine!, request)).result.usage.cachedTokens).toBe(0);
  await rm(file);
  await restart();
  expect(await readFile(file, "utf8")).toBe(found);
});

test("another value is refused", async () => {
  await expect(loadEngine(path, { home, kvCache: "int4" as "int8" })).rejects.toThrow(/kvCache is one of exact, int8/);
});
