// Thrown when a record is longer than the caller allows to be read.
import { DistillateError } from "../distillate-error.js";

/** The input is longer than `maxChars`. */
export class InputTooLargeError extends DistillateError {
  readonly code = "INPUT_TOO_LARGE";
  /** Bound on the characters of the source and of the text made from it. */
  readonly maxChars: number;

  constructor(what: string, maxChars: number) {
    super(`${what}, and at most ${maxChars.toLocaleString("en")} characters are read.`, {
      hint: "Split the record, or raise the maxChars of readDocument.",
    });
    this.maxChars = maxChars;
  }
}
