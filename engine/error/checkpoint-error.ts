// A model file that is damaged, cut short or not a GGUF at all.
import { DistillateError } from "./distillate-error.js";

export class CheckpointError extends DistillateError {
  readonly code = "CHECKPOINT_INVALID";
}
