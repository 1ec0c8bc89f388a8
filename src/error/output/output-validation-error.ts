// A reply that is JSON and does not fit the task's schema; it keeps the text, the parsed value and every issue.
import type { Usage } from "../../model/language-model.js";
import type { ValidationIssue } from "../../schema/validate.js";
import { DistillateError, type DistillateErrorOptions } from "../distillate-error.js";

export interface OutputValidationErrorOptions extends DistillateErrorOptions {
  rawText: string;
  partial: unknown;
  issues: readonly ValidationIssue[];
  usage?: Usage;
}

export class OutputValidationError extends DistillateError {
  readonly code = "OUTPUT_INVALID";
  /** The reply as the model wrote it. */
  readonly rawText: string;
  /** The parsed reply that did not validate. */
  readonly partial: unknown;
  readonly issues: readonly ValidationIssue[];
  /** What the reply cost, where it is known. */
  readonly usage: Usage | undefined;

  constructor(message: string, options: OutputValidationErrorOptions) {
    super(message, options);
    this.rawText = options.rawText;
    this.partial = options.partial;
    this.issues = options.issues;
    this.usage = options.usage;
  }
}
