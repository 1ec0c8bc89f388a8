// A sound model file that this engine cannot run: another architecture, another tensor type.
import { DistillateError } from "./distillate-error.js";

export class UnsupportedModelError extends DistillateError {
  readonly code = "MODEL_UNSUPPORTED";
}
