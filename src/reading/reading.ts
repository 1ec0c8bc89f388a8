// What the strategies share: the record, its prompts and the calls about it; and what each of them returns.
import type { Document } from "../input/document.js";
import { documentFirstMessages, recordMessages, renderLayout, type PromptContext } from "../prompt/messages.js";
import { fieldLines } from "../prompt/field-lines.js";
import { localize } from "../prompt/localized-text.js";
import { readTemplate, renderTemplate } from "../prompt/template.js";
import { writeJson } from "../prompt/write-json.js";
import { readDocument } from "../input/read-document.js";
import type { ChatMessage, JsonSchema, PromptAdvice } from "../model/language-model.js";
import type { Warning } from "../result/extraction.js";
import type { FieldTree } from "../result/field-tree.js";
import type { CompiledTask, Example } from "../task-definition.js";
import type { TaskOptions } from "../task-types.js";
import type { ModelCalls } from "./model-calls.js";
import { listSourceStrings } from "./record-schema.js";

/** What one reading of a record found, as the model writes it. */
export interface Answer {
  /** JSON. */
  data: unknown;
  fields: FieldTree;
  warnings: Warning[];
  rawText: string;
}

/** A record and how to ask about it. */
export interface RecordPrompts {
  task: CompiledTask;
  document: Document;
  context: PromptContext;
  /** The messages of a question about the record; all share their tokens up to the end of the document. */
  messages(question: string): ChatMessage[];
  /** The question that comes first, and the schema of its answer. */
  opening: { question: string; schema: JsonSchema };
}

export interface Reading extends RecordPrompts {
  calls: ModelCalls;
  readings: 1 | 2;
  maxTokens: number;
  onUnsupported: "refuse" | "validate";
}

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
  const language = options.language ?? document.language;
  const values = { input, document: { text: document.text, format: document.format, name: document.name }, language, advice };
  const rules = definition.rules ?? readTemplate(`general/rules.${language}.jinja`);
  const examples = typeof definition.examples === "function" ? definition.examples(language) : (definition.examples ?? []);
  const schema = listSourceStrings(openingSchema(task), document);
  const context: PromptContext = {
    language,
    advice,
    rules: renderTemplate(localize(rules, language), values),
    instruction: renderTemplate(localize(definition.template, language), values),
    fields: fieldLines(schema, language),
    examples: advice.fewShot ? await Promise.all(examples.map((example) => readExample(example, task.answerJsonSchema))) : [],
  };
  const clauses = definition.strategy?.type === "clauses";
  const layout = clauses ? documentFirstMessages : recordMessages;
  return {
    task,
    document,
    context,
    messages: (question) => layout(context, document.text, question),
    opening: { question: openingQuestion(task, context), schema },
  };
}

function openingQuestion({ definition }: CompiledTask, context: PromptContext): string {
  if (definition.strategy?.type === "clauses") return renderLayout("legal/fields", context, { ...context });
  return renderLayout(definition.thinking ? "general/thinking" : "general/answer", context);
}

/** The answer's schema without the clauses, which are asked for one by one. */
function openingSchema({ definition: { strategy }, answerJsonSchema }: CompiledTask): JsonSchema {
  if (strategy?.type !== "clauses" || typeof answerJsonSchema === "boolean") return answerJsonSchema;
  const { [strategy.field]: _clauses, ...properties } = answerJsonSchema.properties as Record<string, unknown>;
  const required = (answerJsonSchema.required as string[]).filter((name) => name !== strategy.field);
  return { ...answerJsonSchema, properties, required };
}

async function readExample({ document, answer }: Example, schema: JsonSchema): Promise<PromptContext["examples"][number]> {
  return { document: (await readDocument(document)).text, answer: writeJson(answer, schema) };
}
