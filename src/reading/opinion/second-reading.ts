// Asks again, differently, where the first reading was unsure; the lower of both confidences counts.
import { DistillateError } from "../../error/distillate-error.js";
import { fieldLine } from "../../prompt/field-lines.js";
import { renderLayout } from "../../prompt/messages.js";
import type { Field, Warning } from "../../result/extraction.js";
import { mapLeaves, type FieldTree } from "../../result/field-tree.js";
import { childPointer, getAtPointer, pointerKeys } from "../../schema/json-pointer.js";
import { pickProperties, propertiesOf } from "../../schema/pick-properties.js";
import { hasMark, propertyView, viewSchema } from "../../schema/schema-view.js";
import type { JsonSchema } from "../../model/language-model.js";
import { askQuestion } from "../ask-question.js";
import { interpretReplies } from "../interpret-replies.js";
import { wholeQuestion } from "../prepare-prompts.js";
import type { Answer, Question, Reading } from "../reading.js";
import { combineAnswers } from "./combine-answers.js";

/** Above it 142 of 150 values were right. */
const SURE = 0.95;

/** Properties that were read a second time, and what came of it. */
export interface SecondReading {
  names: readonly string[];
  outcome: Answer | Warning;
}

/**
 * Reads every unsure property of the record again, all at once: after one question for the record each by itself, after
 * a question for each in one for the record. What a schema does not name (a list, a union or a record at the top) cannot
 * be asked for by itself and is read once.
 */
export async function readUnsure(reading: Reading, first: Answer): Promise<SecondReading[]> {
  const unsure = unsureFields(first, reading.schema);
  if (unsure.length === 0) return [];
  const questions =
    reading.questions.length > 1
      ? [{ names: unsure, question: wholeQuestion(reading) }]
      : unsure.map((name) => ({ names: [name], question: fieldQuestion(reading, name) }));
  return reading.calls.together<SecondReading[]>(
    questions.map(({ names, question }) => async (calls) => ({ names, outcome: await readAgain({ ...reading, calls }, question) })),
  );
}

/** The answer with both readings combined. */
export function addReadings(first: Answer, readings: readonly SecondReading[], schema: JsonSchema): Answer {
  const view = viewSchema(schema);
  const fields: Record<string, FieldTree> = {};
  const warnings = [...first.warnings];
  for (const { names, outcome } of readings) {
    if ("code" in outcome) {
      warnings.push(outcome);
      continue;
    }
    for (const name of names) fields[name] = combineAnswers(memberOf(first, name), memberOf(outcome, name), propertyView(view, name));
  }
  return { ...first, fields: { ...(first.fields as Record<string, FieldTree>), ...fields }, warnings };
}

function memberOf({ data, fields }: Answer, name: string): { data: unknown; fields: FieldTree } {
  const pointer = childPointer("", name);
  return { data: getAtPointer(data, pointer), fields: getAtPointer(fields, pointer) as FieldTree };
}

/** The schema's own properties; an object or list is unsure where any leaf of it is. */
function unsureFields({ fields, data }: Answer, schema: JsonSchema): string[] {
  const view = viewSchema(schema);
  const unsure = new Set<string>();
  mapLeaves(data, (_value, pointer) => {
    const { confidence } = getAtPointer(fields, pointer) as Field;
    if (confidence !== undefined && confidence < SURE) unsure.add(pointerKeys(pointer)[0]);
  });
  return [...unsure].filter((name) => Object.hasOwn(propertiesOf(schema), name) && !hasMark(propertyView(view, name), "x-derived"));
}

function fieldQuestion({ schema, context }: Reading, name: string): Question {
  const field = fieldLine(viewSchema(schema), name, context.language);
  return {
    text: renderLayout("general/part/question", context, { field }),
    schema: { ...(pickProperties(schema, [name]) as object), required: [name] },
    path: childPointer("", name),
    names: [name],
  };
}

async function readAgain(reading: Reading, question: Question): Promise<Answer | Warning> {
  try {
    const reply = await askQuestion(reading, question, { purpose: "second-reading", sampling: { temperature: 0 } });
    return interpretReplies([reply], question.schema, reading.document);
  } catch (error) {
    reading.calls.signal?.throwIfAborted();
    // The first reading stands: a question that failed must not lose it.
    if (!DistillateError.isInstance(error)) throw error;
    return { code: "SECOND_READING_FAILED", message: error.message, path: question.path };
  }
}
