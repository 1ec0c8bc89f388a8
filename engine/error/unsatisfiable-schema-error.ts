// A JSON Schema that no finite value fits: bounds that cross, a required property that cannot be, endless recursion.
import { DistillateError } from "./distillate-error.js";

export class UnsatisfiableSchemaError extends DistillateError {
  readonly code = "UNSATISFIABLE_SCHEMA";

  constructor() {
    super("No value fits the schema.", {
      hint: "Look for bounds that cross, required properties that are forbidden, or recursion without an end.",
    });
  }
}
