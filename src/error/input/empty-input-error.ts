// Thrown when a record holds nothing but white space.
import { DistillateError } from "../distillate-error.js";

/** The input is empty or blank. */
export class EmptyInputError extends DistillateError {
  readonly code = "INPUT_EMPTY";

  constructor(name?: string) {
    super(`The input${name === undefined ? "" : ` ${name}`} is empty.`, {
      hint: "Pass a record with some text in it.",
    });
  }
}
