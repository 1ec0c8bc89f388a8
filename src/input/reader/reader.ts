// What every reader of a format is: one file each beside this one, one contract suite for all.
import type { DocumentFormat } from "../document.js";
import type { MappedText } from "../mapped-text.js";

export interface Reader {
  readonly format: DocumentFormat;
  /** File name endings, without the dot, that promise this format. */
  readonly extensions: readonly string[];
  /** Whether a source that nobody named is surely of this format. Never throws. */
  detects(source: string): boolean;
  /**
   * Writes what a model should read into `out` and returns the parsed value, if the format has one.
   * @throws InputError where the source is not of the format, with line and column.
   */
  read(source: string, out: MappedText): unknown;
}
