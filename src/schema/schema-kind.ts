// Tells what kind of schema a user passed; to-json-schema.ts and validate.ts act on it.
import type { z } from "zod";
import { SchemaError } from "../error/schema-error.js";

/** The part of Standard Schema (standardschema.dev) that is used here. */
export interface StandardSchema {
  "~standard": {
    vendor: string;
    validate(value: unknown): StandardResult | Promise<StandardResult>;
    jsonSchema?: { output(options: { target: "draft-2020-12" }): Record<string, unknown> };
  };
}

export interface StandardIssue {
  message: string;
  path?: readonly (PropertyKey | { key: PropertyKey })[];
}

export type StandardResult = { value: unknown; issues?: undefined } | { issues: readonly StandardIssue[] };

/** What Zod 3 and Zod 4 schemas have in common. */
export interface ZodLike {
  safeParse(value: unknown): { success: true; data: unknown } | { success: false; error: { issues: readonly StandardIssue[] } };
}

export type SchemaKind =
  | { type: "zod4"; schema: z.ZodType }
  | { type: "zod3"; schema: ZodLike }
  | { type: "standard"; schema: StandardSchema }
  | { type: "json"; schema: Record<string, unknown> };

/** @throws {SchemaError} where the value is no schema at all. */
export function schemaKind(schema: unknown): SchemaKind {
  // Some Standard Schema libraries make their schemas callable.
  if ((typeof schema === "object" && schema !== null) || typeof schema === "function") {
    if ("_zod" in schema) return { type: "zod4", schema: schema as z.ZodType };
    if ("_def" in schema && typeof (schema._def as { typeName?: unknown } | null)?.typeName === "string") {
      return { type: "zod3", schema: schema as unknown as ZodLike };
    }
    if ("~standard" in schema) return { type: "standard", schema: schema as StandardSchema };
    if (typeof schema === "object" && !Array.isArray(schema)) return { type: "json", schema: schema as Record<string, unknown> };
  }
  throw new SchemaError(`A schema is expected, not ${Array.isArray(schema) ? "an array" : String(schema)}.`, {
    hint: "Pass a Zod schema, a Standard Schema or a JSON Schema object.",
  });
}
