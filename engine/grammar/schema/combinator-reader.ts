// The keywords that combine schemas: references, alternatives, negations, conditions.
import { ALL_OBJECTS, type Constraint, FULL, type ObjectSet } from "./constraint/constraint.js";
import { escapePointer, isSchemaObject, readList, readMap, readNames, refuse, type SchemaObject } from "./keyword-table.js";
import type { Place, PlacedSchema } from "./schema-document.js";
import type { SchemaReader } from "./schema-reader.js";

type Read = (reader: SchemaReader, schema: SchemaObject, place: Place) => readonly Constraint[];

const READERS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ["enum", readEnum],
  ["const", ({ store }, schema, { path }) => [store.literal([schema.const], path)]],
  ["$ref", (reader, schema, place) => [readReference(reader, schema, "$ref", place)]],
  ["$dynamicRef", (reader, schema, place) => [readReference(reader, schema, "$dynamicRef", place)]],
  ["$recursiveRef", (reader, schema, place) => [readReference(reader, schema, "$recursiveRef", place)]],
  ["allOf", (reader, schema, place) => readMembers(reader, schema, "allOf", place)],
  ["anyOf", (reader, schema, place) => [reader.store.or(readMembers(reader, schema, "anyOf", place), `${place.path}/anyOf`)]],
  ["oneOf", (reader, schema, place) => [reader.store.oneOf(readMembers(reader, schema, "oneOf", place), place.path)]],
  ["not", (reader, schema, place) => [reader.store.not(reader.child(schema.not, place, "not"), place.path, "not")]],
  ["if", readCondition],
  // Read with `if`.
  ["then", () => []],
  ["else", () => []],
  ["dependencies", readDependencies("dependencies")],
  ["dependentRequired", readDependencies("dependentRequired")],
  ["dependentSchemas", readDependencies("dependentSchemas")],
]);

/** The keywords read here. */
export const COMBINED: ReadonlySet<string> = new Set(READERS.keys());

export function readCombined(reader: SchemaReader, schema: SchemaObject, keyword: string, place: Place): readonly Constraint[] {
  return READERS.get(keyword)!(reader, schema, place);
}

function readEnum({ store }: SchemaReader, schema: SchemaObject, { path }: Place): Constraint[] {
  if (!Array.isArray(schema.enum)) refuse(path, "enum", "it must be a list of values.");
  return [store.literal(schema.enum, path)];
}

function readReference(reader: SchemaReader, schema: SchemaObject, keyword: string, place: Place): Constraint {
  const reference = schema[keyword];
  if (typeof reference !== "string") refuse(place.path, keyword, "it must be a reference.");
  const target = resolveReference(reader, reference, keyword, place);
  if (target) return reader.read(target.schema, target.place);
  return reader.store.opaque({ path: place.path, keyword, reason: `${reference} leads out of the schema, nowhere, or to a place that depends on the value.` });
}

export function resolveReference({ document }: SchemaReader, reference: string, keyword: string, place: Place): PlacedSchema | undefined {
  if (keyword === "$ref") return document.resolve(reference, place);
  if (keyword === "$dynamicRef") return document.resolveDynamic(reference, place);
  return document.hasManyResources ? undefined : document.resolve(reference, place);
}

function readMembers(reader: SchemaReader, schema: SchemaObject, keyword: string, place: Place): Constraint[] {
  return readList(schema, keyword, place.path).map((member, index) => reader.child(member, place, keyword, index));
}

function readCondition(reader: SchemaReader, schema: SchemaObject, place: Place): Constraint[] {
  if (schema.then === undefined && schema.else === undefined) return [];
  const { store } = reader;
  const condition = reader.child(schema.if, place, "if");
  const met = store.and([condition, reader.child(schema.then ?? true, place, "then")]);
  const unmet = store.and([store.not(condition, place.path, "if"), reader.child(schema.else ?? true, place, "else")]);
  return [store.or([met, unmet], place.path)];
}

/** What holds where a property is there. */
function readDependencies(keyword: string): Read {
  return (reader, schema, place) => {
    const { store } = reader;
    return readMap(schema, keyword, place.path).map(([name, value]) => {
      const path = `${place.path}/${keyword}/${escapePointer(name)}`;
      const isNames = Array.isArray(value) || (keyword === "dependentRequired" && !isSchemaObject(value));
      const wanted = isNames ? requires(reader, readNames(value, keyword, place.path), path) : reader.child(value, place, keyword, name);
      return store.or([forbids(reader, name, path), wanted], path);
    });
  };
}

/** Objects must have all of these; other values are free. */
export function requires({ store }: SchemaReader, names: readonly string[], path: string): Constraint {
  const set: ObjectSet = { ...ALL_OBJECTS, required: [...new Set(names)] };
  return store.create(path, (type) => [type === "object" ? set : FULL[type]]);
}

function forbids({ store }: SchemaReader, name: string, path: string): Constraint {
  const set: ObjectSet = { ...ALL_OBJECTS, layers: [store.without(name)] };
  return store.create(path, (type) => [type === "object" ? set : FULL[type]]);
}
