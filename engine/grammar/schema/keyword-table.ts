// The keywords of JSON Schema, by what becomes of them, and how their values are read or refused.
import { UnsupportedSchemaError } from "../../error/unsupported-schema-error.js";
import type { JsonType } from "./constraint/constraint.js";

export type SchemaObject = { readonly [keyword: string]: unknown };

export const SINGLE_SCHEMAS: ReadonlySet<string> = new Set([
  "additionalItems", "additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
]);
export const LISTS_OF_SCHEMAS: ReadonlySet<string> = new Set(["allOf", "anyOf", "items", "oneOf", "prefixItems"]);
export const DEFINITION_MAPS: ReadonlySet<string> = new Set([
  "$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties",
]);

/** What says something of values of one type alone. */
const BY_TYPE: readonly string[] = [
  "minLength", "maxLength", "pattern", "format", "x-verbatim",
  "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
  "items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains", "minContains", "maxContains",
  "properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties", "maxProperties",
];

const ENFORCED: ReadonlySet<string> = new Set([
  "type", "enum", "const", "$ref", "$dynamicRef", "$recursiveRef", "allOf", "anyOf", "oneOf", "not", "if", "then", "else",
  "dependencies", "dependentRequired", "dependentSchemas", "unevaluatedItems", "unevaluatedProperties", ...BY_TYPE,
]);

const ANNOTATIONS: ReadonlySet<string> = new Set([
  "title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment", "$schema", "$id", "id", "$anchor",
  "$dynamicAnchor", "$recursiveAnchor", "$vocabulary", "contentEncoding", "contentMediaType", "contentSchema", "$defs", "definitions",
]);

const TYPES: readonly unknown[] = ["object", "array", "string", "number", "integer", "boolean", "null"];

export function isSchemaObject(value: unknown): value is SchemaObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function refuse(path: string, keyword: string, reason: string): never {
  throw new UnsupportedSchemaError(`${path}/${escapePointer(keyword)}`, keyword, reason);
}

/** One step of a JSON pointer (RFC 6901). */
export function escapePointer(step: string): string {
  return step.includes("~") || step.includes("/") ? step.replaceAll("~", "~0").replaceAll("/", "~1") : step;
}

/** The keywords that say something about validity; unknown ones go to `note`. */
export function validityKeywords(schema: SchemaObject, isLegacy: boolean, note: (keyword: string) => void): string[] {
  if (isLegacy && typeof schema.$ref === "string") return ["$ref"];
  const keywords: string[] = [];
  for (const keyword of Object.keys(schema)) {
    if (schema[keyword] === undefined || ANNOTATIONS.has(keyword)) continue;
    if (ENFORCED.has(keyword)) keywords.push(keyword);
    else if (!keyword.startsWith("x-")) note(keyword);
  }
  return keywords;
}

/** The declared types, with "integer" among them; undefined where none are declared. */
export function readTypes(schema: SchemaObject, path: string): ReadonlySet<JsonType | "integer"> | undefined {
  const declared = schema.type;
  if (declared === undefined) return undefined;
  const list: unknown[] = Array.isArray(declared) ? declared : [declared];
  const unknown = list.find((type) => !TYPES.includes(type));
  if (unknown !== undefined || list.length === 0) refuse(path, "type", `${JSON.stringify(unknown ?? declared)} is no JSON type.`);
  return new Set(list as (JsonType | "integer")[]);
}

export function readCount(schema: SchemaObject, keyword: string, path: string, fallback: number): number {
  const value = schema[keyword];
  if (value === undefined) return fallback;
  if (!Number.isInteger(value) || (value as number) < 0) refuse(path, keyword, "it must be a whole number, zero or more.");
  return value as number;
}

export function readNumber(schema: SchemaObject, keyword: string, path: string, fallback: number): number {
  const value = schema[keyword];
  if (value === undefined) return fallback;
  if (typeof value !== "number" || !Number.isFinite(value)) refuse(path, keyword, "it must be a number.");
  return value;
}

export function readList(schema: SchemaObject, keyword: string, path: string): readonly unknown[] {
  const value = schema[keyword];
  if (!Array.isArray(value) || value.length === 0) refuse(path, keyword, "it must be a list of schemas.");
  return value;
}

export function readNames(value: unknown, keyword: string, path: string): string[] {
  const isList = Array.isArray(value) && value.every((name) => typeof name === "string");
  return isList ? value : refuse(path, keyword, "it must be a list of names.");
}

export function readMap(schema: SchemaObject, keyword: string, path: string): [name: string, value: unknown][] {
  const value = schema[keyword] ?? {};
  if (!isSchemaObject(value)) refuse(path, keyword, "it must be an object of schemas.");
  return Object.entries(value);
}
