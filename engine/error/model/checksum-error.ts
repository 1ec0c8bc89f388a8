// Thrown where fetched bytes are not the bytes that were promised; they have been discarded.
import { DistillateError } from "../distillate-error.js";

export class ChecksumError extends DistillateError {
  readonly code = "CHECKSUM_MISMATCH";
  /** sha256 in hexadecimal. */
  readonly expected: string;
  readonly actual: string;

  constructor(what: string, expected: string, actual: string) {
    super(`${what} has the wrong bytes: its sha256 is ${actual}, not ${expected}. They were discarded.`, {
      hint: "Pull again; if this repeats, the source or a proxy in between serves another file.",
    });
    this.expected = expected;
    this.actual = actual;
  }
}
