// Which JSON Schema keywords are enforced, which say nothing about validity, and how a keyword is read and refused.
import { UnsupportedSchemaError } from "../../error/unsupported-schema-error.js";

export type SchemaObject = { readonly [keyword: string]: unknown };
export type JsonType = "string" | "number" | "integer" | "boolean" | "null" | "array" | "object";

const TYPES: readonly JsonType[] = ["object", "array", "string", "number", "integer", "boolean", "null"];

/** Read on their own: only annotations may stand beside the first four. */
const COMBINATORS = ["$ref", "anyOf", "oneOf", "allOf", "not", "enum", "const"];

const KEYWORDS_OF_TYPE: Partial<Record<JsonType, readonly string[]>> = {
  object: ["properties", "required", "additionalProperties", "propertyNames"],
  array: ["items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems"],
  string: ["minLength", "maxLength", "format"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
};

const ANNOTATIONS = new Set([
  "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment", "$schema", "$id",
  "contentEncoding", "contentMediaType", "contentSchema", "$defs", "definitions",
]);

const ENFORCED = new Set(["type", ...COMBINATORS, ...Object.values(KEYWORDS_OF_TYPE).flat()]);

export function refuse(path: string, keyword: string, reason: string): never {
  throw new UnsupportedSchemaError(`${path}/${escapePointer(keyword)}`, keyword, reason);
}

/** One step of a JSON pointer (RFC 6901). */
export function escapePointer(step: string): string {
  return step.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** The keywords that say something about validity; refuses those that cannot be enforced. */
export function validityKeywords(schema: SchemaObject, path: string): string[] {
  const keywords = Object.keys(schema).filter(
    (keyword) => schema[keyword] !== undefined && !ANNOTATIONS.has(keyword) && !keyword.startsWith("x-"),
  );
  for (const keyword of keywords) {
    if (!ENFORCED.has(keyword)) refuse(path, keyword, `the keyword "${keyword}" is not supported.`);
  }
  if (schema.uniqueItems !== undefined && schema.uniqueItems !== false) refuse(path, "uniqueItems", "items are not compared.");
  return keywords;
}

export function requireAlone(keywords: readonly string[], keyword: string, path: string): void {
  const other = keywords.find((candidate) => candidate !== keyword);
  if (other) refuse(path, other, `it stands beside "${keyword}", and the two cannot be combined.`);
}

/** The declared types; without any, those that the keywords speak of; undefined where nothing is said. */
export function typesOf(schema: SchemaObject, path: string): JsonType[] | undefined {
  const declared = schema.type;
  if (declared === undefined) {
    const implied = TYPES.filter((type) => KEYWORDS_OF_TYPE[type]?.some((keyword) => schema[keyword] !== undefined));
    return implied.length > 0 ? implied : undefined;
  }
  const list: unknown[] = Array.isArray(declared) ? declared : [declared];
  const unknown = list.find((type) => !TYPES.includes(type as JsonType));
  if (unknown !== undefined || list.length === 0) refuse(path, "type", `${JSON.stringify(unknown ?? declared)} is no JSON type.`);
  const types = [...new Set(list as JsonType[])];
  return types.includes("number") ? types.filter((type) => type !== "integer") : types;
}

export function readCount(schema: SchemaObject, keyword: string, path: string, fallback: number): number {
  const value = schema[keyword];
  if (value === undefined) return fallback;
  if (!Number.isSafeInteger(value) || (value as number) < 0) refuse(path, keyword, "it must be a whole number, zero or more.");
  return value as number;
}

export function readNumber(schema: SchemaObject, keyword: string, path: string, fallback: number): number {
  const value = schema[keyword];
  if (value === undefined) return fallback;
  if (typeof value !== "number" || !Number.isFinite(value)) refuse(path, keyword, "it must be a number.");
  return value;
}

export function isSchemaObject(value: unknown): value is SchemaObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
