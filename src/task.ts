// defineTask(): a schema and a template become a typed function.
import { DistillateError } from "./error/distillate-error.js";
import { TemplateError } from "./error/template-error.js";
import { extract, renderRecordPrompt, warmTask } from "./extract.js";
import { requireProperties } from "./schema/pick-properties.js";
import { toJsonSchema } from "./schema/to-json-schema.js";
import type { CompiledTask, InputOf, OutputOf, TaskDefinition, TypedSchema } from "./task-definition.js";
import type { RecordInput, SafeResult, Task, TaskOptions } from "./task-types.js";

/**
 * Makes a task: an async function from a record to a typed, checked, grounded result. Bound the schema's lists and
 * strings (`.max()`), describe its fields (`.describe()`), and let what the source may lack be `.nullable()`.
 *
 * @throws {SchemaError} where a schema has no JSON Schema, or is to be read field by field and names no fields.
 * @throws {TemplateError} where there is no template, or not in every language.
 */
export function defineTask<
  Output extends TypedSchema,
  Input extends TypedSchema = TypedSchema<object, object>,
  Answer extends TypedSchema = TypedSchema,
>(definition: TaskDefinition<Output, Input, Answer>): Task<InputOf<Input>, OutputOf<Output>> {
  const compiled = compile(definition as CompiledTask["definition"]);
  const run = (record: RecordInput<unknown>, options: TaskOptions = {}) => extract(compiled, record, options);
  const task = Object.assign(run, {
    safe: (record: RecordInput<unknown>, options?: TaskOptions) => settle(run(record, options)),
    prompt: (record: RecordInput<unknown>, options: TaskOptions = {}) => renderRecordPrompt(compiled, record, options),
    warm: (options: TaskOptions = {}) => warmTask(compiled, options),
    taskName: definition.name,
    description: definition.description,
    schema: compiled.schema,
  });
  return task as Task<InputOf<Input>, OutputOf<Output>>;
}

function compile(definition: CompiledTask["definition"]): CompiledTask {
  requireTemplate(definition);
  const schema = toJsonSchema(definition.output);
  const answerSchema = definition.answer?.schema ?? definition.output;
  const answerJsonSchema = definition.answer ? toJsonSchema(answerSchema) : schema;
  if (definition.strategy?.type === "fields") requireProperties(answerJsonSchema, definition.strategy.groups);
  return { definition, schema, answerSchema, answerJsonSchema };
}

/** For callers without types. A function's text is known only when it is asked for. */
function requireTemplate({ name, template }: CompiledTask["definition"]): void {
  const texts = typeof template === "object" && template !== null ? [template.en, template.zh] : [template];
  if (texts.every((text) => typeof text === "string" || typeof text === "function")) return;
  throw new TemplateError(`The task ${name} has no template, or lacks one of its languages.`, {
    hint: "Pass `template: \"...\"` for every language, or `{ en: \"...\", zh: \"...\" }`.",
  });
}

async function settle<Output>(running: Promise<Output>): Promise<SafeResult<unknown>> {
  try {
    return { ok: true, value: await running } as SafeResult<unknown>;
  } catch (error) {
    if (DistillateError.isInstance(error)) return { ok: false, error };
    throw error;
  }
}
