// The prompting advice of each family of models, and which of them a local GGUF file wants; used by catalogue.ts.
import type { MetadataValue } from "./checkpoint.js";
import type { PromptAdvice } from "./prompt-advice.js";

/**
 * DeepSeek-R1 and its distillations, as the model card asks: no examples, thinking forced to start,
 * `\boxed{}` for arithmetic, temperature 0.6, top-p 0.95.
 * Source: https://github.com/deepseek-ai/DeepSeek-R1#usage-recommendations
 */
export const reasoningAdvice: PromptAdvice = {
  fewShot: false,
  thinking: { open: "<think>\n", close: "</think>", skip: "<think>\n\n</think>\n\n" },
  boxedArithmetic: true,
  temperature: 0.6,
  topP: 0.95,
};

/** Instruction-tuned models: examples help, and nothing needs to be skipped where a task does not think. */
export const instructAdvice: PromptAdvice = {
  fewShot: true,
  thinking: { open: "<think>\n", close: "</think>", skip: "" },
  boxedArithmetic: false,
  temperature: 0.6,
  topP: 0.95,
};

/** The advice for any GGUF file, told by its pre-tokenizer, which R1's distillations on Qwen do not share with Qwen. */
export function adviceFor(metadata: ReadonlyMap<string, MetadataValue>): PromptAdvice {
  return metadata.get("tokenizer.ggml.pre") === "deepseek-r1-qwen" ? reasoningAdvice : instructAdvice;
}
