// Structured data that does not fit the task's input schema; thrown before any model is asked.
import type { ValidationIssue } from "../../schema/validate.js";
import { DistillateError } from "../distillate-error.js";

export class RecordInputError extends DistillateError {
  readonly code = "RECORD_INVALID";
  readonly issues: readonly ValidationIssue[];

  constructor(taskName: string, issues: readonly ValidationIssue[]) {
    const list = issues.map(({ path, message }) => `${path || "/"}: ${message}`).join("; ");
    super(`The record does not fit what ${taskName} takes: ${list}.`, {
      hint: "Correct the record, or pass it as text.",
    });
    this.issues = issues;
  }
}
