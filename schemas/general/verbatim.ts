// Marks strings that are copied from the document: the model cannot write a word that is not there.
import { z } from "zod";

export interface VerbatimOptions {
  /** Whether a copy begins and ends with whole words (or characters, in scripts without spaces). Default true. */
  wholeWords?: boolean;
  /** Code points of the longest copy, white space collapsed. */
  maxLength?: number;
  /** Whether the value may be `null` where the document has none. Default false. */
  absent?: boolean;
}

/**
 * A string copied from the document. The model may differ in letter case, full-width forms, soft hyphens and line
 * breaks; the value is given as the document has it, runs of white space as one space, and `spans` are where it
 * stands. Bounds such as `.max()` hold for the copy; put the mark around them, because Zod drops it from what is
 * derived from a marked schema.
 *
 * A remote model is not held to it: what it writes is searched for, and what is not found is `ungrounded`.
 */
export function verbatim<Schema extends z.ZodType>(schema: Schema, options: VerbatimOptions & { absent: true }): z.ZodNullable<Schema>;
export function verbatim<Schema extends z.ZodType>(schema: Schema, options?: VerbatimOptions): Schema;
export function verbatim(schema: z.ZodType, { absent = false, ...options }: VerbatimOptions = {}): z.ZodType {
  return markVerbatim(schema, options, absent);
}

/** @param keyword options of `x-verbatim` */
export function markVerbatim(schema: z.ZodType, keyword: object, absent: boolean): z.ZodType {
  const marked = schema.meta({ ...schema.meta(), "x-verbatim": Object.keys(keyword).length === 0 ? true : keyword });
  return absent ? marked.nullable() : marked;
}
