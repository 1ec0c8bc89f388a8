// A LanguageModel that answers from a script: for tests of tasks and of what is built on them, without weights.
import { setImmediate } from "node:timers/promises";
import { ScriptError } from "../error/script-error.js";
import type {
  FinishReason,
  GeneratedToken,
  GenerationEvent,
  GenerationRequest,
  GenerationResult,
  LanguageModel,
  PromptAdvice,
} from "./language-model.js";

export interface ScriptedAnswer {
  text?: string;
  /** Given where the request asks to think. */
  thinking?: string;
  /** Of a choice. Default: 0.9 for the option that `text` names, the rest shared among the others. */
  probabilities?: number[];
  /** Default: one token for every four characters, each with the log probability -0.01. */
  tokens?: GeneratedToken[];
  /** Thrown after `text` has been streamed, instead of finishing. */
  error?: unknown;
}

export type ScriptedReply = string | ScriptedAnswer;

/** Replies in the order of the calls, or a function of the request; `call` counts from 0. */
export type Script = readonly ScriptedReply[] | ((request: GenerationRequest, call: number) => ScriptedReply | Promise<ScriptedReply>);

export interface ScriptedModelOptions {
  /** Default: `scripted`. */
  id?: string;
  /** Default: few-shot examples, thinking between `<think>` and `</think>`, temperature 0.6. */
  advice?: Partial<PromptAdvice>;
  /** Tokens of prompt and reply together. Default: unknown. */
  contextLength?: number;
  /** Whether requests may give the reply its beginning; the script's reply is the whole one. Default: they may not. */
  canResume?: boolean;
}

export interface ScriptedModel extends LanguageModel {
  /** Every request so far, in order. */
  readonly requests: readonly GenerationRequest[];
}

const charactersPerToken = 4;
const defaultLogprob = -0.01;
const defaultAdvice: PromptAdvice = {
  fewShot: true,
  thinking: { open: "<think>", close: "</think>", skip: "" },
  boxedArithmetic: false,
  temperature: 0.6,
  topP: 0.95,
};

/**
 * A model that gives the replies of a script. It streams and counts like a real one, honours `signal`, `maxTokens`
 * (the reply is cut and ends with `length`) and `thinkingBudgetTokens`, and keeps the requests for inspection.
 * It does not check a reply against the request's schema: malformed replies can be scripted too.
 * `generate` throws a ScriptError where the replies have run out or a choice is none of the options.
 */
export function createScriptedModel(script: Script, options: ScriptedModelOptions = {}): ScriptedModel {
  const requests: GenerationRequest[] = [];
  return {
    id: options.id ?? "scripted",
    advice: { ...defaultAdvice, ...options.advice },
    contextLength: options.contextLength,
    canResume: options.canResume,
    requests,
    render(request) {
      const text = renderText(request);
      return { text, tokenCount: countTokens(text) };
    },
    async *generate(request) {
      request.signal?.throwIfAborted();
      const started = performance.now();
      const call = requests.push(request) - 1;
      const reply = await untilAborted(nextReply(script, request, call), request.signal);
      yield* play(typeof reply === "string" ? { text: reply } : reply, request, started);
    },
    async close() {},
  };
}

async function nextReply(script: Script, request: GenerationRequest, call: number): Promise<ScriptedReply> {
  if (typeof script === "function") return script(request, call);
  if (call >= script.length) {
    throw new ScriptError(`The script has ${script.length} replies; this is call ${call + 1}.`, {
      hint: "Script more replies, or answer with a function of the request.",
    });
  }
  return script[call];
}

async function* play(answer: ScriptedAnswer, request: GenerationRequest, started: number): AsyncGenerator<GenerationEvent, void> {
  const { result, thinkingTokens } = composeResult(answer, request);
  const { promptTokens } = result.usage;
  yield { type: "prefill-progress", doneTokens: promptTokens, totalTokens: promptTokens };
  for (const { start, end } of thinkingTokens) yield { type: "thinking-delta", text: await step(result.thinking, start, end, request) };
  for (const { start, end } of result.tokens) {
    if (end > start) yield { type: "text-delta", text: await step(result.text, start, end, request) };
  }
  request.signal?.throwIfAborted();
  if (answer.error !== undefined) throw answer.error;
  yield { type: "finish", result: { ...result, usage: { ...result.usage, modelMs: performance.now() - started } } };
}

/** Lets other work run between two tokens, as a real model does, so that an abort can arrive. */
async function step(text: string, start: number, end: number, { signal }: GenerationRequest): Promise<string> {
  await setImmediate();
  signal?.throwIfAborted();
  return text.slice(start, end);
}

function composeResult(answer: ScriptedAnswer, request: GenerationRequest): { result: GenerationResult; thinkingTokens: GeneratedToken[] } {
  const choice = request.format.type === "choice" ? chooseOption(answer, request.format.options) : undefined;
  const whole = choice?.text ?? answer.text ?? "";
  const allTokens = answer.tokens ?? tokensOf(whole);
  const tokens = choice ? allTokens : allTokens.slice(0, request.maxTokens);
  const cut = tokens.length < allTokens.length;
  const thinkingTokens = tokensOf(answer.thinking ?? "").slice(0, request.thinkingBudgetTokens ?? 0);
  const finishReason: FinishReason = cut ? "length" : "stop";
  const result: GenerationResult = {
    text: cut ? whole.slice(0, tokens.at(-1)?.end ?? 0) : whole,
    thinking: (answer.thinking ?? "").slice(0, thinkingTokens.at(-1)?.end ?? 0),
    tokens,
    probabilities: choice?.probabilities,
    finishReason,
    usage: {
      promptTokens: countTokens(renderText(request)),
      cachedTokens: 0,
      thinkingTokens: thinkingTokens.length,
      outputTokens: tokens.length,
      forcedTokens: 0,
      requests: 1,
      modelMs: 0,
    },
  };
  return { result, thinkingTokens };
}

/** The option that the reply names; none where the script fails anyway. */
function chooseOption(answer: ScriptedAnswer, options: readonly string[]): Pick<GenerationResult, "text" | "probabilities"> | undefined {
  if (answer.error !== undefined) return undefined;
  const chosen = options.findIndex((option) => option.toLowerCase() === (answer.text ?? "").trim().toLowerCase());
  if (chosen < 0) {
    throw new ScriptError(`The scripted reply ${JSON.stringify(answer.text)} is none of the options ${options.join(", ")}.`);
  }
  const rest = 0.1 / Math.max(1, options.length - 1);
  const others = options.map((_option, index) => (index === chosen ? 0.9 : rest));
  return { text: options[chosen], probabilities: answer.probabilities ?? (options.length === 1 ? [1] : others) };
}

function tokensOf(text: string): GeneratedToken[] {
  return Array.from({ length: countTokens(text) }, (_token, index) => ({
    start: index * charactersPerToken,
    end: Math.min(text.length, (index + 1) * charactersPerToken),
    logprob: defaultLogprob,
  }));
}

function countTokens(text: string): number {
  return Math.ceil(text.length / charactersPerToken);
}

function renderText({ messages }: Pick<GenerationRequest, "messages">): string {
  return messages.map(({ role, content }) => `${role}: ${content}`).join("\n\n");
}

/** The value, or the signal's reason if that comes first. */
async function untilAborted<Value>(value: Promise<Value>, callers: AbortSignal | undefined): Promise<Value> {
  if (!callers) return value;
  // The caller's may be that of many calls: it gets no listener of each.
  const signal = AbortSignal.any([callers]);
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    // The script itself may have aborted.
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([value, aborted]);
  } finally {
    signal.removeEventListener("abort", stop!);
  }
}
