// A vocabulary or chat template that cannot be used, or a text that cannot be written in it.
import { DistillateError } from "./distillate-error.js";

export class TokenizerError extends DistillateError {
  readonly code = "TOKENIZER_FAILED";
}
