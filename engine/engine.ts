// The in-process engine: requests through prefill, thinking and reply, sharing passes. `load-engine.ts` makes one.
import { KvPool } from "./cache/kv-pool.js";
import type { DecoderConfig } from "./checkpoint/checkpoint.js";
import type { PromptAdvice } from "./checkpoint/prompt-advice.js";
import { EngineClosedError } from "./error/engine-closed-error.js";
import { PromptTooLongError } from "./error/prompt-too-long-error.js";
import type { Decoder } from "./forward/decoder.js";
import { choose, longestOptionTokens, openChoice, type OpenedChoice } from "./generation/choose.js";
import { Generation } from "./generation/generation.js";
import { openReply, type OpenedReply } from "./generation/reply-prefix.js";
import { think, thinkingTokens } from "./generation/think.js";
import { write, type WrittenReply } from "./generation/write.js";
import type { Grammar } from "./grammar/matcher.js";
import { createVocabulary } from "./grammar/mask/vocabulary.js";
import { GrammarCache } from "./grammar-cache.js";
import type { Runtime } from "./ort/runtime.js";
import type { EngineEvent, EngineRequest, EngineResult, OutputFormat } from "./request.js";
import { Scheduler, type SchedulerStats } from "./scheduler/scheduler.js";
import type { EngineSwitches } from "./switches.js";
import type { Tokenizer } from "./tokenizer/tokenizer.js";

export interface EngineParts {
  runtime: Runtime;
  decoder: Decoder;
  tokenizer: Tokenizer;
  advice: PromptAdvice;
  contextLength: number;
  switches: EngineSwitches;
}

export class Engine implements AsyncDisposable {
  readonly tokenizer: Tokenizer;
  readonly config: DecoderConfig;
  /** How the loaded file's family wants to be asked. */
  readonly advice: PromptAdvice;
  /** Tokens of prompt and reply together. */
  readonly contextLength: number;
  readonly #decoder: Decoder;
  readonly #runtime: Runtime;
  readonly #scheduler: Scheduler;
  readonly #switches: EngineSwitches;
  readonly #grammars: GrammarCache;
  #closing: Promise<void> | undefined;

  constructor({ runtime, decoder, tokenizer, advice, contextLength, switches }: EngineParts) {
    this.tokenizer = tokenizer;
    this.config = decoder.config;
    this.advice = advice;
    this.contextLength = contextLength;
    this.#decoder = decoder;
    this.#runtime = runtime;
    this.#switches = switches;
    this.#scheduler = new Scheduler({
      pool: new KvPool({ budgetRows: contextLength, createBuffer: (capacity) => decoder.createBuffer(capacity) }),
      run: (pass) => decoder.run(pass),
      vocabularySize: decoder.config.vocabularySize,
      switches,
    });
    this.#grammars = new GrammarCache(createVocabulary(tokenizer.tokenBytes, tokenizer.endTokens));
  }

  /**
   * Answers one request. Calls made at the same time share forward passes, and what their prompts have in common; they
   * are let in first come first served, as memory allows. Leaving the loop early, or aborting the signal, frees its place at once.
   *
   * @throws PromptTooLongError where prompt and reply do not fit the context.
   * @throws UnsupportedSchemaError where the schema has a keyword, or the pattern a construct, that cannot be enforced.
   * @throws ReplyPrefixError where the beginning that the reply is given does not fit.
   * @throws EngineClosedError after `close`.
   * @throws The signal's reason when aborted.
   */
  async *generate(request: EngineRequest): AsyncGenerator<EngineEvent, void> {
    if (this.#closing) throw new EngineClosedError();
    const { grammar, opened, choice } = this.#open(request.format);
    const prompt = [...request.prompt, ...(opened?.tokens ?? choice?.given ?? [])];
    const replyTokens = this.#replyTokens(request, choice);
    this.#check(request, prompt.length, replyTokens);
    const queued = performance.now();
    const sequence = await this.#scheduler.open({ prompt, reservedRows: replyTokens, signal: request.signal });
    try {
      if (this.#closing) throw new EngineClosedError();
      const generation = new Generation({ request: { ...request, prompt }, sequence, tokenizer: this.tokenizer, switches: this.#switches, queueMs: performance.now() - queued });
      yield* generation.prefill();
      const thinking = request.thinking ? yield* think(generation, request.thinking) : "";
      const reply = choice ? await chooseReply(generation, choice) : yield* write(generation, opened);
      const result: EngineResult = { ...reply, thinking, warnings: grammar?.warnings ?? [], usage: generation.usage };
      yield { type: "finish", result };
    } finally {
      sequence.release();
    }
  }

  stats(): SchedulerStats {
    return this.#scheduler.stats;
  }

  /** Waits for the requests under way, then gives back all memory. Later requests throw. */
  close(): Promise<void> {
    this.#closing ??= this.#free();
    return this.#closing;
  }

  async #free(): Promise<void> {
    await this.#scheduler.idle();
    this.#scheduler.pool.close();
    await this.#decoder.close();
    this.#runtime.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #open(format: OutputFormat): { grammar?: Grammar; opened?: OpenedReply; choice?: OpenedChoice } {
    if (format.type === "choice") {
      if (format.options.length === 0 || format.options.includes("")) throw new RangeError("a choice has at least one option, and none is empty");
      return { choice: openChoice(format, this.tokenizer) };
    }
    const grammar = this.#grammars.grammar(format);
    if (!grammar) return {};
    const prefix = (format.type === "json" && format.prefix) || { text: "", banned: [] };
    return { grammar, opened: openReply(grammar, prefix, this.tokenizer) };
  }

  /** Tokens that may follow the prompt. */
  #replyTokens({ thinking, maxTokens }: EngineRequest, choice: OpenedChoice | undefined): number {
    return (choice ? longestOptionTokens(choice) : maxTokens) + (thinking ? thinkingTokens(thinking, this.tokenizer) : 0);
  }

  #check({ format, thinking }: EngineRequest, promptTokens: number, replyTokens: number): void {
    if (promptTokens === 0) throw new RangeError("a prompt has at least one token");
    if (thinking && format.type === "json" && format.prefix) throw new RangeError("a reply that is given its beginning does not think");
    if (promptTokens + replyTokens > this.contextLength) {
      throw new PromptTooLongError({ promptTokens, replyTokens, contextLength: this.contextLength });
    }
  }
}

async function chooseReply(generation: Generation, opened: OpenedChoice): Promise<WrittenReply & { probabilities: number[] }> {
  const { index, probabilities, logprob } = await choose(generation, opened);
  const text = generation.request.format.type === "choice" ? generation.request.format.options[index] : "";
  const tokens = generation.tokenizer.encode(text);
  generation.usage.outputTokens = tokens.length;
  return { text, tokens: [{ id: tokens[0], start: 0, end: text.length, logprob, isForced: false }], probabilities, verbatim: [], finishReason: "stop" };
}
