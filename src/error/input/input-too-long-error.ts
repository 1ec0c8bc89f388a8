// A record that does not fit into the model's context together with its reply; thrown before anything is computed.
import { DistillateError } from "../distillate-error.js";

export interface InputTooLongErrorOptions {
  /** Tokens of the prompt; a lower bound where the record was refused before it was split into tokens. */
  promptTokenCount: number;
  /** Tokens kept free for the reply, thinking included. */
  replyTokenCount: number;
  /** Tokens of prompt and reply together that the model can hold. */
  contextLength: number;
}

export class InputTooLongError extends DistillateError {
  readonly code = "INPUT_TOO_LONG";
  readonly promptTokenCount: number;
  readonly replyTokenCount: number;
  readonly contextLength: number;

  constructor({ promptTokenCount, replyTokenCount, contextLength }: InputTooLongErrorOptions) {
    super(
      `The prompt takes ${promptTokenCount} tokens or more and the reply up to ${replyTokenCount}; the model holds ${contextLength}.`,
      { hint: "Shorten or split the record, lower maxTokens, or use a model with a longer context (more memory, where maxMemoryBytes bounds it)." },
    );
    this.promptTokenCount = promptTokenCount;
    this.replyTokenCount = replyTokenCount;
    this.contextLength = contextLength;
  }
}
