// A JSON Schema asks for something that constrained decoding cannot enforce; it is refused, never ignored.
import { DistillateError } from "./distillate-error.js";

export class UnsupportedSchemaError extends DistillateError {
  readonly code = "UNSUPPORTED_SCHEMA";
  /** JSON pointer to the keyword, from the root of the schema. */
  readonly path: string;
  readonly keyword: string;

  constructor(path: string, keyword: string, reason: string) {
    super(`The schema's ${path} cannot be enforced: ${reason}`, {
      hint: "Remove the keyword or express it another way; check what is left after decoding.",
    });
    this.path = path;
    this.keyword = keyword;
  }
}
