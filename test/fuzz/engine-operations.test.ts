// Ten thousand random operations on one engine with little memory: whatever comes, its books add up and replies are those of a plain engine.
import { getEventListeners } from "node:events";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { KvBuffer } from "../../engine/cache/kv-buffer.js";
import { KvPool } from "../../engine/cache/kv-pool.js";
import { KvTree } from "../../engine/cache/kv-tree.js";
import type { Engine } from "../../engine/engine.js";
import { Decoder } from "../../engine/forward/decoder.js";
import { loadEngine } from "../../engine/load-engine.js";
import type { EngineRequest, EngineResult } from "../../engine/request.js";
import { createRandom } from "../../engine/sampler/random.js";
import { ask } from "../fixtures/engine/ask.js";
import { randomRequests, type RandomRequests } from "../fixtures/engine/random-requests.js";
import { temporaryFolder } from "../fixtures/engine/temporary-folder.js";
import { jsonMetadata, writeTinyModel } from "../fixtures/engine/tiny-model.js";

const OPERATIONS = 10_000;
const MOST_CLIENTS = 30;
const COMPARED = 150;
const reason = new Error("enough");
const home = await temporaryFolder();
const load = (change = {}): Promise<Engine> => loadEngine(path, { home, threadCount: 1, ...change });
const trims = vi.spyOn(KvPool.prototype, "trim");
const evictions = vi.spyOn(KvPool.prototype, "evict");
const compactions = vi.spyOn(KvTree.prototype, "compact");
const allocations = vi.spyOn(Decoder.prototype, "createBuffer");
const releases = vi.spyOn(KvBuffer.prototype, "release");
const growths = { count: 0 };
const fault = new Error("the pass failed");
const faults = { count: 0, random: (): number => 1 };
let path: string;
let engine: Engine;
let plain: Engine;

beforeAll(async () => {
  watchGrowth();
  injectFaults();
  path = await writeTinyModel(home, { seed: 61, contextLength: 1024, layerCount: 1, tokenizer: jsonMetadata() });
  // Forced text may be cut into other tokens than the model would choose: it is forced here and there.
  plain = await load({ switches: { sharing: false, packing: false, drafts: false } });
  engine = await load();
});
afterAll(() => plain.close());

function watchGrowth(): void {
  const { ensureRows } = KvPool.prototype;
  vi.spyOn(KvPool.prototype, "ensureRows").mockImplementation(function (this: KvPool, tree, rows) {
    const { buffer } = tree;
    const isThere = ensureRows.call(this, tree, rows);
    if (tree.buffer !== buffer) growths.count++;
    return isThere;
  });
}

/** One pass of fifty fails, before it has computed anything or afterwards, where `faults.random` gives numbers below 1. */
function injectFaults(): void {
  const { run } = Decoder.prototype;
  vi.spyOn(Decoder.prototype, "run").mockImplementation(async function (this: Decoder, pass) {
    const chance = faults.random();
    if (chance < 0.01) throw fault;
    const logits = await run.call(this, pass);
    if (chance < 0.02) throw fault;
    return logits;
  });
}

/** What the reader of a reply does. */
type Habit = { type: "read" } | { type: "leave" | "stall"; afterEvents: number };

type Phase = "waiting" | "prefill" | "writing";

class Client {
  readonly #controller = new AbortController();
  readonly #events: ReturnType<Engine["generate"]>;
  readonly done: Promise<void>;
  isStalled = false;
  isDone = false;
  /** How far it has come. */
  phase: Phase = "waiting";
  result: EngineResult | undefined;
  error: unknown;
  #resume: (comesBack: boolean) => void = () => undefined;

  constructor(readonly request: EngineRequest, readonly habit: Habit) {
    this.#events = engine.generate({ ...request, signal: this.#controller.signal });
    this.done = this.#run();
  }

  get listenerCount(): number {
    return getEventListeners(this.#controller.signal, "abort").length;
  }

  abort(comesBack: boolean): void {
    this.#controller.abort(reason);
    this.#resume(comesBack);
  }

  resume(): void {
    this.#resume(true);
  }

  async #run(): Promise<void> {
    try {
      await this.#read(this.habit);
    } catch (error) {
      this.error = error;
    }
    this.isDone = true;
    this.isStalled = false;
  }

  async #read(habit: Habit): Promise<void> {
    for (let events = 0; ; events++) {
      if (habit.type !== "read" && events === habit.afterEvents) {
        if (habit.type === "leave") await this.#events.return();
        else if (!(await this.#stall())) return;
      }
      const { value, done } = await this.#events.next();
      if (done) return;
      this.phase = value.type === "prefill-progress" ? "prefill" : "writing";
      if (value.type === "finish") this.result = value.result;
    }
  }

  /** Whether it comes back. */
  #stall(): Promise<boolean> {
    this.isStalled = true;
    return new Promise((resolve) => {
      this.#resume = (comesBack) => {
        this.isStalled = false;
        resolve(comesBack);
      };
    });
  }
}

class Driver {
  readonly #random: () => number;
  readonly #requests: RandomRequests;
  readonly counts = { submit: 0, abort: 0, resume: 0 };
  readonly aborted: Record<Phase | "stalled", number> = { waiting: 0, prefill: 0, writing: 0, stalled: 0 };
  readonly gone: Client[] = [];
  clients: Client[] = [];
  mostWaiting = 0;

  constructor(seed: number) {
    this.#random = createRandom(seed);
    this.#requests = randomRequests(engine.tokenizer, createRandom(seed + 1));
  }

  #below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  #pick<Item>(items: readonly Item[]): Item | undefined {
    return items[this.#below(items.length)];
  }

  submit(): void {
    const kind = this.#random();
    const afterEvents = 1 + this.#below(6);
    const habit: Habit = kind < 0.7 ? { type: "read" } : { type: kind < 0.8 ? "leave" : "stall", afterEvents };
    this.clients.push(new Client(this.#requests.next(), habit));
    this.counts.submit++;
  }

  abort(): void {
    const within = this.clients.filter(({ isStalled, phase }) => isStalled || phase !== "waiting");
    const client = this.#pick(within.length > 0 && this.#random() < 0.7 ? within : this.clients);
    if (!client) return;
    this.counts.abort++;
    this.aborted[client.isStalled ? "stalled" : client.phase]++;
    client.abort(this.#random() < 0.5);
  }

  resume(): void {
    const client = this.#pick(this.clients.filter(({ isStalled }) => isStalled));
    if (!client) return;
    this.counts.resume++;
    client.resume();
  }

  /** How many of them there were; those that leave early do so on their own. */
  get operations(): number {
    const { submit, abort, resume } = this.counts;
    return submit + abort + resume + this.gone.filter(({ habit }) => habit.type === "leave").length;
  }

  async operate(): Promise<void> {
    const kind = this.#random();
    if (kind < 0.5 && this.clients.length < MOST_CLIENTS) this.submit();
    else if (kind > 0.94) this.abort();
    else if (kind > 0.8) this.resume();
    else await this.#wait();
    this.#settle();
  }

  /** Some turns of the event loop: passes begin and end in them. */
  async #wait(): Promise<void> {
    this.mostWaiting = Math.max(this.mostWaiting, engine.stats().requests.waiting);
    for (let turns = this.#below(12); turns >= 0; turns--) await nextTurn();
  }

  #settle(): void {
    this.gone.push(...this.clients.filter(({ isDone }) => isDone));
    this.clients = this.clients.filter(({ isDone }) => !isDone);
  }

  /** Nobody stalls any more. */
  async finish(): Promise<void> {
    while (this.clients.length > 0) {
      for (const client of this.clients) if (client.isStalled) client.resume();
      await nextTurn();
      this.#settle();
    }
  }

  /** Replies of clients that read to the end, spread over the whole run. */
  finished(most: number): Client[] {
    const all = this.gone.filter(({ result }) => result !== undefined);
    return all.filter((_, index) => index % Math.ceil(all.length / most) === 0);
  }
}

function checkPools(): void {
  for (const pool of new Set(trims.mock.contexts as KvPool[])) pool.checkIntegrity();
}

function errorsOf(clients: readonly Client[]): unknown[] {
  return clients.flatMap(({ error }) => (error === undefined || error === reason ? [] : [error]));
}

const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-3;

/** Whether two replies are the same but for rounding; tokens of equal probability may change places where sampling is greedy. */
function isSame(one: EngineResult, other: EngineResult): boolean {
  const parted = one.tokens.findIndex(({ id }, i) => id !== other.tokens[i]?.id);
  if (parted >= 0) return other.tokens.length > parted && one.thinking === other.thinking && near(one.tokens[parted].logprob, other.tokens[parted].logprob);
  const isEqual = one.text === other.text && one.thinking === other.thinking && one.finishReason === other.finishReason && one.tokens.length === other.tokens.length;
  return isEqual && one.tokens.every(({ logprob }, i) => near(logprob, other.tokens[i].logprob)) && (one.probabilities ?? []).every((p, i) => near(p, other.probabilities?.[i] ?? Number.NaN));
}

/** What the operations are meant to bring about did come about, more than once. */
function expectEverythingHappened({ aborted, counts, mostWaiting, gone }: Driver): void {
  for (const count of [...Object.values(aborted), ...Object.values(counts)]) expect(count).toBeGreaterThan(10);
  expect(gone.filter(({ habit, result }) => habit.type === "leave" && !result).length).toBeGreaterThan(100);
  expect(mostWaiting).toBeGreaterThan(10);
  const { tokens, passes, slots } = engine.stats();
  expect(slots).toBeGreaterThan(1.5 * passes);
  expect(tokens.reused).toBeGreaterThan(tokens.prefilled);
  expect(Math.min(tokens.forced, tokens.drafted, tokens.accepted)).toBeGreaterThan(50);
  expect(evictions.mock.calls.length).toBeGreaterThan(100);
  expect(compactions.mock.calls.length).toBeGreaterThan(10);
  expect(growths.count).toBeGreaterThan(50);
}

async function operate(driver: Driver, operations: number): Promise<void> {
  for (let step = 1; driver.operations < operations; step++) {
    await driver.operate();
    if (step % 250 === 0) checkPools();
    if (step % 5000 === 0) {
      await driver.finish();
      expect(engine.stats().requests).toMatchObject({ open: 0, waiting: 0 });
    }
  }
  await driver.finish();
  checkPools();
  expect(engine.stats()).toMatchObject({ requests: { open: 0, waiting: 0 }, memory: { activeTrees: 0 } });
  expect(driver.gone.filter(({ listenerCount }) => listenerCount > 0)).toEqual([]);
}

async function expectPlainReplies(driver: Driver): Promise<void> {
  const parted: EngineResult[][] = [];
  for (const client of driver.finished(COMPARED)) {
    const { result } = await ask(plain, client.request);
    if (!isSame(client.result as EngineResult, result)) parted.push([client.result as EngineResult, result]);
  }
  expect(parted).toEqual([]);
}

test("10,000 operations", { timeout: 120_000 }, async () => {
  const driver = new Driver(7);
  await operate(driver, OPERATIONS);
  const { gone } = driver;
  expect(errorsOf(gone)).toEqual([]);
  const finished = gone.filter(({ result }) => result).length;
  const { requests } = engine.stats();
  // Some readers leave a reply that is finished before they have read it.
  expect(requests.finished).toBeGreaterThanOrEqual(finished);
  expect(requests).toMatchObject({ aborted: gone.length - requests.finished, failed: 0, open: 0, waiting: 0 });
  expectEverythingHappened(driver);
  await expectPlainReplies(driver);
});

test("passes that fail now and then end only the requests that they compute for", { timeout: 120_000 }, async () => {
  const random = createRandom(3);
  faults.random = () => {
    const chance = random();
    if (chance < 0.02) faults.count++;
    return chance;
  };
  const driver = new Driver(11);
  await operate(driver, OPERATIONS / 5);
  faults.random = () => 1;
  const errors = errorsOf(driver.gone);
  expect(faults.count).toBeGreaterThan(5);
  expect(errors.length).toBeGreaterThan(faults.count / 2);
  expect(errors.filter((error) => error !== fault)).toEqual([]);
  const unread = driver.gone.filter(({ result, error }) => !result && error !== fault).length;
  const { failed } = engine.stats().requests;
  expect(failed).toBeGreaterThanOrEqual(errors.length);
  expect(failed).toBeLessThanOrEqual(errors.length + unread);
  await expectPlainReplies(driver);
});

test("closing ends those inside and those that wait, and all is given back", async () => {
  const driver = new Driver(9);
  for (let i = 0; i < MOST_CLIENTS; i++) driver.submit();
  while (engine.stats().requests.open === 0) await nextTurn();
  await engine.close();
  await driver.finish();
  const errors = errorsOf(driver.gone);
  expect(errors.length).toBeGreaterThan(0);
  for (const error of errors) expect(error).toMatchObject({ code: "ENGINE_CLOSED" });
  expect(driver.gone.filter(({ result }) => result)).toEqual([]);
  expect(engine.stats()).toMatchObject({ requests: { open: 0, waiting: 0 }, memory: { kvBytes: 0, activeTrees: 0, idleTrees: 0 } });
  await plain.close();
  expect(releases.mock.calls.length).toBe(allocations.mock.calls.length);
});
