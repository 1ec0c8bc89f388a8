// Thrown when a record cannot be read: broken syntax, binary content, a missing file. Keeps what was read.
import { DistillateError, type DistillateErrorOptions } from "../distillate-error.js";

const MAX_RAW_CHARS = 100_000;

export interface InputErrorOptions extends DistillateErrorOptions {
  /** The format the input was read as. */
  format?: string;
  /** The decoded input. The error keeps its first 100,000 characters. */
  rawText?: string;
  /** Where in `rawText` reading failed, in UTF-16 units; gives `line` and `column`. */
  offset?: number;
}

/** The input is not what it is said to be, or not something that can be read at all. */
export class InputError extends DistillateError {
  readonly code = "INPUT_INVALID";
  readonly format: string | undefined;
  /** The first 100,000 characters of the decoded input, where there were any. */
  readonly rawText: string | undefined;
  /** Counted from 1, as is `column`, in UTF-16 units. */
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(message: string, options: InputErrorOptions = {}) {
    const place = positionOf(options);
    const where = place ? ` (line ${place.line}, column ${place.column})` : "";
    super(message + where + (/[.!?]$/.test(message) && !where ? "" : "."), options);
    this.format = options.format;
    this.rawText = options.rawText?.slice(0, MAX_RAW_CHARS);
    this.line = place?.line;
    this.column = place?.column;
  }
}

function positionOf({ rawText, offset }: InputErrorOptions): { line: number; column: number } | undefined {
  if (rawText === undefined || offset === undefined) return undefined;
  const before = rawText.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: before.length, column: before[before.length - 1].length + 1 };
}
