// The engine's public face; src/model is the only part of the SDK that calls it.
export { DistillateError, type DistillateErrorOptions } from "./error/distillate-error.js";
export type { Grammar, Matcher } from "./grammar/matcher.js";
export type { Checkpoint, DecoderConfig, TensorInfo, TensorType } from "./checkpoint/checkpoint.js";
export type { PromptAdvice } from "./checkpoint/prompt-advice.js";
export type { ChatMessage, ChatPrompt, ChatPromptOptions, Role, Tokenizer } from "./tokenizer/tokenizer.js";
export type * from "./request.js";
