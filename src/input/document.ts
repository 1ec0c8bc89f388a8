// What a record looks like to the rest of the SDK: text for the model and a map back to the source.

export type DocumentFormat = "text" | "json" | "xml" | "csv" | "markdown";
export type Language = "en" | "zh";

/** A place in the source, in the source's own terms. */
export interface Span {
  /** UTF-16 offsets into `Document.source`; `source.slice(start, end)` is the evidence as it stands there. */
  start: number;
  end: number;
  text: string;
  /** RFC 6901 pointer, where the source is JSON. */
  pointer?: string;
  /** Path of the element or attribute, with positions, where the source is XML. */
  xpath?: string;
  /** Zero-based row (header not counted) and column name, where the source is a table. */
  cell?: { row: number; column: string };
}

export interface Document {
  format: DocumentFormat;
  language: Language;
  /** Where it came from, if it has a name: a path. */
  name?: string;
  /** What the model reads. */
  text: string;
  /** `text` with U+0000 wherever it is not from the source but the reader's own (labels, brackets): what may be copied. */
  copyText: string;
  /** The decoded source that spans point into. */
  source: string;
  /** The parsed value, where the input was structured. */
  data?: unknown;
  /** The place in the source of a stretch of `text`. Text the reader added itself (labels, brackets) has none. */
  locate(start: number, end: number): Span | undefined;
}
