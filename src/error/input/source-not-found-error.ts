// Thrown by src/batch/list-sources.ts where a path, folder or pattern gives no record.
import { DistillateError } from "../distillate-error.js";

export class SourceNotFoundError extends DistillateError {
  readonly code = "SOURCE_NOT_FOUND";
  readonly path: string;

  constructor(path: string, reason: string, hint?: string) {
    super(`${JSON.stringify(path)}: ${reason}.`, hint === undefined ? {} : { hint });
    this.path = path;
  }
}
