// What one request holds while it is answered: its sequence, the logits that come next, its sampler, its counts. `engine.ts` runs it.
import type { Drafter } from "../draft/drafter.js";
import { MAX_WANTED } from "../forward/pass.js";
import type { EngineEvent, EngineRequest, EngineUsage } from "../request.js";
import { LogitsRow } from "../sampler/logits-row.js";
import { Sampler } from "../sampler/sampler.js";
import type { Computed, Sequence } from "../scheduler/sequence.js";
import type { EngineSwitches } from "../switches.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";

/** Tokens of one way to go on whose logits are wanted of one pass: what passes give is bounded. */
const MOST_EXPLORED = MAX_WANTED / 2;

export interface GenerationParts {
  request: EngineRequest;
  sequence: Sequence;
  tokenizer: Tokenizer;
  switches: Pick<EngineSwitches, "forced">;
  /** Where tokens are tried ahead. */
  drafter: Drafter | undefined;
  queueMs: number;
}

export class Generation {
  readonly request: EngineRequest;
  readonly tokenizer: Tokenizer;
  readonly sampler: Sampler;
  readonly switches: GenerationParts["switches"];
  readonly drafter: Drafter | undefined;
  readonly usage: EngineUsage;
  readonly #sequence: Sequence;
  #logits = new LogitsRow(new Float32Array());

  constructor({ request, sequence, tokenizer, switches, drafter, queueMs }: GenerationParts) {
    this.request = request;
    this.tokenizer = tokenizer;
    this.sampler = new Sampler(request.sampling);
    this.switches = switches;
    this.drafter = drafter;
    this.#sequence = sequence;
    this.usage = {
      promptTokens: request.prompt.length,
      cachedTokens: 0,
      thinkingTokens: 0,
      outputTokens: 0,
      forcedTokens: 0,
      draftedTokens: 0,
      acceptedTokens: 0,
      passes: 0,
      flops: sequence.cost.flops,
      queueMs,
      prefillMs: 0,
      decodeMs: 0,
      maskMs: 0,
    };
  }

  /** Of the token that comes next; they last until the next pass. */
  get logits(): LogitsRow {
    return this.#logits;
  }

  /** Tokens of the path: prompt and reply so far. */
  get position(): number {
    return this.#sequence.length;
  }

  /** Requests in the last pass, this one included. */
  get companions(): number {
    return this.#sequence.companions;
  }

  /** Computes what is not there of the prompt. The last token is always computed: its logits are wanted. */
  async *prefill(): AsyncGenerator<EngineEvent, void> {
    const { prompt } = this.request;
    for (let done = this.position; done < prompt.length; ) {
      const { count, rows } = await this.#readPrompt(prompt.slice(done));
      done += count;
      if (rows.length > 0) this.#logits = rows[0];
      yield { type: "prefill-progress", doneTokens: done, totalTokens: prompt.length };
    }
    // Where it had to move to another tree, some were computed twice.
    this.usage.cachedTokens = Math.max(0, prompt.length - this.#sequence.computedTokens);
  }

  async #readPrompt(tokens: readonly number[]): Promise<Computed> {
    const started = performance.now();
    try {
      return await this.#compute(this.#sequence, tokens, 1);
    } finally {
      this.usage.prefillMs += performance.now() - started;
      this.#countPasses();
    }
  }

  /**
   * Commits tokens. The logits are then those after the last one.
   *
   * @returns The logits after each of the last `wantedCount` tokens.
   */
  async append(tokens: readonly number[], wantedCount = 1): Promise<readonly LogitsRow[]> {
    const started = performance.now();
    let rows: readonly LogitsRow[] = [];
    for (let done = 0; done < tokens.length; ) {
      const computed = await this.#compute(this.#sequence, tokens.slice(done), wantedCount);
      done += computed.count;
      ({ rows } = computed);
    }
    this.#logits = rows[rows.length - 1];
    this.usage.decodeMs += performance.now() - started;
    this.#countPasses();
    return rows;
  }

  /** The logits after each token of several ways to go on, in one pass if passes are shared; they stay. No way is committed. */
  async explore(paths: readonly (readonly number[])[]): Promise<readonly (readonly LogitsRow[])[]> {
    const started = performance.now();
    const forks = paths.map((path) => this.#sequence.fork(path.length));
    try {
      return await Promise.all(
        forks.map(async (fork, index) => {
          const rows: LogitsRow[] = [];
          while (rows.length < paths[index].length) {
            const part = paths[index].slice(rows.length, rows.length + MOST_EXPLORED);
            const computed = await this.#compute(fork, part, part.length);
            rows.push(...computed.rows.map((row) => row.keep()));
          }
          // Where memory is short, the next one needs its place.
          fork.release();
          return rows;
        }),
      );
    } finally {
      for (const fork of forks) fork.release();
      this.usage.decodeMs += performance.now() - started;
      this.#countPasses();
    }
  }

  /** Runs a step of the grammar on the clock of `maskMs`. */
  timeMask<Value>(step: () => Value): Value {
    const started = performance.now();
    const value = step();
    const elapsedMs = performance.now() - started;
    this.usage.maskMs += elapsedMs;
    this.usage.decodeMs += elapsedMs;
    return value;
  }

  /** Takes tokens back; the logits are stale until the next `append`. */
  rewind(position: number): void {
    this.#sequence.rewind(position);
  }

  isEnd(token: number): boolean {
    return this.tokenizer.endTokens.includes(token);
  }

  #countPasses(): void {
    this.usage.passes = this.#sequence.cost.passes;
  }

  #compute(sequence: Sequence, tokens: readonly number[], wantedCount: number): Promise<Computed> {
    const { signal } = this.request;
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    return untilAborted(sequence.compute(tokens, wantedCount), signal);
  }
}

/** A request that is aborted does not wait for the pass under way. */
function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal | undefined): Promise<Value> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
