// Processes that convert are killed at random moments: what is left is a whole conversion or none.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { compileEngine } from "../../fixtures/compiled-engine.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../../fixtures/engine/tiny-model.js";

const killCount = 50;
const home = await temporaryFolder();
const cacheFolder = join(home, "converted");

let compiled: string;
let script: string;
/** Of an undisturbed conversion. */
let expected: Buffer[];
let folder: string;
let durationMs: number;

beforeAll(async () => {
  compiled = await compileEngine("engine/load-engine.ts");
  const path = await writeTinyModel(home, { type: "Q8_0", seed: 2, hiddenSize: 384, layerCount: 6 });
  script = join(compiled, "convert.js");
  const options = { weights: "exact", home };
  await writeFile(
    script,
    `import { openGguf } from "./engine/checkpoint/gguf.js";
     import { convertOnce } from "./engine/graph/converted-cache.js";
     const checkpoint = await openGguf(${JSON.stringify(path)});
     process.stdout.write("started");
     await convertOnce(checkpoint, ${JSON.stringify(options)});
     await checkpoint.close();`,
  );
  await finish(await start());
  const [name] = await readdir(cacheFolder);
  folder = join(cacheFolder, name);
  expected = await filesOf();
  await rm(folder, { recursive: true });
  const child = await start();
  durationMs = await timed(() => finish(child));
  await rm(folder, { recursive: true });
});
afterAll(() => rm(compiled, { recursive: true, force: true }));

/** A process that is about to convert. */
async function start(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
}

async function finish(child: ChildProcess): Promise<"killed" | "finished"> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  if (child.exitCode) throw new Error(`The conversion failed with exit code ${child.exitCode}.`);
  return child.signalCode === "SIGKILL" ? "killed" : "finished";
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

async function filesOf(): Promise<Buffer[]> {
  return Promise.all(["weights.json", "manifest.json", "weights.bin"].map((name) => readFile(join(folder, name))));
}

async function drafts(): Promise<string[]> {
  return (await readdir(cacheFolder).catch(() => [])).filter((name) => name.endsWith(".part"));
}

/** As if they had lain there for hours: the next process clears them. */
async function ageDrafts(): Promise<void> {
  const past = new Date(Date.now() - 24 * 3_600_000);
  for (const draft of await drafts()) {
    for (const file of await readdir(join(cacheFolder, draft))) await utimes(join(cacheFolder, draft, file), past, past);
    await utimes(join(cacheFolder, draft), past, past);
  }
}

it(`${killCount} kills never leave a conversion that is wrong`, async () => {
  let [killed, interrupted, strays] = [0, 0, 0];
  while (killed < killCount) {
    const child = await start();
    setTimeout(() => child.kill("SIGKILL"), Math.random() * 1.1 * durationMs);
    if ((await finish(child)) === "killed") killed++;
    const names = (await readdir(cacheFolder).catch(() => [])).filter((name) => !name.endsWith(".part"));
    if (names.length > 0) {
      expect(names).toHaveLength(1);
      expect((await filesOf()).every((bytes, i) => bytes.equals(expected[i]))).toBe(true);
      await rm(folder, { recursive: true });
    } else {
      interrupted++;
    }
    strays += (await drafts()).length;
    expect((await drafts()).length).toBeLessThanOrEqual(1);
    await ageDrafts();
  }
  expect(interrupted).toBeGreaterThan(killCount / 4);
  expect(strays).toBeGreaterThan(0);
  await finish(await start());
  expect((await filesOf()).every((bytes, i) => bytes.equals(expected[i]))).toBe(true);
  expect(await drafts()).toEqual([]);
}, 120_000);

it("processes that convert at once agree on one", async () => {
  await rm(folder, { recursive: true });
  const children = await Promise.all([start(), start(), start()]);
  await Promise.all(children.map(finish));
  expect((await filesOf()).every((bytes, i) => bytes.equals(expected[i]))).toBe(true);
  expect(await readdir(cacheFolder)).toHaveLength(1);
});
