// What the engine is asked and what it answers: token ids and JSON Schema in, tokens out.
import type { GrammarWarning, SourceSpan } from "./grammar/matcher.js";

export type JsonSchema = boolean | { readonly [keyword: string]: unknown };

export interface Sampling {
  /** 0 is greedy: exact and repeatable. */
  temperature: number;
  /** Nucleus: the smallest set of tokens whose probabilities reach this sum (Holtzman et al. 2019). 1 keeps all. */
  topP?: number;
  /** The most likely tokens to keep; 0 keeps all. */
  topK?: number;
  /** Tokens less likely than this share of the most likely one are dropped (Nguyen et al. 2024). 0 keeps all. */
  minP?: number;
  /** The same seed, prompt and options give the same tokens. */
  seed?: number;
}

/** A beginning that the reply is given, so that one of its values is written anew. */
export interface ReplyPrefix {
  /** JSON up to where a value begins, as an earlier reply had it. */
  text: string;
  /** Strings and numbers that may not be that value. */
  banned: readonly (string | number)[];
}

/** JSON that fits the schema, without idle white space. */
export interface JsonFormat {
  type: "json";
  schema: JsonSchema;
  /** Texts that strings marked `x-verbatim` are copied from, by name. */
  sources?: Readonly<Record<string, string>>;
  /** Order of properties: that of the schema (the default), or any. */
  order?: "schema" | "any";
  /** What becomes of keywords that cannot be enforced: an UnsupportedSchemaError (the default), or a warning. */
  onUnsupported?: "refuse" | "validate";
  /** Not together with thinking. */
  prefix?: ReplyPrefix;
}

/** Text that matches a regular expression as a whole: ECMA-262 in Unicode mode, without delimiters. */
export interface RegexFormat {
  type: "regex";
  pattern: string;
}

/** One of a closed set, chosen by probability; letter case of the model's wording is ignored. */
export interface ChoiceFormat {
  type: "choice";
  options: readonly string[];
  /**
   * The reply up to where the option begins, as the model wrote it. With it the options are taken as they are written,
   * and end with what follows them in the reply; not together with thinking.
   */
  prefix?: string;
}

/** What the reply must look like. */
export type OutputFormat =
  | { type: "text" }
  | JsonFormat
  | RegexFormat
  | ChoiceFormat;

export interface ThinkingBudget {
  /** The written form of the mark that ends the thinking, such as `</think>`. */
  close: string;
  /** After this many tokens the mark is written for the model. */
  budgetTokens: number;
}

export interface EngineRequest {
  /** Prompt token ids. */
  prompt: readonly number[];
  format: OutputFormat;
  sampling: Sampling;
  /** The reply's bound, thinking not counted; JSON closes within it. */
  maxTokens: number;
  thinking?: ThinkingBudget;
  signal?: AbortSignal;
}

/** Floating-point operations of the decoder, by formula. */
export interface Flops {
  computed: number;
  /** What dense attention would have computed besides. */
  skipped: number;
}

export interface EngineUsage {
  /** The given beginning of the reply included. */
  promptTokens: number;
  /** Prompt tokens that were found in the KV cache and not computed again. */
  cachedTokens: number;
  thinkingTokens: number;
  /** Tokens of the reply, forced ones included. */
  outputTokens: number;
  /** Tokens that the format left no choice about: appended without sampling, many in one pass. */
  forcedTokens: number;
  /** Tokens that were tried ahead of the model, copied from the source or from what was written. */
  draftedTokens: number;
  /** Those of them that the model wrote, too. */
  acceptedTokens: number;
  /** Runs of the decoder that computed tokens of this request; others may have shared them. */
  passes: number;
  flops: Flops;
  queueMs: number;
  prefillMs: number;
  decodeMs: number;
  /** Part of `decodeMs` spent on token masks and forced tokens. */
  maskMs: number;
}

export interface OutputToken {
  id: number;
  /** Offsets into the reply's text, in UTF-16 code units. A token that ends inside a character owns that character. */
  start: number;
  end: number;
  /** Natural logarithm of the model's own probability of this token, before masks and temperature; 0 where forced. */
  logprob: number;
  /** The format left no choice. */
  isForced: boolean;
}

export type FinishReason = "stop" | "length";

/** A string of the reply that was copied from a source. */
export interface CopiedString {
  /** UTF-16 offsets of the JSON string in the reply's text, quotes included. */
  start: number;
  end: number;
  /** The name of the source. */
  source: string;
  /** All places where the source has it, in UTF-16 code units, in order. */
  spans: readonly SourceSpan[];
}

export interface EngineResult {
  text: string;
  thinking: string;
  /** In the order of the text, without those of a given beginning. */
  tokens: OutputToken[];
  /** Of a choice: each option's probability among the options, in their order. */
  probabilities?: number[];
  /** In the order of the text. */
  verbatim: CopiedString[];
  /** Keywords of the schema that were not enforced. */
  warnings: readonly GrammarWarning[];
  finishReason: FinishReason;
  usage: EngineUsage;
}

export type EngineEvent =
  | { type: "prefill-progress"; doneTokens: number; totalTokens: number }
  | { type: "thinking-delta"; text: string }
  | { type: "text-delta"; text: string }
  | { type: "finish"; result: EngineResult };
