// `enum` and `const`: the values as texts, without those that the keywords beside them forbid.
import type { JsonStyle } from "../shape.js";
import { jsonText } from "./json-text.js";
import { isSchemaObject, type JsonType, readCount, readNumber, refuse, type SchemaObject, typesOf } from "./keywords.js";

/** Beside a list of scalars these are checked value by value; anything else is refused. */
const CHECKED = new Set([
  "enum", "const", "type", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "uniqueItems",
]);

export function readEnum(schema: SchemaObject, keywords: readonly string[], path: string, style: JsonStyle): string[] {
  const unchecked = keywords.find((keyword) => !CHECKED.has(keyword));
  if (unchecked) refuse(path, unchecked, "it stands beside a list of values.");
  if (schema.enum !== undefined && !Array.isArray(schema.enum)) refuse(path, "enum", "it must be a list of values.");
  const listed = schema.enum === undefined ? undefined : new Set((schema.enum as unknown[]).map((value) => jsonText(value, style)));
  const values = schema.const === undefined ? (schema.enum as unknown[]) : [schema.const];
  const types = schema.type === undefined ? undefined : typesOf(schema, path);
  return values
    .filter((value) => (!types || types.some((type) => isOfType(value, type))) && fitsBounds(value, schema, path))
    .map((value) => jsonText(value, style))
    .filter((text) => !listed || listed.has(text));
}

function isOfType(value: unknown, type: JsonType): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return isSchemaObject(value);
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function fitsBounds(value: unknown, schema: SchemaObject, path: string): boolean {
  if (typeof value === "string") {
    const length = [...value].length;
    return length >= readCount(schema, "minLength", path, 0) && length <= readCount(schema, "maxLength", path, Infinity);
  }
  if (typeof value !== "number") return true;
  return (
    value >= readNumber(schema, "minimum", path, -Infinity) &&
    value <= readNumber(schema, "maximum", path, Infinity) &&
    value > readNumber(schema, "exclusiveMinimum", path, -Infinity) &&
    value < readNumber(schema, "exclusiveMaximum", path, Infinity)
  );
}
