// The in-process engine: requests through prefill, thinking and reply, sharing passes. `load-engine.ts` makes one.
import { SHORTEST_SHARED_TOKENS } from "./cache/kept-rows.js";
import { kvRowBytes } from "./cache/kv-buffer.js";
import { KvPool } from "./cache/kv-pool.js";
import type { KeptPrefix, PrefixStore } from "./cache/prefix-store.js";
import type { DecoderConfig } from "./checkpoint/checkpoint.js";
import type { PromptAdvice } from "./checkpoint/prompt-advice.js";
import { Drafts } from "./draft/drafts.js";
import { EngineClosedError } from "./error/engine-closed-error.js";
import { PromptTooLongError } from "./error/prompt-too-long-error.js";
import { RuntimeError } from "./error/runtime-error.js";
import type { AttentionPolicy } from "./forward/sparse/attention-policy.js";
import type { Decoder } from "./forward/decoder.js";
import { choose, longestOptionTokens, openChoice, type OpenedChoice } from "./generation/choose.js";
import { Generation } from "./generation/generation.js";
import { RequestSignals } from "./generation/request-signals.js";
import { runAhead } from "./generation/run-ahead.js";
import { openReply, type OpenedReply } from "./generation/reply-prefix.js";
import { think, thinkingTokens } from "./generation/think.js";
import { write, type WrittenReply } from "./generation/write.js";
import type { Grammar } from "./grammar/matcher.js";
import { createVocabulary } from "./grammar/mask/vocabulary.js";
import { GrammarCache } from "./grammar-cache.js";
import type { EngineCounts, EngineStats } from "./observation/engine-stats.js";
import type { EngineListener } from "./observation/log-event.js";
import { RequestLog } from "./observation/request-log.js";
import type { DeviceName } from "./ort/device/provider.js";
import type { Runtime } from "./ort/runtime.js";
import type { EngineEvent, EngineRequest, EngineResult, OutputFormat } from "./request.js";
import { Scheduler } from "./scheduler/scheduler.js";
import type { Sequence } from "./scheduler/sequence.js";
import type { EngineSwitches } from "./switches.js";
import type { Tokenizer } from "./tokenizer/tokenizer.js";

export interface EngineParts {
  runtime: Runtime;
  decoder: Decoder;
  tokenizer: Tokenizer;
  advice: PromptAdvice;
  contextLength: number;
  /** Rows of keys and values of all requests together. */
  budgetRows: number;
  weightsBytes: number;
  attention: AttentionPolicy;
  switches: EngineSwitches;
  prefixes: PrefixStore;
  counts: EngineCounts;
  emit: EngineListener;
}

export class Engine implements AsyncDisposable {
  readonly tokenizer: Tokenizer;
  readonly config: DecoderConfig;
  /** How the loaded file's family wants to be asked. */
  readonly advice: PromptAdvice;
  /** Tokens of prompt and reply together. */
  readonly contextLength: number;
  readonly #parts: EngineParts;
  readonly #scheduler: Scheduler;
  readonly #grammars: GrammarCache;
  readonly #drafts: Drafts;
  #requestCount = 0;
  #closing: Promise<void> | undefined;
  readonly #signals = new RequestSignals();

  constructor(parts: EngineParts) {
    const { decoder, tokenizer, advice, contextLength, budgetRows, attention, switches, emit } = parts;
    this.tokenizer = tokenizer;
    this.config = decoder.config;
    this.advice = advice;
    this.contextLength = contextLength;
    this.#parts = parts;
    this.#scheduler = new Scheduler({
      pool: new KvPool({ budgetRows, createBuffer: (capacity) => decoder.createBuffer(capacity), onEvict: (tokens) => emit({ type: "cache-evict", tokens }) }),
      run: (pass) => decoder.run(pass),
      config: decoder.config,
      attention,
      switches,
      emit,
    });
    this.#drafts = new Drafts(tokenizer);
    this.#grammars = new GrammarCache(createVocabulary(tokenizer.tokenBytes, tokenizer.endTokens));
  }

  /** Where the model computes. */
  get device(): DeviceName {
    return this.#parts.runtime.device;
  }

  /**
   * Answers one request. Calls made at the same time share forward passes, and what their prompts have in common; they
   * are let in first come first served, as memory allows. From the first event asked for on, the request goes on whether
   * or not its events are read: a reader that stops holds up nobody. Leaving the loop early, or aborting the signal, frees its place at once.
   *
   * @throws PromptTooLongError where prompt and reply do not fit the context.
   * @throws UnsupportedSchemaError where the schema has a keyword, or the pattern a construct, that cannot be enforced.
   * @throws ReplyPrefixError where the beginning that the reply is given does not fit.
   * @throws EngineClosedError after `close`, also where the reply has begun.
   * @throws The signal's reason when aborted.
   */
  async *generate(request: EngineRequest): AsyncGenerator<EngineEvent, void> {
    this.#refuseClosed();
    const own = this.#signals.open(request.signal);
    yield* runAhead(() => this.#answer({ ...request, signal: own.signal }), own);
  }

  async *#answer(request: EngineRequest & { signal: AbortSignal }): AsyncGenerator<EngineEvent, void> {
    const { format, signal } = request;
    const { grammar, opened, choice } = this.#open(format);
    const prompt = [...request.prompt, ...(opened?.tokens ?? choice?.given ?? [])];
    const replyTokens = this.#replyTokens(request, choice);
    this.#check(request, prompt.length, replyTokens);
    const log = new RequestLog(this.#parts.emit, { id: ++this.#requestCount, request, promptTokens: prompt.length });
    let sequence: Sequence | undefined;
    // At once, whatever it waits for.
    const onAbort = (): void => {
      log.fail(signal.reason);
      sequence?.release();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      const { switches, prefixes, runtime } = this.#parts;
      const kept = switches.sharing && runtime.device === "cpu" ? prefixes.find(prompt) : undefined;
      sequence = await this.#scheduler.open({ prompt, reservedRows: replyTokens, kept, signal });
      const drafter = switches.drafts && !choice ? this.#drafts.begin(request.prompt, format.type === "json" ? "json" : "text") : undefined;
      const generation = new Generation({ request: { ...request, prompt }, sequence, tokenizer: this.tokenizer, switches, drafter, queueMs: log.waitingMs });
      log.start({ usage: generation.usage, sequence });
      yield* generation.prefill();
      log.endPrefill();
      const thinking = request.thinking ? yield* think(generation, request.thinking) : "";
      const reply = choice ? await chooseReply(generation, choice) : yield* write(generation, opened);
      signal.throwIfAborted();
      const result: EngineResult = { ...reply, thinking, warnings: grammar?.warnings ?? [], usage: generation.usage };
      log.finish(result);
      yield { type: "finish", result };
    } catch (error) {
      log.fail(error);
      throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
      sequence?.release();
    }
  }

  /**
   * Computes a prompt's beginning and keeps it on disk: engines that load the same file with the same `weights` and `kvCache` read it
   * there instead of computing it. What was kept under the same name is replaced.
   *
   * @throws RangeError where there are too few tokens to be worth it, PromptTooLongError where there are too many.
   * @throws DiskSpaceError where the disk is full, HomeFolderError where it may not be written to.
   * @throws EngineClosedError after `close`, the signal's reason when aborted.
   */
  async keepPrefix(tokens: readonly number[], { name, signal }: { name: string; signal?: AbortSignal }): Promise<KeptPrefix> {
    this.#refuseClosed();
    if (tokens.length < SHORTEST_SHARED_TOKENS) throw new RangeError(`a prefix of ${tokens.length} tokens is not worth keeping; ${SHORTEST_SHARED_TOKENS} are the least`);
    if (this.device !== "cpu") throw new RuntimeError("Keys and values on a device cannot be kept.", { hint: 'Load the model with device: "cpu" to keep prefixes.' });
    this.#checkLength(tokens.length, 0);
    const own = this.#signals.open(signal);
    let sequence: Sequence | undefined;
    try {
      sequence = await this.#scheduler.open({ prompt: tokens, reservedRows: 0, signal: own.signal });
      while (sequence.length < tokens.length) {
        own.signal.throwIfAborted();
        await sequence.compute(tokens.slice(sequence.length));
      }
      const { tree, row } = sequence;
      return await this.#parts.prefixes.keep(name, tokens, tree.buffer.exportRows(tree.tokens.visible(row)));
    } finally {
      own.release();
      sequence?.release();
    }
  }

  stats(): EngineStats {
    const { counts, weightsBytes, decoder } = this.#parts;
    const { totals } = counts;
    const { pool, openCount, waitingCount } = this.#scheduler;
    const rowBytes = kvRowBytes(this.config, decoder.kvType);
    return {
      ...totals,
      requests: { ...totals.requests, open: openCount, waiting: waitingCount },
      memory: {
        weightsBytes,
        kvBytes: pool.allocatedRows * rowBytes,
        kvBudgetBytes: pool.budgetRows * rowBytes,
        logitsBytes: decoder.logitsBytes,
        activeTrees: pool.activeCount,
        idleTrees: pool.trees.size - pool.activeCount,
      },
    };
  }

  /**
   * Ends the requests under way, and those that wait, with an EngineClosedError; resolves when all memory is given back,
   * whoever still reads. Later requests throw.
   */
  close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = this.#free();
      this.#signals.abortAll(new EngineClosedError());
    }
    return this.#closing;
  }

  async #free(): Promise<void> {
    await this.#scheduler.idle();
    this.#scheduler.pool.close();
    await this.#parts.decoder.close();
    this.#parts.runtime.close();
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

  #check({ format, thinking, maxTokens, sampling }: EngineRequest, promptTokens: number, replyTokens: number): void {
    if (promptTokens === 0) throw new RangeError("a prompt has at least one token");
    for (const [name, value] of [["maxTokens", maxTokens], ["thinking.budgetTokens", thinking?.budgetTokens ?? 0]] as const) {
      if (!Number.isInteger(value) || value < 0) throw new RangeError(`${name} is a whole number from 0 on, not ${value}`);
    }
    if (!(sampling.temperature >= 0)) throw new RangeError(`temperature is a number from 0 on, not ${sampling.temperature}`);
    if (thinking && format.type === "json" && format.prefix) throw new RangeError("a reply that is given its beginning does not think");
    this.#checkLength(promptTokens, replyTokens);
  }

  #checkLength(promptTokens: number, replyTokens: number): void {
    const { contextLength } = this;
    if (promptTokens + replyTokens > contextLength) throw new PromptTooLongError({ promptTokens, replyTokens, contextLength });
  }

  #refuseClosed(): void {
    if (this.#closing) throw new EngineClosedError();
  }
}

async function chooseReply(generation: Generation, opened: OpenedChoice): Promise<WrittenReply & { probabilities: number[] }> {
  const { index, probabilities, logprob } = await choose(generation, opened);
  const text = generation.request.format.type === "choice" ? generation.request.format.options[index] : "";
  const tokens = generation.tokenizer.encode(text);
  generation.usage.outputTokens = tokens.length;
  return { text, tokens: [{ id: tokens[0], start: 0, end: text.length, logprob, isForced: false }], probabilities, verbatim: [], finishReason: "stop" };
}
