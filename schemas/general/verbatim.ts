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
 *
 * @throws {TypeError} where the schema is not that of a string, or an option is none.
 */
export function verbatim<Schema extends z.ZodType>(schema: Schema, options: VerbatimOptions & { absent: true }): z.ZodNullable<Schema>;
export function verbatim<Schema extends z.ZodType>(schema: Schema, options?: VerbatimOptions): Schema;
export function verbatim(schema: z.ZodType, { absent = false, ...options }: VerbatimOptions = {}): z.ZodType {
  requireOptions("verbatim", options);
  if (!isText(schema)) throw new TypeError("verbatim: only strings can be copied; pass a Zod 4 schema of a string, such as z.string().max(80).");
  return markVerbatim(schema, options, absent);
}

/** For callers without types. */
export function requireOptions(caller: string, { wholeWords: _wholeWords, maxLength: _maxLength, ...others }: VerbatimOptions): void {
  for (const name of Object.keys(others)) {
    throw new TypeError(`${caller}: there is no option "${name}"; the options are wholeWords, maxLength and absent.`);
  }
}

/** Whether it stands for strings, or for strings and null. What is recursive is taken at its word. */
function isText(schema: unknown): boolean {
  const def = (schema as Partial<z.core.$ZodTypes> | null | undefined)?._zod?.def;
  switch (def?.type) {
    case "string":
    case "template_literal":
    case "lazy":
      return true;
    case "enum":
      return Object.values(def.entries).every((value) => typeof value === "string");
    case "literal":
      return def.values.every((value) => typeof value === "string");
    case "union":
      return def.options.some(isText) && def.options.every((option) => isText(option) || option._zod.def.type === "null");
    case "intersection":
      return isText(def.left) || isText(def.right);
    case "pipe":
      return isText(def.out);
    case "nullable":
    case "optional":
    case "nonoptional":
    case "default":
    case "prefault":
    case "catch":
    case "readonly":
      return isText(def.innerType);
    default:
      return false;
  }
}

/** @param keyword options of `x-verbatim` */
export function markVerbatim(schema: z.ZodType, keyword: object, absent: boolean): z.ZodType {
  const marked = schema.meta({ ...schema.meta(), "x-verbatim": Object.keys(keyword).length === 0 ? true : keyword });
  return absent ? marked.nullable() : marked;
}
