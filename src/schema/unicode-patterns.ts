// Patterns of a JSON Schema in Unicode mode, as the decoder reads them; Zod compiles them without the flag.
import { z } from "zod";

type SchemaObject = Record<string, unknown>;

const MARK = "x-unicode-pattern";
/** Their values are data, which may look like a schema. */
const DATA: ReadonlySet<string> = new Set(["const", "enum", "default", "examples"]);
/** Their keys are names, which may read like keywords. */
const MAPS: ReadonlySet<string> = new Set(["properties", "patternProperties", "dependentSchemas", "$defs", "definitions"]);

/** The Zod schema of a JSON Schema; patterns that are valid only without the flag `u` stay without it. */
export function zodOfJsonSchema(schema: SchemaObject): z.ZodType {
  const seen = new WeakSet<object>();
  // Zod hands what it makes of a schema with a keyword unknown to it to its registry: there the patterns are in reach.
  const registry = Object.assign(z.registry(), { add: (made: unknown) => recompile(made, seen) });
  return z.fromJSONSchema(mark(schema) as never, { registry: registry as never });
}

function mark(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(mark);
  if (!isObject(part)) return part;
  const schema = mapValues(part, (value, key) => {
    if (DATA.has(key)) return value;
    return MAPS.has(key) && isObject(value) ? mapValues(value, mark) : mark(value);
  });
  if (isObject(schema.patternProperties)) return { ...closeByNames(schema, schema.patternProperties), [MARK]: true };
  return typeof schema.pattern === "string" ? { ...schema, [MARK]: true } : schema;
}

/** Where Zod tests other names against patterns of its own, the same said by `propertyNames`. */
function closeByNames(schema: SchemaObject, patterns: SchemaObject): SchemaObject {
  if (schema.additionalProperties !== false) return schema;
  const { additionalProperties: _closed, ...rest } = schema;
  const named = { enum: Object.keys(isObject(schema.properties) ? schema.properties : {}) };
  const patterned = Object.keys(patterns).map((pattern) => ({ type: "string", pattern, [MARK]: true }));
  const names = { anyOf: named.enum.length > 0 ? [named, ...patterned] : patterned };
  return { ...rest, propertyNames: schema.propertyNames === undefined ? names : { allOf: [schema.propertyNames, names] } };
}

/** Gives the patterns in a Zod schema, or in what it is made of, the flag. */
function recompile(part: unknown, seen: WeakSet<object>): void {
  if (Array.isArray(part)) for (const item of part) recompile(item, seen);
  if (!isObject(part) || !isObject(part._zod) || seen.has(part)) return;
  seen.add(part);
  const { def } = part._zod;
  if (!isObject(def)) return;
  if (def.format === "regex" && def.pattern instanceof RegExp) def.pattern = withUnicode(def.pattern);
  for (const inner of Object.values(def)) recompile(inner, seen);
}

function withUnicode(pattern: RegExp): RegExp {
  try {
    return new RegExp(pattern.source, "u");
  } catch {
    return pattern;
  }
}

function mapValues(object: SchemaObject, map: (value: unknown, key: string) => unknown): SchemaObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value, key)]));
}

function isObject(value: unknown): value is SchemaObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
