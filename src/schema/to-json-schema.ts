// Any schema a user may hold -> JSON Schema, which the prompt prints and the engine enforces.
import { z } from "zod";
import { zodToJsonSchema } from "zod-to-json-schema";
import { SchemaError } from "../error/schema-error.js";
import type { JsonSchema } from "../model/language-model.js";
import { schemaKind, type StandardSchema } from "./schema-kind.js";

type SchemaObject = Record<string, unknown>;

/** Any of these makes an object a JSON Schema rather than, say, a list of field names. */
const telling = ["type", "properties", "items", "prefixItems", "enum", "const", "anyOf", "oneOf", "allOf", "$ref"];
/** Formats whose pattern Zod adds on its own; the format says as much in one word. */
const plainFormats: ReadonlySet<unknown> = new Set(["date", "time", "date-time"]);

/**
 * The JSON Schema of what `schema` puts out: of a Zod schema (3 or 4), of any Standard Schema that can tell
 * its JSON Schema, or of a JSON Schema object.
 *
 * @throws {SchemaError} where it is none of these or holds what JSON cannot say, such as dates or transforms.
 */
export function toJsonSchema(schema: unknown): JsonSchema {
  const { $schema: _dialect, ...rest } = convert(schema);
  return rest;
}

function convert(schema: unknown): SchemaObject {
  const kind = schemaKind(schema);
  switch (kind.type) {
    case "zod4":
      return explain(() => z.toJSONSchema(kind.schema, { override: ({ jsonSchema }) => dropNoise(jsonSchema as SchemaObject) }));
    case "zod3":
      return explain(() => zodToJsonSchema(kind.schema as never) as SchemaObject);
    case "standard":
      return explain(() => standardOutput(kind.schema));
    case "json":
      if (!telling.some((keyword) => keyword in kind.schema)) {
        throw new SchemaError(`An object with the keys ${Object.keys(kind.schema).join(", ") || "(none)"} is no JSON Schema.`, {
          hint: "Pass a Zod schema, or a JSON Schema such as { type: \"object\", properties: { ... } }.",
        });
      }
      return kind.schema;
  }
}

function standardOutput(schema: StandardSchema): SchemaObject {
  const { vendor, jsonSchema } = schema["~standard"];
  if (!jsonSchema) {
    throw new SchemaError(`The ${vendor} schema cannot tell its JSON Schema.`, {
      hint: "Use a version of that library which implements Standard JSON Schema, or a Zod schema.",
    });
  }
  return jsonSchema.output({ target: "draft-2020-12" });
}

function dropNoise(schema: SchemaObject): void {
  if (plainFormats.has(schema.format)) delete schema.pattern;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
}

function explain(make: () => SchemaObject): SchemaObject {
  try {
    return make();
  } catch (cause) {
    if (SchemaError.isInstance(cause)) throw cause;
    throw new SchemaError(`The schema has no JSON Schema: ${cause instanceof Error ? cause.message : String(cause)}.`, {
      cause,
      hint: "The model writes JSON: use strings (z.iso.date() for dates), numbers, booleans, arrays and objects, and transform the result afterwards.",
    });
  }
}
