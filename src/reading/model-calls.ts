// The calls of the model that one record takes: checks their length, passes events on, keeps count and trace.
import { setMaxListeners } from "node:events";
import { InputTooLongError } from "../error/input/input-too-long-error.js";
import { OutputTruncatedError } from "../error/output/output-truncated-error.js";
import { addUsage, noUsage } from "../model/add-usage.js";
import type { GenerationEvent, GenerationRequest, GenerationResult, LanguageModel, RenderedPrompt, Usage } from "../model/language-model.js";
import type { TraceStep } from "../result/extraction.js";
import type { TaskOptions } from "../task-types.js";

export interface ModelCall extends Omit<GenerationRequest, "signal"> {
  purpose: string;
  /** JSON pointer of the field it is about; empty for the whole record. */
  path: string;
}

/** Work that asks the model through calls of its own. */
export type Work<Result> = (calls: ModelCalls) => Promise<Result>;

export interface ModelCalls {
  readonly model: LanguageModel;
  /** Ends the calls, and with them the record. */
  readonly signal: AbortSignal | undefined;
  /** Sums over all calls so far. */
  readonly usage: Usage;
  /** The finished calls, in the order in which they began; those of work done together stand work by work. */
  readonly trace: readonly TraceStep[];
  /** Throws an InputTooLongError before, an OutputTruncatedError after the call, and what the model throws. */
  ask(call: ModelCall): Promise<GenerationResult>;
  /**
   * Starts all works at once, so that the model may compute them together; their results, in order. The first that
   * fails aborts the others, and its error is thrown when all have ended.
   */
  together<Results extends readonly unknown[]>(works: readonly [...{ [Index in keyof Results]: Work<Results[Index]> }]): Promise<Results>;
}

type Cost = Pick<ModelCalls, "usage" | "trace">;

/** UTF-16 units a token stands for at most, on average, in any text worth reading. */
const MAX_CHARS_PER_TOKEN = 16;

export function createModelCalls(model: LanguageModel, { signal, onProgress }: TaskOptions): ModelCalls {
  let begun = 0;
  // The caller's signal gets one listener a record, whatever the number of calls.
  const own = signal && AbortSignal.any([signal]);
  if (own) setMaxListeners(0, own);
  return new Calls(model, own, () => {
    const step = ++begun;
    return (event) => onProgress?.({ ...event, step });
  });
}

type Report = (event: Exclude<GenerationEvent, { type: "finish" }> | { type: "step"; purpose: string; path: string }) => void;

class Calls implements ModelCalls {
  /** What each call and each work cost, in the order in which they began. */
  readonly #costs: Cost[] = [];

  /** @param beginStep counts the calls of the record; gives what reports the events of the one that begins. */
  constructor(
    readonly model: LanguageModel,
    readonly signal: AbortSignal | undefined,
    private readonly beginStep: () => Report,
  ) {}

  get usage(): Usage {
    return this.#costs.reduce<Usage>((sum, { usage }) => addUsage(sum, usage), { ...noUsage });
  }

  get trace(): readonly TraceStep[] {
    return this.#costs.flatMap(({ trace }) => trace);
  }

  async ask({ purpose, path, ...request }: ModelCall): Promise<GenerationResult> {
    const { model, signal } = this;
    signal?.throwIfAborted();
    const prompt = renderChecked(model, request);
    const report = this.beginStep();
    report({ type: "step", purpose, path });
    const place = this.#costs.push({ usage: noUsage, trace: [] }) - 1;
    const result = await finish(model, { ...request, ...(signal && { signal }) }, report);
    const { thinking, text, usage } = result;
    this.#costs[place] = { usage, trace: [{ purpose, path, prompt: prompt.text, thinking, text, ms: usage.modelMs }] };
    if (result.finishReason === "length" && request.format.type === "json" && !isJson(text)) {
      throw new OutputTruncatedError(request.maxTokens, text, this.usage);
    }
    return result;
  }

  async together<Results extends readonly unknown[]>(
    works: readonly [...{ [Index in keyof Results]: Work<Results[Index]> }],
  ): Promise<Results> {
    const { controller, unlink } = linkedController(this.signal);
    let failure: { error: unknown } | undefined;
    const running = works.map(async (work: Work<unknown>) => {
      const calls = new Calls(this.model, controller.signal, this.beginStep);
      this.#costs.push(calls);
      try {
        return await work(calls);
      } catch (error) {
        failure ??= { error };
        controller.abort(error);
        return undefined;
      }
    });
    const results = await Promise.all(running);
    unlink();
    if (failure) throw failure.error;
    return results as unknown as Results;
  }
}

/** A controller that the signal aborts, too, until it is unlinked. */
function linkedController(signal: AbortSignal | undefined): { controller: AbortController; unlink(): void } {
  const controller = new AbortController();
  // One listener for each call that runs.
  setMaxListeners(0, controller.signal);
  const abort = (): void => controller.abort(signal?.reason);
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  return { controller, unlink: () => signal?.removeEventListener("abort", abort) };
}

/** Refuses a text that cannot fit before any time is spent on splitting it into tokens. */
export function refuseHopelessText(text: string, model: LanguageModel, replyTokenCount: number): void {
  const { contextLength } = model;
  if (contextLength === undefined || text.length <= contextLength * MAX_CHARS_PER_TOKEN) return;
  throw new InputTooLongError({
    promptTokenCount: Math.ceil(text.length / MAX_CHARS_PER_TOKEN),
    replyTokenCount,
    contextLength,
  });
}

function renderChecked(model: LanguageModel, request: Omit<GenerationRequest, "signal">): RenderedPrompt {
  const prompt = model.render(request);
  const { contextLength } = model;
  const replyTokenCount = request.maxTokens + (request.thinkingBudgetTokens ?? 0);
  if (contextLength !== undefined && prompt.tokenCount !== undefined && prompt.tokenCount + replyTokenCount > contextLength) {
    throw new InputTooLongError({ promptTokenCount: prompt.tokenCount, replyTokenCount, contextLength });
  }
  return prompt;
}

async function finish(model: LanguageModel, request: GenerationRequest, report: Report): Promise<GenerationResult> {
  let result: GenerationResult | undefined;
  for await (const event of model.generate(request)) {
    if (event.type === "finish") result = event.result;
    else report(event);
  }
  if (!result) throw new TypeError(`The model ${model.id} ended without a finish event, against its contract.`);
  return result;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
