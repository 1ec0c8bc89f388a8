// Decides what the next forward pass computes and runs one after another while requests ask: continuous batching.
import { setImmediate as afterMicrotasks } from "node:timers/promises";
import type { KvPool } from "../cache/kv-pool.js";
import type { DecoderConfig } from "../checkpoint/checkpoint.js";
import type { KvTree } from "../cache/kv-tree.js";
import { RuntimeError } from "../error/runtime-error.js";
import type { KeptRows } from "../cache/kept-rows.js";
import type { Pass } from "../forward/pass.js";
import type { EngineListener } from "../observation/log-event.js";
import type { AttentionPolicy } from "../forward/sparse/attention-policy.js";
import { LogitsRow } from "../sampler/logits-row.js";
import type { EngineSwitches } from "../switches.js";
import { AdmissionDesk } from "./admission.js";
import { PassPlanner, type PlannedPass } from "./pass-planner.js";
import { shareCost } from "./share-cost.js";
import { Sequence, type SequenceHost, type Work } from "./sequence.js";

export interface SchedulerOptions {
  pool: KvPool;
  /** [wanted, vocabulary] f32, overwritten by the next run. */
  run(pass: Pass): Promise<Float32Array>;
  config: DecoderConfig;
  attention: AttentionPolicy;
  switches: Pick<EngineSwitches, "sharing" | "packing">;
  emit: EngineListener;
}

export interface OpenRequest {
  prompt: readonly number[];
  /** Tokens that may follow the prompt. */
  reservedRows: number;
  /** What a file holds of the prompt. */
  kept?: KeptRows;
  signal?: AbortSignal;
}

interface Waiting {
  sequence: Sequence;
  /** Later arrivals that came in before it. */
  overtaken: number;
  admit(): void;
  refuse(reason: unknown): void;
}

/** Whoever branches off what is there comes in before others, but no more of them than this before the same one. */
const MOST_OVERTAKING = 32;

/**
 * Requests come in by order of arrival, but for those that need little beside what is there. Whoever is in asks for
 * tokens when its last ones have been answered; all that is asked for at a time shares a pass.
 */
export class Scheduler implements SequenceHost {
  readonly pool: KvPool;
  readonly #options: SchedulerOptions;
  readonly #desk: AdmissionDesk;
  readonly #planner: PassPlanner;
  readonly #open = new Set<Sequence>();
  #waiting: Waiting[] = [];
  #works: Work[] = [];
  #isRunning = false;
  /** Whether something has happened that the running loop has not looked at. */
  #isWoken = false;
  /** Whether anything has changed that lets requests in: to look for the prompts of many that wait takes longer than a pass of few tokens. */
  #mayAdmit = false;
  #arrivals = 0;
  #whenIdle: (() => void)[] = [];

  constructor(options: SchedulerOptions) {
    this.pool = options.pool;
    this.#options = options;
    this.#desk = new AdmissionDesk({ pool: options.pool, isSharing: options.switches.sharing });
    this.#planner = new PassPlanner({ pool: options.pool, attention: options.attention, isPacking: options.switches.packing });
  }

  /** Requests that have a place. */
  get openCount(): number {
    return this.#open.size - this.#waiting.length;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  /**
   * Waits for memory and a place; what other requests have computed of the prompt is part of the sequence.
   *
   * @throws The signal's reason, where it aborts before; the place in the queue is given up.
   * @throws RuntimeError where all memory together would not hold it.
   * @throws RangeError where the prompt has a token that the model lacks: the pass would fail for all who share it.
   */
  async open({ prompt, reservedRows, kept, signal }: OpenRequest): Promise<Sequence> {
    signal?.throwIfAborted();
    const { vocabularySize } = this.#options.config;
    const stray = prompt.findIndex((token) => !(Number.isInteger(token) && token >= 0 && token < vocabularySize));
    if (stray >= 0) throw new RangeError(`There is no token ${prompt[stray]}: the model has ${vocabularySize}, counted from 0.`);
    if (prompt.length + reservedRows > this.pool.budgetRows) throw noMemory();
    const sequence = new Sequence(this, { prompt, reservedRows, order: this.#arrivals++ });
    sequence.kept = kept;
    this.#open.add(sequence);
    return new Promise((resolve, reject) => {
      const refuse = (reason: unknown) => {
        reject(reason);
        sequence.release();
      };
      const onAbort = () => refuse(signal?.reason);
      signal?.addEventListener("abort", onAbort, { once: true });
      const settled = (settle: (value: unknown) => void) => (value?: unknown) => {
        signal?.removeEventListener("abort", onAbort);
        settle(value);
      };
      this.#mayAdmit = true;
      this.#waiting.push({ sequence, overtaken: 0, admit: settled(() => resolve(sequence)), refuse: settled(refuse) });
      this.#wake();
    });
  }

  submit(work: Work): void {
    work.sequence.isPending = true;
    this.#works.push(work);
    this.#wake();
  }

  adopt(sequence: Sequence, tree: KvTree): void {
    this.#open.add(sequence);
    this.pool.touch(tree);
  }

  release(sequence: Sequence): void {
    sequence.isPending = false;
    this.#mayAdmit = true;
    this.#open.delete(sequence);
    const waiting = this.#waiting.filter((each) => each.sequence === sequence);
    this.#waiting = this.#waiting.filter((each) => each.sequence !== sequence);
    for (const { refuse } of waiting) refuse(released());
    const left = this.#works.filter((work) => work.sequence === sequence);
    this.#works = this.#works.filter((work) => work.sequence !== sequence);
    for (const work of left) work.reject(released());
    this.#wake();
  }

  /** Resolves once no sequence is open and no pass runs. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#whenIdle.push(resolve);
      this.#wake();
    });
  }

  #wake(): void {
    this.#isWoken = true;
    if (this.#isRunning) return;
    this.#isRunning = true;
    void this.#loop();
  }

  async #loop(): Promise<void> {
    for (;;) {
      // Whoever has just been answered asks for more before the next pass is planned.
      await afterMicrotasks();
      this.#isWoken = false;
      this.pool.trim();
      if (this.#mayAdmit && this.#admit()) await afterMicrotasks();
      const planned = this.#plan();
      if (planned) await this.#run(planned);
      else if (!this.#isWoken) break;
    }
    this.#isRunning = false;
    if (this.#open.size > 0) return;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  /** Whatever is wrong with a plan fails the requests that wait for it, not those that come later. */
  #plan(): PlannedPass | undefined {
    try {
      return this.#planner.plan(this.#works, (work, reason) => {
        if (reason !== undefined || !this.#move(work)) this.#refuse(work, reason);
      });
    } catch (error) {
      for (const work of this.#works) this.#refuse(work, error);
      return undefined;
    }
  }

  /**
   * Where a tree on a device has no room left, gaps cannot be closed and its buffer cannot grow: the sequence waits for a
   * place in another one, and computes there what it had. Whether it may: a fork's parent would wait for it with its own place.
   */
  #move(work: Work): boolean {
    const { sequence, tokens } = work;
    const { tree, row, isFork } = sequence;
    const prompt = [...tree.tokens.path(row), ...tokens];
    const reservedRows = Math.max(0, sequence.reservedRows - tokens.length);
    if (tree.buffer.isHostVisible || isFork || prompt.length + reservedRows > this.pool.budgetRows) return false;
    this.#works = this.#works.filter((other) => other !== work);
    tree.leaves.delete(sequence);
    Object.assign(sequence, { prompt, reservedRows, isPending: false });
    this.#waiting.unshift({ sequence, overtaken: 0, admit: () => void this.#computeMoved(work), refuse: (reason) => work.reject(reason) });
    this.#mayAdmit = true;
    this.#wake();
    return true;
  }

  async #computeMoved({ sequence, tokens, wantedCount, resolve, reject }: Work): Promise<void> {
    const { prompt } = sequence;
    sequence.rewind(Math.min(sequence.length, prompt.length - wantedCount));
    try {
      for (let done = sequence.length; ; ) {
        const { count, rows } = await sequence.compute(prompt.slice(done), wantedCount);
        done += count;
        if (done === prompt.length) return resolve({ count: tokens.length, rows });
      }
    } catch (error) {
      reject(error);
    }
  }

  /** Whether anyone came in. */
  #admit(): boolean {
    this.#mayAdmit = false;
    const admitted = this.#admitBranches();
    for (const waiting of this.#waiting) {
      if (admitted.has(waiting)) continue;
      const admission = this.#ask(waiting, (desk) => desk.admit(waiting.sequence));
      if (admission === "admitted") admitted.add(waiting);
      if (admission === "full") break;
    }
    this.#waiting = this.#waiting.filter((waiting) => !admitted.has(waiting));
    for (const waiting of admitted) this.#letIn(waiting);
    return admitted.size > 0;
  }

  #letIn({ sequence, admit }: Waiting): void {
    if (!sequence.tree.isFilling) return admit();
    void this.#desk.fill(sequence).then(() => {
      admit();
      this.#mayAdmit = true;
      this.#wake();
    });
  }

  #admitBranches(): Set<Waiting> {
    const admitted = new Set<Waiting>();
    let oldest: Waiting | undefined;
    for (const waiting of this.#waiting) {
      if (oldest && oldest.overtaken >= MOST_OVERTAKING) break;
      if (this.#ask(waiting, (desk) => desk.admitBranch(waiting.sequence))) {
        admitted.add(waiting);
        if (oldest) oldest.overtaken++;
      } else oldest ??= waiting;
    }
    return admitted;
  }

  /** Memory that cannot be allocated fails the request that it is for, and no other. */
  #ask<Answer>(waiting: Waiting, question: (desk: AdmissionDesk) => Answer): Answer | undefined {
    try {
      return question(this.#desk);
    } catch (error) {
      waiting.refuse(error);
      return undefined;
    }
  }

  async #run(planned: PlannedPass): Promise<void> {
    const { pass, shares, starts } = planned;
    const works = new Set(shares.map(({ work }) => work));
    this.#works = this.#works.filter((work) => !works.has(work));
    // What is read of a prompt may be what others wait for.
    if (shares.some(({ work: { sequence }, count }) => sequence.length - count < sequence.prompt.length)) this.#mayAdmit = true;
    try {
      const logits = pass.slots.length > 0 ? await this.#compute(pass) : new Float32Array();
      const { vocabularySize } = this.#options.config;
      shareCost(planned, this.#options.config);
      const rows = pass.wanted.map((_, index) => new LogitsRow(logits.subarray(index * vocabularySize, (index + 1) * vocabularySize)));
      for (const { work, count, wanted } of shares) {
        work.sequence.companions = shares.length;
        work.sequence.isPending = false;
        work.resolve({ count, rows: wanted.map((index) => rows[index]) });
      }
    } catch (error) {
      for (const { work, before } of shares) {
        Object.assign(work.sequence, before);
        work.sequence.isPending = false;
        work.reject(error);
      }
      for (const [tree, start] of starts) tree.cutBack(start);
    }
  }

  async #compute(pass: Pass): Promise<Float32Array> {
    const started = performance.now();
    const logits = await this.#options.run(pass);
    const rows = pass.slots.reduce((sum, { tokens }) => sum + tokens.length, 0);
    this.#options.emit({ type: "pass-end", slots: pass.slots.length, rows, ms: performance.now() - started });
    return logits;
  }

  #refuse(work: Work, reason: unknown = noMemory()): void {
    this.#works = this.#works.filter((other) => other !== work);
    work.sequence.isPending = false;
    work.reject(reason);
    // Others may find room now.
    this.#wake();
  }
}

function released(): RangeError {
  return new RangeError("the sequence was released");
}

function noMemory(): RuntimeError {
  return new RuntimeError("There is no memory left for this request's tokens.", { hint: "Allow more memory, or fewer requests at a time." });
}
