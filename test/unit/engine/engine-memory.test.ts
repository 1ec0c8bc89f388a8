// A hundred calls in a row on real weights: memory is flat after the tenth.
import { readFile } from "node:fs/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { EngineRequest } from "../../../engine/request.js";
import { loadEngine } from "../../../engine/load-engine.js";
import { ask } from "../../fixtures/engine/ask.js";
import { realModelPath } from "../../fixtures/real-model.js";

const CALLS = 100;
const WARM_UP = 10;
const MEBIBYTE = 1 << 20;
/** Allocators and compiled code take a little as they settle. */
const ALLOWED_BYTES = 30 * MEBIBYTE;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const schema = { type: "object", properties: { city: { type: "string", maxLength: 12 } }, required: ["city"], additionalProperties: false };
const formats: EngineRequest["format"][] = [
  { type: "text" },
  { type: "json", schema },
  { type: "choice", options: ["yes", "no", "unknown"] },
];

/**
 * Resident memory of the process's own. Pages of the mapped weights file are left out where the system tells them
 * apart: which rows of the embedding have been looked up is the page cache's affair, and it takes them back.
 */
async function residentBytes(): Promise<number> {
  collectGarbage();
  const status = await readFile("/proc/self/status", "utf8").catch(() => "");
  const anonymousKibibytes = /^RssAnon:\s+(\d+)/m.exec(status)?.[1];
  return anonymousKibibytes ? Number(anonymousKibibytes) * 1024 : process.memoryUsage().rss;
}

test(`${CALLS} calls in a row`, async () => {
  const engine = await loadEngine(await realModelPath());
  const seen: number[] = [];
  for (let call = 0; call < CALLS; call++) {
    const content = `Call ${call % WARM_UP}: name a city.`;
    const prompt = engine.tokenizer.encodeChat([{ role: "user", content }]).tokens;
    const sampling = { temperature: call % 2, topP: 0.95, seed: call };
    await ask(engine, { prompt, format: formats[call % formats.length], sampling, maxTokens: 8 });
    seen.push(await residentBytes());
  }
  const growth = Math.max(...seen.slice(CALLS - WARM_UP)) - seen[WARM_UP - 1];
  console.log(`resident after call ${WARM_UP}: ${Math.round(seen[WARM_UP - 1] / MEBIBYTE)} MiB, after ${CALLS}: ${growth / MEBIBYTE} MiB more`);
  expect(growth).toBeLessThan(ALLOWED_BYTES);
  await engine.close();
}, 240_000);

test("closing gives the memory back", async () => {
  const path = await realModelPath();
  const load = async (): Promise<void> => {
    const engine = await loadEngine(path, { contextLength: 2048 });
    await ask(engine, { prompt: engine.tokenizer.encode("a"), format: { type: "text" }, sampling: { temperature: 0 }, maxTokens: 2 });
    await engine.close();
  };
  await load();
  const before = await residentBytes();
  await load();
  await load();
  const growth = (await residentBytes()) - before;
  console.log(`growth over two more loads: ${growth / MEBIBYTE} MiB`);
  expect(growth).toBeLessThan(200 * MEBIBYTE);
}, 240_000);
