// A reply that is no JSON; thrown by the result stage, which keeps what the model wrote.
import type { Usage } from "../../model/language-model.js";
import { DistillateError, type DistillateErrorOptions } from "../distillate-error.js";

export interface OutputParseErrorOptions extends DistillateErrorOptions {
  rawText: string;
  usage?: Usage;
}

export class OutputParseError extends DistillateError {
  readonly code = "OUTPUT_NOT_JSON";
  /** The reply as the model wrote it. */
  readonly rawText: string;
  /** What the reply cost, where it is known. */
  readonly usage: Usage | undefined;

  constructor(message: string, options: OutputParseErrorOptions) {
    super(message, options);
    this.rawText = options.rawText;
    this.usage = options.usage;
  }
}
