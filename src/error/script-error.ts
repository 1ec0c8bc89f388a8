// A scripted model whose script does not fit what it is asked; a mistake in a test, said plainly.
import { DistillateError } from "./distillate-error.js";

export class ScriptError extends DistillateError {
  readonly code = "SCRIPT_MISMATCH";
}
