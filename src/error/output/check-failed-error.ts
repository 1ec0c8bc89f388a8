// A task's own check that threw, or returned what is no list of warnings; the record that it was to judge is kept.
import type { Usage } from "../../model/language-model.js";
import { DistillateError, type DistillateErrorOptions } from "../distillate-error.js";

export interface CheckFailedErrorOptions extends DistillateErrorOptions {
  partial: unknown;
  usage: Usage;
}

export class CheckFailedError extends DistillateError {
  readonly code = "CHECK_FAILED";
  /** The record, which fits its schema. */
  readonly partial: unknown;
  readonly usage: Usage;

  constructor(message: string, options: CheckFailedErrorOptions) {
    super(message, options);
    this.partial = options.partial;
    this.usage = options.usage;
  }
}
