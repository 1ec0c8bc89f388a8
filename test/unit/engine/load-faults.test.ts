// Loading that fails somewhere on its way: whatever the runtime was asked to make until then is given back.
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { checkDevice } from "../../../engine/device-check/check-device.js";
import { Decoder } from "../../../engine/forward/decoder.js";
import { loadEngine, type LoadEngineOptions } from "../../../engine/load-engine.js";
import { OrtApi, type Pointer, type StatusName } from "../../../engine/ort/api.js";
import { Runtime } from "../../../engine/ort/runtime.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../../fixtures/engine/tiny-model.js";

const home = await temporaryFolder();
const fault = new Error("the runtime failed");
/** Objects of the runtime that are alive, by address. */
const alive = new Map<Pointer, string>();
let calls = 0;
let failing = (_call: number): boolean => false;
let path: string;

beforeAll(async () => {
  path = await writeTinyModel(home, { seed: 3, layerCount: 1 });
  watch();
  await load();
  expect([...alive.values()]).toEqual([]);
});
afterEach(() => {
  failing = () => false;
});

function fail(): void {
  if (failing(++calls)) throw fault;
}

/** Counts what is made and released, and fails calls. */
function watch(): void {
  const { create, callAsync, release } = OrtApi.prototype;
  vi.spyOn(OrtApi.prototype, "create").mockImplementation(function (this: OrtApi, name: StatusName, ...args) {
    fail();
    const made = create.call(this, name, ...args);
    alive.set(made, name);
    return made;
  });
  vi.spyOn(OrtApi.prototype, "callAsync").mockImplementation(async function (this: OrtApi, name: StatusName, ...args) {
    fail();
    await callAsync.call(this, name, ...args);
    const out = args.at(-1);
    if (Array.isArray(out)) alive.set(out[0] as Pointer, name);
  });
  vi.spyOn(OrtApi.prototype, "release").mockImplementation(function (this: OrtApi, name, object) {
    alive.delete(object);
    release.call(this, name, object);
  });
}

async function load(options: LoadEngineOptions = {}): Promise<void> {
  calls = 0;
  const engine = await loadEngine(path, { home, threadCount: 1, ...options });
  await engine.close();
}

test("any call of the runtime that fails while an engine is loaded", async () => {
  await load();
  const count = calls;
  expect(count).toBeGreaterThan(20);
  for (let fatal = 1; fatal <= count; fatal++) {
    failing = (call) => call === fatal;
    await expect(load(), `call ${fatal}`).rejects.toBe(fault);
    expect([...alive.values()], `call ${fatal}`).toEqual([]);
  }
});

test("a listener of the load that throws at its end", async () => {
  await expect(load({ onProgress: ({ doneBytes }) => { if (doneBytes > 0) throw fault; } })).rejects.toBe(fault);
  expect([...alive.values()]).toEqual([]);
});

test("a device that is tried and fails, and any call of the runtime in the trials", async () => {
  vi.spyOn(Runtime, "open").mockImplementationOnce(async () => new Runtime()).mockRejectedValueOnce(fault);
  await expect(checkDevice("cpu")).rejects.toBe(fault);
  expect([...alive.values()]).toEqual([]);
  calls = 0;
  await checkDevice("cpu");
  const count = calls;
  for (let fatal = 1; fatal <= count; fatal += 17) {
    calls = 0;
    failing = (call) => call === fatal;
    // Trials go on where a graph for later passes cannot be opened.
    const [outcome] = await Promise.allSettled([checkDevice("cpu")]);
    if (outcome.status === "rejected") expect(outcome.reason).toBe(fault);
    expect([...alive.values()], `call ${fatal}`).toEqual([]);
  }
});

test("any tensor of a buffer that cannot be made", async () => {
  const { createBuffer } = Decoder.prototype;
  let decoder: Decoder | undefined;
  vi.spyOn(Decoder, "load").mockImplementationOnce(async (...args) => (decoder = await Decoder.load(...args)));
  const engine = await loadEngine(path, { home, threadCount: 1 });
  const before = alive.size;
  for (let fatal = 1; fatal <= 3; fatal++) {
    calls = 0;
    failing = (call) => call === fatal;
    expect(() => createBuffer.call(decoder as Decoder, 64)).toThrow(fault);
    expect(alive.size).toBe(before);
  }
  failing = () => false;
  await engine.close();
});
