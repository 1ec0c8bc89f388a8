// The in-process engine: one request after another through prefill, thinking and reply. `load-engine.ts` makes one.
import type { DecoderConfig } from "./checkpoint/checkpoint.js";
import type { PromptAdvice } from "./checkpoint/prompt-advice.js";
import type { Decoder } from "./decoder.js";
import { EngineClosedError } from "./error/engine-closed-error.js";
import { PromptTooLongError } from "./error/prompt-too-long-error.js";
import { choose, longestOptionTokens } from "./generation/choose.js";
import { Generation } from "./generation/generation.js";
import { openReply } from "./generation/reply-prefix.js";
import { think, thinkingTokens } from "./generation/think.js";
import { write, type WrittenReply } from "./generation/write.js";
import { createVocabulary } from "./grammar/mask/vocabulary.js";
import { GrammarCache } from "./grammar-cache.js";
import type { Runtime } from "./ort/runtime.js";
import type { EngineEvent, EngineRequest, EngineResult } from "./request.js";
import { RequestQueue } from "./scheduler/request-queue.js";
import type { Tokenizer } from "./tokenizer/tokenizer.js";

export interface EngineParts {
  runtime: Runtime;
  decoder: Decoder;
  tokenizer: Tokenizer;
  advice: PromptAdvice;
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
  readonly #queue = new RequestQueue();
  readonly #grammars: GrammarCache;
  #closing: Promise<void> | undefined;

  constructor({ runtime, decoder, tokenizer, advice }: EngineParts) {
    this.tokenizer = tokenizer;
    this.config = decoder.config;
    this.advice = advice;
    this.contextLength = decoder.cache.capacity;
    this.#decoder = decoder;
    this.#runtime = runtime;
    this.#grammars = new GrammarCache(createVocabulary(tokenizer.tokenBytes, tokenizer.endTokens));
  }

  /**
   * Answers one request. Calls made at the same time wait for each other, first come first served.
   * Leaving the loop early, or aborting the signal, stops within one step and frees the engine.
   *
   * @throws PromptTooLongError where prompt and reply do not fit the context.
   * @throws UnsupportedSchemaError where the schema has a keyword, or the pattern a construct, that cannot be enforced.
   * @throws ReplyPrefixError where the beginning that the reply is given does not fit.
   * @throws EngineClosedError after `close`.
   * @throws The signal's reason when aborted.
   */
  async *generate(request: EngineRequest): AsyncGenerator<EngineEvent, void> {
    if (this.#closing) throw new EngineClosedError();
    const { format } = request;
    const grammar = this.#grammars.grammar(format);
    const prefix = (format.type === "json" && format.prefix) || { text: "", banned: [] };
    const opened = grammar && openReply(grammar, prefix, this.tokenizer);
    this.#check(request, opened?.tokens.length ?? 0);
    const queued = performance.now();
    const leave = await this.#queue.enter(request.signal);
    try {
      if (this.#closing) throw new EngineClosedError();
      const generation = new Generation({ ...request, prompt: [...request.prompt, ...(opened?.tokens ?? [])] }, this.#decoder, this.tokenizer, performance.now() - queued);
      yield* generation.prefill();
      const thinking = request.thinking ? yield* think(generation, request.thinking) : "";
      const reply = request.format.type === "choice" ? await chooseReply(generation) : yield* write(generation, opened);
      const result: EngineResult = { ...reply, thinking, warnings: grammar?.warnings ?? [], usage: generation.usage };
      yield { type: "finish", result };
    } finally {
      leave();
    }
  }

  /** Waits for the requests under way, then gives back all memory. Later requests throw. */
  close(): Promise<void> {
    this.#closing ??= this.#free();
    return this.#closing;
  }

  async #free(): Promise<void> {
    const leave = await this.#queue.enter();
    this.#decoder.close();
    this.#runtime.close();
    leave();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #check({ prompt, format, thinking, maxTokens }: EngineRequest, givenTokens: number): void {
    if (prompt.length === 0) throw new RangeError("a prompt has at least one token");
    if (format.type === "choice" && (format.options.length === 0 || format.options.includes(""))) {
      throw new RangeError("a choice has at least one option, and none is empty");
    }
    if (thinking && format.type === "json" && format.prefix) throw new RangeError("a reply that is given its beginning does not think");
    const written = format.type === "choice" ? longestOptionTokens(format.options, this.tokenizer) : maxTokens;
    const replyTokens = written + (thinking ? thinkingTokens(thinking, this.tokenizer) : 0);
    const promptTokens = prompt.length + givenTokens;
    if (promptTokens + replyTokens > this.contextLength) {
      throw new PromptTooLongError({ promptTokens, replyTokens, contextLength: this.contextLength });
    }
  }
}

async function chooseReply(generation: Generation): Promise<WrittenReply & { probabilities: number[] }> {
  const { index, probabilities, logprob } = await choose(generation);
  const text = generation.request.format.type === "choice" ? generation.request.format.options[index] : "";
  const tokens = generation.tokenizer.encode(text);
  generation.usage.outputTokens = tokens.length;
  return { text, tokens: [{ id: tokens[0], start: 0, end: text.length, logprob, isForced: false }], probabilities, verbatim: [], finishReason: "stop" };
}
