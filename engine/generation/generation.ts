// The state of one request on its way through the engine: prompt computed, logits at hand, what has been counted.
import type { Decoder } from "../decoder.js";
import type { EngineEvent, EngineRequest, EngineUsage } from "../request.js";
import { Sampler } from "../sampler/sampler.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";

/** Tokens of a prompt computed in one pass: large enough for full speed, small enough to stop within a second or two. */
const PREFILL_CHUNK_TOKENS = 256;

export class Generation {
  readonly request: EngineRequest;
  readonly tokenizer: Tokenizer;
  readonly sampler: Sampler;
  readonly usage: EngineUsage;
  readonly #decoder: Decoder;
  /** [1, vocabulary] f32: of the token that comes next. */
  #logits: Float32Array = new Float32Array();

  constructor(request: EngineRequest, decoder: Decoder, tokenizer: Tokenizer, queueMs: number) {
    this.request = request;
    this.tokenizer = tokenizer;
    this.sampler = new Sampler(request.sampling);
    this.#decoder = decoder;
    this.usage = {
      promptTokens: request.prompt.length,
      cachedTokens: 0,
      thinkingTokens: 0,
      outputTokens: 0,
      forcedTokens: 0,
      draftedTokens: 0,
      acceptedTokens: 0,
      passes: 0,
      flops: { computed: 0, skipped: 0 },
      queueMs,
      prefillMs: 0,
      decodeMs: 0,
      maskMs: 0,
    };
  }

  get logits(): Float32Array {
    return this.#logits;
  }

  /** Tokens in the cache: prompt and reply so far. */
  get position(): number {
    return this.#decoder.cache.length;
  }

  /** Computes the prompt, but for the prefix that the cache holds. The last token is always computed: its logits are wanted. */
  async *prefill(): AsyncGenerator<EngineEvent, void> {
    const { prompt } = this.request;
    const started = performance.now();
    const reused = Math.min(this.#decoder.cache.commonPrefix(prompt), prompt.length - 1);
    this.#decoder.cache.truncate(reused);
    this.usage.cachedTokens = reused;
    for (let done = reused; done < prompt.length; ) {
      const chunk = prompt.slice(done, done + PREFILL_CHUNK_TOKENS);
      await this.#forward(chunk);
      done += chunk.length;
      yield { type: "prefill-progress", doneTokens: done, totalTokens: prompt.length };
    }
    this.usage.prefillMs = performance.now() - started;
  }

  /** Commits tokens: the logits are then those after the last one. */
  async append(tokens: readonly number[]): Promise<void> {
    const started = performance.now();
    await this.#forward(tokens);
    this.usage.decodeMs += performance.now() - started;
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
    this.#decoder.cache.truncate(position);
  }

  isEnd(token: number): boolean {
    return this.tokenizer.endTokens.includes(token);
  }

  async #forward(tokens: readonly number[]): Promise<void> {
    this.request.signal?.throwIfAborted();
    this.#logits = await this.#decoder.forward(tokens);
    this.request.signal?.throwIfAborted();
  }
}
