// Prompt and reply together do not fit the model's context.
import { DistillateError } from "./distillate-error.js";

export class PromptTooLongError extends DistillateError {
  readonly code = "PROMPT_TOO_LONG";
  readonly promptTokens: number;
  readonly replyTokens: number;
  readonly contextLength: number;

  constructor(counts: { promptTokens: number; replyTokens: number; contextLength: number }) {
    const { promptTokens, replyTokens, contextLength } = counts;
    super(
      `The prompt has ${promptTokens} tokens and the reply may take ${replyTokens}, but the context holds ${contextLength}.`,
      { hint: "Shorten the document, lower maxTokens, or load the model with a larger contextLength, or more memory where maxMemoryBytes bounds it." },
    );
    this.promptTokens = promptTokens;
    this.replyTokens = replyTokens;
    this.contextLength = contextLength;
  }
}
