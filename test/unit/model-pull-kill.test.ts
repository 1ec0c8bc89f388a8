// Processes that pull are killed at random moments: no wrong file ever counts as present, and the next pull succeeds.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findModel, repositoryFolder } from "../../engine/checkpoint/model-store.js";
import { pullEntry } from "../../engine/checkpoint/pull-model.js";
import { compileEngine } from "../fixtures/compiled-engine.js";
import { hubEntry, HubServer } from "../fixtures/hub-server.js";

const bytes = randomBytes(256 * 1024);
const entry = hubEntry(bytes);
const killCount = 50;

let compiled: string;
let home: string;
let hub: HubServer;
let script: string;
let env: NodeJS.ProcessEnv;
/** Called with the offset that the hub's storage has sent up to. */
let onChunk: (sentBytes: number) => void = () => undefined;

beforeAll(async () => {
  compiled = await compileEngine("engine/checkpoint/pull-model.ts");
  home = await mkdtemp(join(tmpdir(), "distillate-kill-"));
  hub = await HubServer.start({ bytes, chunkDelayMs: 1, onChunk: (sentBytes) => onChunk(sentBytes) });
  env = { ...process.env, HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: join(home, "no-cache") };
  script = join(compiled, "pull.js");
  const call = `await pullEntry(${JSON.stringify(entry)}, { home: ${JSON.stringify(home)} });`;
  await writeFile(script, `import { pullEntry } from "./engine/checkpoint/pull-model.js";\n${call}\n`);
});

afterAll(async () => {
  await hub.stop();
  await rm(home, { recursive: true, force: true });
  await rm(compiled, { recursive: true, force: true });
});

/** Kills a pull once the storage has sent `atBytes`, some `delayMs` later; a pull that ends before that is left to end. */
async function pullAndKill(atBytes: number, delayMs: number): Promise<"killed" | "finished"> {
  const child = spawn(process.execPath, [script], { env, stdio: ["ignore", "ignore", "inherit"] });
  onChunk = (sentBytes) => {
    if (sentBytes >= atBytes) setTimeout(() => child.kill("SIGKILL"), delayMs);
  };
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  if (code) throw new Error(`The pull failed with exit code ${code}.`);
  return signal === "SIGKILL" ? "killed" : "finished";
}

it(`${killCount} kills never leave a model that is wrong`, async () => {
  const folder = join(repositoryFolder(home, "org/model"), "blobs");
  let [killed, interrupted] = [0, 0];
  while (killed < killCount) {
    // Every fourth kill comes in the time of hashing and renaming.
    const isLate = killed % 4 === 3;
    const outcome = await pullAndKill(isLate ? bytes.length : Math.random() * bytes.length, isLate ? Math.random() * 15 : 0);
    if (outcome === "killed") killed++;
    const present = await findModel(entry, home);
    if (present) expect((await readFile(present)).equals(bytes)).toBe(true);
    else interrupted++;
    const files = await readdir(folder).catch(() => []);
    expect(files.filter((file) => file.endsWith(".incomplete")).length).toBeLessThanOrEqual(1);
    if (present) await rm(join(home, "hub"), { recursive: true });
  }
  expect(interrupted).toBeGreaterThan(killCount / 2);
  onChunk = () => undefined;
  const path = await pullEntry(entry, { home, env });
  expect((await readFile(path)).equals(bytes)).toBe(true);
  expect(await readdir(folder)).toEqual([entry.sha256]);
  const resumed = hub.storageRequests.filter(({ range }) => range !== undefined);
  expect(resumed.length).toBeGreaterThan(0);
}, 120_000);
