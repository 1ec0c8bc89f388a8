// Objects and arrays of a JSON Schema as shapes.
import { type ArrayShape, type ObjectShape, type PropertyShape, type Shape, unionShape } from "../shape.js";
import { escapePointer, isSchemaObject, readCount, refuse, requireAlone, type SchemaObject, validityKeywords } from "./keywords.js";
import type { LexemeStore } from "./lexeme-store.js";

/** What reading a structure needs of the whole: its parts' shapes. */
export interface PartReader {
  readonly lexemes: LexemeStore;
  read(schema: unknown, path: string): Shape;
}

export function readArray(reader: PartReader, schema: SchemaObject, path: string): ArrayShape {
  // Draft 7 writes a tuple as a list under `items`.
  const isTuple = Array.isArray(schema.items);
  const prefixKeyword = isTuple ? "items" : "prefixItems";
  const restKeyword = isTuple ? "additionalItems" : "items";
  const prefix = schema[prefixKeyword] ?? [];
  if (!Array.isArray(prefix)) refuse(path, prefixKeyword, "it must be a list of schemas.");
  return {
    kind: "array",
    prefix: prefix.map((item, index) => ({ value: reader.read(item, `${path}/${prefixKeyword}/${index}`), counted: undefined })),
    rest: { value: reader.read(schema[restKeyword] ?? true, `${path}/${restKeyword}`), counted: undefined },
    minItems: readCount(schema, "minItems", path, 0),
    maxItems: readCount(schema, "maxItems", path, Infinity),
    contains: undefined,
    isUnique: false,
    minimumBytes: Infinity,
  };
}

export function readObject(reader: PartReader, schema: SchemaObject, path: string): ObjectShape {
  const declared = schema.properties ?? {};
  if (!isSchemaObject(declared)) refuse(path, "properties", "it must be an object of schemas.");
  const required = readRequired(schema, path);
  const names = readNames(schema, path);
  const additional = reader.read(schema.additionalProperties ?? true, `${path}/additionalProperties`);
  const property = (key: string, value: Shape): PropertyShape => ({
    key,
    value: names.allows(key) ? value : unionShape([]),
    isRequired: required.has(key),
  });
  const properties = Object.entries(declared).map(([key, value]) =>
    property(key, reader.read(value, `${path}/properties/${escapePointer(key)}`)),
  );
  // Names that are known otherwise: wanted by `required`, or the only ones that `propertyNames` has.
  const others = new Set([...required, ...(names.listed ?? [])]);
  for (const key of others) if (!Object.hasOwn(declared, key)) properties.push(property(key, additional));
  const known = properties.map(({ key }) => key);
  const free = names.listed ? [] : [{ key: reader.lexemes.key(known, names.minLength, names.maxLength), value: additional }];
  return { kind: "object", properties, free, minProperties: 0, maxProperties: Infinity, minimumBytes: Infinity };
}

function readRequired(schema: SchemaObject, path: string): Set<string> {
  const required = schema.required ?? [];
  const isList = Array.isArray(required) && required.every((name) => typeof name === "string");
  return isList ? new Set<string>(required) : refuse(path, "required", "it must be a list of names.");
}

interface NameRule {
  /** All names there are, where they are listed. */
  listed: string[] | undefined;
  minLength: number;
  maxLength: number;
  allows(name: string): boolean;
}

function readNames(schema: SchemaObject, path: string): NameRule {
  const rule = schema.propertyNames ?? true;
  const at = `${path}/propertyNames`;
  if (rule === true) return { listed: undefined, minLength: 0, maxLength: Infinity, allows: () => true };
  if (!isSchemaObject(rule)) return refuse(path, "propertyNames", "it must be a schema of names.");
  const keywords = validityKeywords(rule, at).filter((keyword) => keyword !== "minLength" && keyword !== "maxLength");
  if (rule.type !== undefined && rule.type !== "string") refuse(at, "type", "names are strings.");
  const minLength = readCount(rule, "minLength", at, 0);
  const maxLength = readCount(rule, "maxLength", at, Infinity);
  const others = keywords.filter((keyword) => keyword !== "type");
  if (others.length > 0) requireAlone(others, rule.enum === undefined ? "const" : "enum", at);
  const values: unknown = rule.enum ?? (rule.const === undefined ? undefined : [rule.const]);
  if (values !== undefined && !Array.isArray(values)) refuse(at, "enum", "it must be a list of names.");
  const fits = (name: string) => [...name].length >= minLength && [...name].length <= maxLength;
  const listed = values?.filter((name) => typeof name === "string").filter(fits);
  return { listed, minLength, maxLength, allows: (name) => fits(name) && (!listed || listed.includes(name)) };
}
