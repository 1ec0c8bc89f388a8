// The calls of the model that one record takes: checks their length, passes events on, keeps count and trace.
import { InputTooLongError } from "../error/input/input-too-long-error.js";
import { OutputTruncatedError } from "../error/output/output-truncated-error.js";
import { addUsage, noUsage } from "../model/add-usage.js";
import type { GenerationRequest, GenerationResult, LanguageModel, RenderedPrompt, Usage } from "../model/language-model.js";
import type { TraceStep } from "../result/extraction.js";
import type { TaskOptions } from "../task-types.js";

export interface ModelCall extends Omit<GenerationRequest, "signal"> {
  purpose: string;
  /** JSON pointer of the field it is about; empty for the whole record. */
  path: string;
}

export interface ModelCalls {
  readonly model: LanguageModel;
  /** Ends the calls, and with them the record. */
  readonly signal: AbortSignal | undefined;
  /** Sums over all calls so far; grows with each. */
  readonly usage: Usage;
  readonly trace: readonly TraceStep[];
  /** Throws an InputTooLongError before, an OutputTruncatedError after the call, and what the model throws. */
  ask(call: ModelCall): Promise<GenerationResult>;
}

/** UTF-16 units a token stands for at most, on average, in any text worth reading. */
const MAX_CHARS_PER_TOKEN = 16;

export function createModelCalls(model: LanguageModel, { signal, onProgress }: TaskOptions): ModelCalls {
  let usage: Usage = { ...noUsage };
  const trace: TraceStep[] = [];

  async function ask({ purpose, path, ...request }: ModelCall): Promise<GenerationResult> {
    signal?.throwIfAborted();
    const prompt = renderChecked(model, request);
    onProgress?.({ type: "step", purpose, path, step: trace.length + 1 });
    const result = await finish(model, { ...request, ...(signal && { signal }) }, onProgress);
    usage = addUsage(usage, result.usage);
    trace.push({ purpose, path, prompt: prompt.text, thinking: result.thinking, text: result.text, ms: result.usage.modelMs });
    if (result.finishReason === "length" && request.format.type === "json" && !isJson(result.text)) {
      throw new OutputTruncatedError(request.maxTokens, result.text, { ...usage });
    }
    return result;
  }

  return { model, signal, trace, ask, get usage() { return usage; } };
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

async function finish(
  model: LanguageModel,
  request: GenerationRequest,
  onProgress: TaskOptions["onProgress"],
): Promise<GenerationResult> {
  let result: GenerationResult | undefined;
  for await (const event of model.generate(request)) {
    if (event.type === "finish") result = event.result;
    else onProgress?.(event);
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
