// The keywords of arrays and objects as sets.
import { type ArraySet, type ContainsRule, FULL, type ItemLayer, type ObjectSet, type PropertyLayer, type ValueSet } from "./constraint/constraint.js";
import { readCount, readMap, readNames, refuse, type SchemaObject } from "./keyword-table.js";
import { patternRule, speaksOf } from "./scalar-reader.js";
import type { Place } from "./schema-document.js";
import type { SchemaReader } from "./schema-reader.js";

const ARRAY_KEYWORDS = ["items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains"];
const OBJECT_KEYWORDS = [
  "properties", "required", "additionalProperties", "patternProperties", "propertyNames", "minProperties", "maxProperties",
];

export function readArraySet(reader: SchemaReader, schema: SchemaObject, place: Place): ValueSet {
  if (!speaksOf(schema, ARRAY_KEYWORDS)) return FULL.array;
  const { path } = place;
  const { uniqueItems } = schema;
  if (uniqueItems !== undefined && typeof uniqueItems !== "boolean") refuse(path, "uniqueItems", "it must be true or false.");
  const layer = readItems(reader, schema, place);
  const rule = readContains(reader, schema, place);
  const set: ArraySet = {
    kind: "array",
    layers: layer.prefix.length === 0 && layer.rest === reader.store.any ? [] : [layer],
    minItems: readCount(schema, "minItems", path, 0),
    maxItems: readCount(schema, "maxItems", path, Infinity),
    contains: rule ? [rule] : [],
    uniqueAt: uniqueItems ? path : undefined,
    opaque: [],
  };
  return set;
}

function readItems(reader: SchemaReader, schema: SchemaObject, place: Place): ItemLayer {
  // Draft 7 writes a tuple as a list under `items`.
  const isTuple = Array.isArray(schema.items);
  const prefixKeyword = isTuple ? "items" : "prefixItems";
  const restKeyword = isTuple ? "additionalItems" : "items";
  const prefix = schema[prefixKeyword] ?? [];
  if (!Array.isArray(prefix)) refuse(place.path, prefixKeyword, "it must be a list of schemas.");
  return {
    prefix: prefix.map((item, index) => reader.child(item, place, prefixKeyword, index)),
    rest: reader.child(schema[restKeyword] ?? true, place, restKeyword),
  };
}

function readContains(reader: SchemaReader, schema: SchemaObject, place: Place): ContainsRule | undefined {
  if (schema.contains === undefined) return undefined;
  const min = readCount(schema, "minContains", place.path, 1);
  const max = readCount(schema, "maxContains", place.path, Infinity);
  if (min === 0 && max === Infinity) return undefined;
  return { prefix: [], rest: reader.child(schema.contains, place, "contains"), min, max, path: place.path };
}

export function readObjectSet(reader: SchemaReader, schema: SchemaObject, place: Place): ValueSet {
  if (!speaksOf(schema, OBJECT_KEYWORDS)) return FULL.object;
  const { path } = place;
  const layer = readProperties(reader, schema, place);
  const isVoid = layer.properties.size === 0 && layer.patterns.length === 0 && layer.additional === reader.store.any;
  const names = reader.child(schema.propertyNames ?? true, place, "propertyNames");
  const required = schema.required === undefined ? [] : [...new Set(readNames(schema.required, "required", path))];
  return {
    kind: "object",
    layers: isVoid ? [] : [layer],
    names: names === reader.store.any ? [] : [names],
    required,
    witnesses: [],
    ...readPropertyCounts(schema, path, new Set([...layer.properties.keys(), ...required]).size),
  };
}

/** More names than these that no keyword gives are not looked for. */
const MOST_OTHER_NAMES = 64;
/** Counts of properties beside each property: 8 bytes each. */
const MOST_COUNTS = 1_000_000;

/** @param named properties that the schema names */
function readPropertyCounts(schema: SchemaObject, path: string, named: number): Pick<ObjectSet, "minProperties" | "maxProperties" | "opaque"> {
  const minProperties = readCount(schema, "minProperties", path, 0);
  const maxProperties = readCount(schema, "maxProperties", path, Infinity);
  const uncounted = (keyword: string, reason: string) => ({ minProperties: 0, maxProperties: Infinity, opaque: [{ path, keyword, reason }] });
  if (minProperties > named + MOST_OTHER_NAMES) return uncounted("minProperties", `it asks for more than ${MOST_OTHER_NAMES} properties that are not named.`);
  const highest = Math.max(minProperties, maxProperties === Infinity ? 0 : maxProperties);
  if (named * highest > MOST_COUNTS) return uncounted(maxProperties === Infinity ? "minProperties" : "maxProperties", "so many properties are not counted.");
  return { minProperties, maxProperties, opaque: [] };
}

function readProperties(reader: SchemaReader, schema: SchemaObject, place: Place): PropertyLayer {
  const properties = readMap(schema, "properties", place.path);
  const patterns = readMap(schema, "patternProperties", place.path);
  return {
    properties: new Map(properties.map(([name, value]) => [name, reader.child(value, place, "properties", name)])),
    patterns: patterns.map(([pattern, value]) => ({
      rule: patternRule(pattern, `${place.path}/patternProperties`, pattern),
      value: reader.child(value, place, "patternProperties", pattern),
    })),
    additional: reader.child(schema.additionalProperties ?? true, place, "additionalProperties"),
  };
}
