// What the model answered -> the task's output: checked, normalised in code, checked again.
import { CheckFailedError } from "../error/output/check-failed-error.js";
import { OutputValidationError } from "../error/output/output-validation-error.js";
import type { Warning } from "../result/extraction.js";
import type { FieldTree } from "../result/field-tree.js";
import { validate } from "../schema/validate.js";
import type { TypedSchema } from "../task-definition.js";
import { carryFields } from "./carry-fields.js";
import type { Answer, Reading } from "./reading.js";

/** One usable sample. */
export interface Sample {
  /** JSON of the output. */
  data: unknown;
  /** The output as its schema puts it out. */
  value: unknown;
  fields: FieldTree;
  warnings: Warning[];
}

/** Throws an OutputValidationError where the answer or what became of it does not fit its schema. */
export function toOutput({ task, document, context }: Reading, answer: Answer): Sample {
  const { definition, answerSchema } = task;
  const rawText = answer.replies.map(({ result }) => result.text).join("\n");
  const answered = check(answerSchema, answer.data, rawText);
  if (!definition.answer) return { data: answer.data, value: answered, fields: answer.fields, warnings: answer.warnings };
  const { data, evidence, warnings = [] } = definition.answer.normalize(answered, { document, language: context.language });
  const value = check(definition.output, data, rawText);
  const fields = carryFields(data, { answer: answer.data, fields: answer.fields }, evidence);
  return { data, value, fields, warnings: [...answer.warnings, ...warnings] };
}

function check(schema: TypedSchema, data: unknown, rawText: string): unknown {
  const checked = validate(schema, data);
  if (checked.ok) return checked.value;
  const list = checked.issues.map(({ path, message }) => `${path || "/"}: ${message}`).join("; ");
  throw new OutputValidationError(`The model's answer does not fit the schema: ${list}.`, {
    rawText,
    partial: data,
    issues: checked.issues,
    hint: "Where the schema has rules that its JSON Schema cannot carry (refinements), draw several samples or loosen them.",
  });
}

/**
 * What the task's own check finds in its output.
 *
 * @throws CheckFailedError where it throws, or returns anything but warnings.
 */
export function checkRules({ task, document, context, calls }: Pick<Reading, "task" | "document" | "context" | "calls">, value: unknown): Warning[] {
  const { name } = task.definition;
  const kept = { partial: value, usage: calls.usage };
  let returned: unknown;
  try {
    returned = task.definition.check?.(value, { document, language: context.language }) ?? [];
  } catch (cause) {
    throw new CheckFailedError(`The check of the task ${name} threw ${String(cause)}.`, { ...kept, cause, hint: "The record that it was given is the error's `partial`." });
  }
  if (Array.isArray(returned) && returned.every(isWarning)) return returned;
  if (returned instanceof Promise) returned.catch(() => {});
  throw new CheckFailedError(`The check of the task ${name} returned ${describe(returned)}.`, {
    ...kept,
    hint: 'Return, without await, an array of warnings { code: "...", message: "...", path: "/a/0" }; the path may be missing, the array be empty.',
  });
}

function isWarning(item: unknown): item is Warning {
  if (typeof item !== "object" || item === null) return false;
  const { code, message, path } = item as Record<keyof Warning, unknown>;
  return typeof code === "string" && typeof message === "string" && ["string", "undefined"].includes(typeof path);
}

function describe(returned: unknown): string {
  if (returned instanceof Promise) return "a promise";
  if (Array.isArray(returned)) return `an array with an item that is no warning (item ${returned.findIndex((item) => !isWarning(item))})`;
  return typeof returned === "object" ? "an object" : String(returned);
}
