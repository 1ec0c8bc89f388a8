// What a record failed with in a batch where the failure was none of the package's own errors; the run goes on.
import { DistillateError } from "./distillate-error.js";

/** `cause` is what was thrown. */
export class UnexpectedError extends DistillateError {
  readonly code = "UNEXPECTED";

  constructor(cause: unknown) {
    super(cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause), { cause });
  }
}
