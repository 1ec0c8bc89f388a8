// Thrown where one source of a model's file fails; a pull collects these and goes on with the next source.
import { DistillateError, type DistillateErrorOptions } from "../distillate-error.js";

export interface SourceErrorOptions extends DistillateErrorOptions {
  /** Whether asking the same source again soon may help. */
  outlook: "temporary" | "permanent";
}

export class SourceError extends DistillateError {
  readonly code = "MODEL_SOURCE_FAILED";
  readonly outlook: "temporary" | "permanent";

  constructor(message: string, options: SourceErrorOptions) {
    super(message, options);
    this.outlook = options.outlook;
  }
}
