// A record's schema cut down to some of its properties, so that they can be asked for by themselves.
import { SchemaError } from "../error/schema-error.js";
import type { JsonSchema } from "../model/language-model.js";

type SchemaObject = { readonly [keyword: string]: unknown };

/** Keywords of an object that look at properties which are no longer there. */
const wholeObject: ReadonlySet<string> = new Set(
  "allOf anyOf oneOf not if then else dependentRequired dependentSchemas dependencies patternProperties propertyNames unevaluatedProperties minProperties maxProperties".split(" "),
);

/** Where the whole schema is kept for references to it. */
const WHOLE = "x-whole-record";

/** The properties that the schema of a record names. */
export function propertiesOf(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return (typeof schema === "object" && (schema.properties as Record<string, JsonSchema> | undefined)) || {};
}

/** Throws a SchemaError unless the schema is a record's, whose properties the groups name, each at most once. */
export function requireProperties(schema: JsonSchema, groups: readonly (readonly string[])[] = []): void {
  const names = Object.keys(propertiesOf(schema));
  if (names.length === 0) throw new SchemaError("A schema that is read field by field is that of an object with named properties.", { hint: 'Use the strategy "record".' });
  const grouped = groups.flat();
  const wrong = grouped.find((name, index) => !names.includes(name) || grouped.indexOf(name) !== index);
  if (wrong === undefined) return;
  throw new SchemaError(`The groups of fields name ${JSON.stringify(wrong)}, which ${names.includes(wrong) ? "stands there twice" : "is no property"}.`, { hint: `The properties are ${names.join(", ")}.` });
}

/** `schema` with the named ones of its properties and no others. */
export function pickProperties(schema: JsonSchema, names: readonly string[]): JsonSchema {
  const whole = schema as SchemaObject;
  const picked = {
    ...Object.fromEntries(Object.entries(whole).filter(([keyword]) => !wholeObject.has(keyword))),
    properties: Object.fromEntries(names.map((name) => [name, propertiesOf(schema)[name]])),
    required: ((whole.required as string[] | undefined) ?? []).filter((name) => names.includes(name)),
    additionalProperties: false,
  };
  if (!refersToRecord(picked)) return picked;
  const { $defs, ...rest } = redirected(picked) as SchemaObject;
  return { ...rest, $defs: { ...($defs as SchemaObject | undefined), [WHOLE]: redirected(whole) } };
}

function refersToRecord(part: unknown): boolean {
  if (typeof part !== "object" || part === null) return false;
  return Object.entries(part).some(([key, value]) => (key === "$ref" ? isRecordReference(value) : refersToRecord(value)));
}

/** References to the root, or below its properties, lead to the schema that is kept whole. */
function redirected(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(redirected);
  if (typeof part !== "object" || part === null) return part;
  const entries = Object.entries(part).map(([key, value]) => [
    key,
    key === "$ref" && isRecordReference(value) ? `#/$defs/${WHOLE}${value.slice(1)}` : redirected(value),
  ]);
  return Object.fromEntries(entries);
}

function isRecordReference(reference: unknown): reference is string {
  return typeof reference === "string" && (reference === "#" || reference.startsWith("#/properties/"));
}
