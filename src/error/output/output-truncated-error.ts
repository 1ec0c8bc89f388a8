// A reply that ended at its token limit before its JSON was closed. The bundled engine always closes; servers may not.
import type { Usage } from "../../model/language-model.js";
import { DistillateError } from "../distillate-error.js";

export class OutputTruncatedError extends DistillateError {
  readonly code = "OUTPUT_TRUNCATED";
  /** The reply as far as it came. */
  readonly rawText: string;
  readonly usage: Usage;

  constructor(maxTokens: number, rawText: string, usage: Usage) {
    super(`The reply was cut off after ${maxTokens} tokens.`, {
      hint: "Raise maxTokens, or bound the schema's lists and strings (.max()).",
    });
    this.rawText = rawText;
    this.usage = usage;
  }
}
