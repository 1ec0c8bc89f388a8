// The keywords of numbers and strings as sets.
import { type Format, FORMATS } from "../regex/formats.js";
import { FULL, type NumberSet, type Refusal, type StringSet, type TextRule, type ValueSet } from "./constraint/constraint.js";
import { readCount, readNumber, refuse, type SchemaObject } from "./keyword-table.js";
import type { Place } from "./schema-document.js";
import type { SchemaReader } from "./schema-reader.js";

const NUMBER_KEYWORDS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
/** Formats of the specification whose texts no regular expression describes. */
const BEYOND_PATTERNS: ReadonlySet<unknown> = new Set(["regex", "idn-hostname"]);
const STRING_KEYWORDS = ["minLength", "maxLength", "pattern", "format", "x-verbatim"];

/** Whether the schema has one of these keywords. */
export function speaksOf(schema: SchemaObject, keywords: readonly string[]): boolean {
  return keywords.some((keyword) => schema[keyword] !== undefined);
}

export function readNumberSet(schema: SchemaObject, isInteger: boolean, path: string): ValueSet {
  if (!isInteger && !speaksOf(schema, NUMBER_KEYWORDS)) return FULL.number;
  const minimum = readNumber(schema, "minimum", path, -Infinity);
  const maximum = readNumber(schema, "maximum", path, Infinity);
  const above = readExclusive(schema, "exclusiveMinimum", path, minimum, -Infinity);
  const below = readExclusive(schema, "exclusiveMaximum", path, maximum, Infinity);
  const divisor = readNumber(schema, "multipleOf", path, 1);
  if (divisor <= 0) refuse(path, "multipleOf", "it must be above zero.");
  const set: NumberSet = {
    kind: "number",
    isInteger,
    isFraction: false,
    minimum: Math.max(minimum, above),
    isMinimumOpen: above >= minimum && above > -Infinity,
    maximum: Math.min(maximum, below),
    isMaximumOpen: below <= maximum && below < Infinity,
    multiplesOf: schema.multipleOf === undefined ? [] : [divisor],
    except: [],
    opaque: [],
  };
  return set;
}

/** A number, or draft 4's flag on the bound beside it. */
function readExclusive(schema: SchemaObject, keyword: string, path: string, bound: number, none: number): number {
  const value = schema[keyword];
  if (typeof value === "boolean") return value ? bound : none;
  return readNumber(schema, keyword, path, none);
}

export function readStringSet(reader: SchemaReader, schema: SchemaObject, place: Place): ValueSet {
  if (!speaksOf(schema, STRING_KEYWORDS)) return FULL.string;
  const { path } = place;
  const rules: TextRule[] = [];
  if (schema.pattern !== undefined) rules.push(patternRule(schema.pattern, path, "pattern"));
  const format = readFormat(reader, schema, path);
  if (format) rules.push({ key: `f${String(schema.format)}`, pattern: format.pattern, isNegated: false, path, keyword: "format" });
  const verbatim = schema["x-verbatim"];
  const isVerbatim = verbatim !== undefined && verbatim !== false;
  const opaque: Refusal[] = [];
  if (isVerbatim && !reader.options.hasVerbatim) opaque.push({ path, keyword: "x-verbatim", reason: "there is no source to copy from." });
  if (BEYOND_PATTERNS.has(schema.format)) opaque.push({ path, keyword: "format", reason: `no pattern describes the format "${String(schema.format)}".` });
  const set: StringSet = {
    kind: "string",
    minLength: readCount(schema, "minLength", path, 0),
    maxLength: Math.min(readCount(schema, "maxLength", path, Infinity), format?.maxLength ?? Infinity),
    rules,
    except: [],
    verbatim: isVerbatim && reader.options.hasVerbatim ? { options: verbatim, path } : undefined,
    opaque,
  };
  return set;
}

/** @param at the JSON pointer, and the keyword there, that a refusal names */
export function patternRule(pattern: unknown, at: string, keyword: string): TextRule {
  if (typeof pattern !== "string") refuse(at, keyword, "it must be a regular expression.");
  return { key: `p${pattern}`, pattern, isNegated: false, path: at, keyword };
}

function readFormat(reader: SchemaReader, { format: name, pattern }: SchemaObject, path: string): Format | undefined {
  if (name === undefined) return undefined;
  if (typeof name !== "string") refuse(path, "format", "it must be the name of a format.");
  const format = FORMATS.get(name);
  // Beside a pattern the name of a format only says what the pattern is of.
  if (!format && !BEYOND_PATTERNS.has(name) && pattern === undefined) {
    reader.options.note({ path, keyword: "format", reason: `the format ${JSON.stringify(name)} is not known: it is taken as an annotation.` });
  }
  return format;
}
