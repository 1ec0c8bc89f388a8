// A JSON Schema that no finite value fits: bounds that cross, a required property that cannot be, a source without what is to be copied.
import { DistillateError } from "./distillate-error.js";

export interface UnsatisfiableSchemaDetails {
  /** JSON pointer, into the value, to what cannot be filled; empty for the value itself. */
  path?: string;
  /** The name of the source that has nothing to copy there. */
  source?: string | undefined;
}

export class UnsatisfiableSchemaError extends DistillateError {
  readonly code = "UNSATISFIABLE_SCHEMA";
  /** JSON pointer, into the value, to what cannot be filled. */
  readonly path: string;

  constructor({ path = "", source }: UnsatisfiableSchemaDetails = {}) {
    const place = path === "" ? "" : ` at ${path}`;
    super(source === undefined ? `No value fits the schema${place}.` : `The ${source} has nothing that could be copied${place}.`, {
      hint:
        source === undefined
          ? "Look for bounds that cross, required properties that are forbidden, or recursion without an end."
          : "Let the value be absent (null), or widen its bounds and its pattern.",
    });
    this.path = path;
  }
}
