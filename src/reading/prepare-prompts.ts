// From a task and a record to the questions that are asked, in their order; `strategy/` asks them.
import type { Document } from "../input/document.js";
import { readDocument } from "../input/read-document.js";
import type { JsonSchema, PromptAdvice } from "../model/language-model.js";
import { fieldLines } from "../prompt/field-lines.js";
import { localize } from "../prompt/localized-text.js";
import { documentFirstMessages, recordMessages, renderLayout, type PromptContext } from "../prompt/messages.js";
import { readTemplate, renderTemplate } from "../prompt/template.js";
import { writeJson } from "../prompt/write-json.js";
import { childPointer } from "../schema/json-pointer.js";
import { pickProperties, propertiesOf } from "../schema/pick-properties.js";
import type { CompiledTask, Example, Strategy } from "../task-definition.js";
import type { TaskOptions } from "../task-types.js";
import type { Question, RecordPrompts } from "./reading.js";
import { listSourceStrings } from "./record-schema.js";

export interface PromptSource {
  task: CompiledTask;
  document: Document;
  /** The structured record, as the input schema puts it out. */
  input: unknown;
  advice: PromptAdvice;
  options: TaskOptions;
}

export async function preparePrompts({ task, document, input, advice, options }: PromptSource): Promise<RecordPrompts> {
  const { definition } = task;
  const strategy = strategyOf(task, options);
  const language = options.language ?? document.language;
  const values = { input, document: { text: document.text, format: document.format, name: document.name }, language, advice };
  const rules = definition.rules ?? readTemplate(`general/rules.${language}.jinja`);
  const examples = typeof definition.examples === "function" ? definition.examples(language) : (definition.examples ?? []);
  const schema = listSourceStrings(schemaWithoutClauses(task.answerJsonSchema, strategy), document);
  const context: PromptContext = {
    language,
    advice,
    rules: renderTemplate(localize(rules, language), values),
    instruction: renderTemplate(localize(definition.template, language), values),
    fields: fieldLines(schema, language),
    examples: advice.fewShot ? await Promise.all(examples.map((example) => readExample(example, task.answerJsonSchema))) : [],
  };
  const layout = strategy.type === "record" ? recordMessages : documentFirstMessages;
  const prompts = { task, strategy, document, context, schema, messages: (question: string) => layout(context, document.text, question) };
  return { ...prompts, questions: strategy.type === "fields" ? fieldQuestions(prompts, strategy.groups) : [wholeQuestion(prompts)] };
}

/** The task's own, or what the call's option names in its place. */
function strategyOf({ definition: { strategy } }: CompiledTask, options: TaskOptions): Strategy {
  if (options.strategy === undefined || options.strategy === strategy?.type) return strategy ?? { type: "record" };
  return { type: options.strategy };
}

/** One question for all that the schema has. */
export function wholeQuestion({ task, strategy, context, schema }: Omit<RecordPrompts, "questions">): Question {
  const text = strategy.type === "record" ? closing(task, context) : fieldsText(task, context, schema);
  return { text, schema, path: "" };
}

/** A question for each group of properties and each property outside of them, in the order of the schema. */
function fieldQuestions({ task, schema, context }: Omit<RecordPrompts, "questions">, groups: readonly (readonly string[])[] = []): [Question, ...Question[]] {
  const order = Object.keys(propertiesOf(schema));
  const groupOf = (name: string): readonly string[] => groups.find((group) => group.includes(name)) ?? [name];
  const questions = order.flatMap((name): Question[] => {
    const names = order.filter((other) => groupOf(name).includes(other));
    if (names[0] !== name) return [];
    const part = pickProperties(schema, names);
    return [{ text: fieldsText(task, context, part), schema: part, path: names.length === 1 ? childPointer("", name) : "", names }];
  });
  return questions as [Question, ...Question[]];
}

function fieldsText(task: CompiledTask, context: PromptContext, schema: JsonSchema): string {
  return renderLayout("general/part/fields", context, { ...context, fields: fieldLines(schema, context.language), closing: closing(task, context) });
}

function closing({ definition }: CompiledTask, context: PromptContext): string {
  return renderLayout(definition.thinking ? "general/part/thinking" : "general/part/answer", context).trim();
}

/** Clauses are asked for one by one. */
function schemaWithoutClauses(schema: JsonSchema, strategy: Strategy): JsonSchema {
  if (strategy.type !== "clauses") return schema;
  return pickProperties(schema, Object.keys(propertiesOf(schema)).filter((name) => name !== strategy.field));
}

async function readExample({ document, answer }: Example, schema: JsonSchema): Promise<PromptContext["examples"][number]> {
  return { document: (await readDocument(document)).text, answer: writeJson(answer, schema) };
}
