// ONNX Runtime cannot be loaded, or refused a call.
import { DistillateError } from "./distillate-error.js";

export class RuntimeError extends DistillateError {
  readonly code = "RUNTIME_FAILED";
}
