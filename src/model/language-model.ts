// The seam to whatever writes the answer: the bundled engine, a remote server, a script for tests.
import type { ChatMessage, CopiedString, FinishReason, Flops, GrammarWarning, JsonFormat, JsonSchema, KeptPrefix, OutputFormat, PromptAdvice, Sampling } from "../../engine/index.js";

export type { ChatMessage, CopiedString, FinishReason, Flops, GrammarWarning, JsonFormat, JsonSchema, KeptPrefix, OutputFormat, PromptAdvice, Sampling };

export interface GenerationRequest {
  messages: readonly ChatMessage[];
  format: OutputFormat;
  sampling: Sampling;
  maxTokens: number;
  /** Present where the model should think first; tokens it may spend on it. */
  thinkingBudgetTokens?: number;
  signal?: AbortSignal;
}

/** One stretch of the reply that the model chose at once. */
export interface GeneratedToken {
  /** UTF-16 offsets into the reply's text. */
  start: number;
  end: number;
  /** Natural logarithm of the model's own probability; 0 where the format left no choice. */
  logprob: number;
}

export interface Usage {
  promptTokens: number;
  /** Prompt tokens that were not computed again. */
  cachedTokens: number;
  thinkingTokens: number;
  outputTokens: number;
  /** Output tokens that the format left no choice about: written without asking the model. */
  forcedTokens: number;
  /** Tokens that were tried ahead of the model; undefined, as the three below, where the model does not count them. */
  draftedTokens?: number;
  /** Those of them that the model wrote, too. */
  acceptedTokens?: number;
  /** Runs of the decoder that computed tokens of the call; calls at the same time share them. */
  passes?: number;
  flops?: Flops;
  /** Model calls. */
  requests: number;
  /** Time spent in the model; of calls at the same time, the sum. */
  modelMs: number;
}

export interface GenerationResult {
  text: string;
  thinking: string;
  /** Empty where the model gives no probabilities. */
  tokens: GeneratedToken[];
  /** Of a choice: each option's probability among the options, in their order. */
  probabilities?: number[];
  /** Strings that were copied from the request's sources, in order; undefined where the model is not held to them. */
  verbatim?: readonly CopiedString[];
  /** Keywords of the schema that the model was not held to. */
  warnings?: readonly GrammarWarning[];
  finishReason: FinishReason;
  usage: Usage;
}

export type GenerationEvent =
  | { type: "prefill-progress"; doneTokens: number; totalTokens: number }
  | { type: "thinking-delta"; text: string }
  | { type: "text-delta"; text: string }
  | { type: "finish"; result: GenerationResult };

export interface RenderedPrompt {
  /** The exact text the model reads. */
  text: string;
  /** Undefined where only the server knows. */
  tokenCount: number | undefined;
}

/** What is rendered to a prompt. */
export type PromptRequest = Pick<GenerationRequest, "messages" | "thinkingBudgetTokens">;

export interface LanguageModel {
  /** Catalogue id, path or server model name. */
  readonly id: string;
  readonly advice: PromptAdvice;
  /** Tokens of prompt and reply together; undefined where only the server knows. */
  readonly contextLength: number | undefined;
  /** Whether a JSON format or a choice may give the reply its beginning (`prefix`). Default: it may not. */
  readonly canResume?: boolean;
  /** Records in work at once that suit the model. Default 1. */
  readonly concurrency?: number;
  /** What `generate` would read, without running it. */
  render(request: PromptRequest): RenderedPrompt;
  /** Ends with exactly one `finish` event, or throws. Aborting `signal` throws its reason. */
  generate(request: GenerationRequest): AsyncIterable<GenerationEvent>;
  /** Computes what all the prompts begin with and keeps it for later starts, under a name that its next version replaces. Undefined where the model cannot. */
  keepPrefix?(requests: readonly [PromptRequest, ...PromptRequest[]], options: { name: string; signal?: AbortSignal }): Promise<KeptPrefix>;
  /** Ends the calls under way: they throw. Resolves when what the model holds is given back. */
  close(): Promise<void>;
}
