// An output schema that cannot be used; thrown by the schema stage before any model is asked.
import { DistillateError } from "./distillate-error.js";

export class SchemaError extends DistillateError {
  readonly code = "SCHEMA_UNUSABLE";
}
