// Strings that are one of those the document has: what a pattern finds, its keys, or the labels of its rows.
import { z } from "zod";
import { markVerbatim, requireOptions, type VerbatimOptions } from "./verbatim.js";

/**
 * One of the strings that the document has:
 * - a regular expression: what it finds in the text the model reads, line breaks and all, so write `\s+` where a line
 *   may break. Flags `i`, `m` and `s` count. `wholeWords` is false unless asked for.
 * - `"keys"`: the names of the properties of JSON, elements of XML or columns of a table.
 * - `"rows"`: the labels in the first column of CSV and Markdown tables.
 *
 * Where the document has none, only `absent: true` lets the model answer at all (`null`); without it the call throws
 * an UnsatisfiableSchemaError.
 *
 * @throws {RangeError} where the pattern is none under the flag `u`.
 * @throws {TypeError} where `strings` or an option is none of these.
 */
export function oneOfSource(strings: RegExp | "keys" | "rows", options: VerbatimOptions & { absent: true }): z.ZodNullable<z.ZodString>;
export function oneOfSource(strings: RegExp | "keys" | "rows", options?: VerbatimOptions): z.ZodString;
export function oneOfSource(strings: RegExp | "keys" | "rows", { absent = false, ...options }: VerbatimOptions = {}): z.ZodType {
  requireOptions("oneOfSource", options);
  if (isRegExp(strings)) {
    return markVerbatim(z.string(), { ...options, pattern: unicodeSource(strings), ...flagsOf(strings) }, absent);
  }
  if (strings !== "keys" && strings !== "rows") {
    throw new TypeError(`oneOfSource: pass a regular expression such as /Art\\. \\d+/, "rows" or "keys", not ${JSON.stringify(strings)}.`);
  }
  const marked = z.string().meta({ "x-one-of-source": strings });
  return absent ? marked.nullable() : marked;
}

/** Of another realm, too. */
function isRegExp(strings: unknown): strings is RegExp {
  return Object.prototype.toString.call(strings) === "[object RegExp]";
}

function unicodeSource({ source }: RegExp): string {
  try {
    return new RegExp(source, "u").source;
  } catch (error) {
    throw new RangeError(`oneOfSource: the pattern must be valid under the flag u. ${(error as Error).message}.`);
  }
}

function flagsOf({ flags }: RegExp): { flags?: string } {
  const kept = flags.replaceAll(/[^ims]/gu, "");
  return kept === "" ? {} : { flags: kept };
}
