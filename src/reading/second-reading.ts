// Asks again, one field at a time, where the first reading was unsure; the lower of both confidences counts.
import { DistillateError } from "../error/distillate-error.js";
import type { JsonSchema } from "../model/language-model.js";
import { fieldLine } from "../prompt/field-lines.js";
import { renderLayout } from "../prompt/messages.js";
import type { Field, Warning } from "../result/extraction.js";
import { mapLeaves, type FieldTree } from "../result/field-tree.js";
import { childPointer, getAtPointer, pointerKeys } from "../schema/json-pointer.js";
import { hasMark, propertyView, viewSchema, type SchemaView } from "../schema/schema-view.js";
import { combineAnswers } from "./combine-answers.js";
import { interpretReply } from "./interpret-reply.js";
import type { Answer, Reading } from "./reading.js";
import { recordFormat } from "./record-schema.js";

/** Above it 142 of 150 values were right. */
const SURE = 0.95;

/**
 * The answer with every unsure property of the record read again, differently asked, and both readings combined.
 * What a schema does not name (a list, a union or a record at the top) cannot be asked for by itself and is read once.
 */
export async function addSecondReading(reading: Reading, first: Answer): Promise<Answer> {
  if (reading.readings === 1) return first;
  const view = viewSchema(reading.opening.schema);
  const fields: Record<string, FieldTree> = {};
  const warnings = [...first.warnings];
  for (const name of unsureFields(first, reading.opening.schema, view)) {
    const second = await readField(reading, name);
    if ("code" in second) {
      warnings.push(second);
      continue;
    }
    fields[name] = combineAnswers(
      { data: memberOf(first.data, name), fields: memberOf(first.fields, name) as FieldTree },
      { data: memberOf(second.data, name), fields: memberOf(second.fields, name) as FieldTree },
      propertyView(view, name),
    );
  }
  return { ...first, fields: { ...(first.fields as Record<string, FieldTree>), ...fields }, warnings };
}

function memberOf(value: unknown, name: string): unknown {
  return getAtPointer(value, childPointer("", name));
}

/** The schema's own properties; an object or list is unsure where any leaf of it is. */
function unsureFields({ fields, data }: Answer, schema: JsonSchema, view: SchemaView): string[] {
  const unsure = new Set<string>();
  mapLeaves(data, (_value, pointer) => {
    const { confidence } = getAtPointer(fields, pointer) as Field;
    if (confidence !== undefined && confidence < SURE) unsure.add(pointerKeys(pointer)[0]);
  });
  return [...unsure].filter((name) => Object.hasOwn(propertiesOf(schema), name) && !hasMark(propertyView(view, name), "x-derived"));
}

async function readField(reading: Reading, name: string): Promise<Answer | Warning> {
  const { opening, context, document, calls, maxTokens } = reading;
  const path = childPointer("", name);
  const field = fieldLine(viewSchema(opening.schema), name, context.language);
  const schema = fieldSchema(opening.schema, name);
  try {
    const reply = await calls.ask({
      purpose: "second-reading",
      path,
      messages: reading.messages(renderLayout("general/question", context, { field })),
      format: recordFormat(schema, reading),
      sampling: { temperature: 0 },
      maxTokens,
    });
    return interpretReply(reply, schema, document);
  } catch (error) {
    // The first reading stands: a question that failed must not lose it. Aborts are no DistillateErrors.
    if (!DistillateError.isInstance(error)) throw error;
    return { code: "SECOND_READING_FAILED", message: error.message, path };
  }
}

function propertiesOf(schema: JsonSchema): Readonly<Record<string, JsonSchema>> {
  return (typeof schema === "object" && (schema.properties as Record<string, JsonSchema> | undefined)) || {};
}

/** The record's schema with one property. */
function fieldSchema(schema: JsonSchema, name: string): JsonSchema {
  return { ...(schema as object), properties: { [name]: propertiesOf(schema)[name] }, required: [name] };
}
