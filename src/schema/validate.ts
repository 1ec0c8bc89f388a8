// Checks a value against the user's schema, whatever library it comes from.
import type { z } from "zod";
import { SchemaError } from "../error/schema-error.js";
import { pointerOf } from "./json-pointer.js";
import { schemaKind, type StandardIssue, type StandardResult, type ZodLike } from "./schema-kind.js";
import { zodOfJsonSchema } from "./unicode-patterns.js";

export interface ValidationIssue {
  /** JSON pointer of the value that does not fit. */
  path: string;
  message: string;
}

export type Validation = { ok: true; value: unknown } | { ok: false; issues: ValidationIssue[] };

/**
 * The value as the schema puts it out (defaults filled in), or what is wrong with it.
 *
 * @throws {SchemaError} where the schema is unusable or can only validate asynchronously.
 */
export function validate(schema: unknown, value: unknown): Validation {
  const kind = schemaKind(schema);
  let result: StandardResult | Promise<StandardResult>;
  try {
    result =
      kind.type === "standard"
        ? kind.schema["~standard"].validate(value)
        : runZod(kind.type === "json" ? zodOfJsonSchema(kind.schema) : kind.schema, value);
  } catch (cause) {
    throw new SchemaError(`The schema cannot check a value: ${cause instanceof Error ? cause.message : String(cause)}.`, {
      cause,
      hint: "Asynchronous checks belong behind the task, on its result.",
    });
  }
  if (result instanceof Promise) {
    throw new SchemaError("The schema validates asynchronously.", { hint: "Asynchronous checks belong behind the task, on its result." });
  }
  return result.issues ? { ok: false, issues: result.issues.map(toIssue) } : { ok: true, value: result.value };
}

function runZod(schema: ZodLike | z.ZodType, value: unknown): StandardResult {
  const result = schema.safeParse(value) as ReturnType<ZodLike["safeParse"]>;
  return result.success ? { value: result.data } : { issues: result.error.issues };
}

function toIssue({ message, path = [] }: StandardIssue): ValidationIssue {
  return { path: pointerOf(path.map((step) => String(typeof step === "object" ? step.key : step))), message };
}
