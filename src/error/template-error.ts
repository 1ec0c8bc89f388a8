// A prompt template that is no valid Jinja, or fails on the values it is given.
import { DistillateError } from "./distillate-error.js";

export class TemplateError extends DistillateError {
  readonly code = "TEMPLATE_INVALID";
}
