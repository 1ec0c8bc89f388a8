// Puts a call's messages together from the layouts in templates/. Everything stands in user messages, because not
// every model has a system role; what all records share comes first, so that it is computed once.
import type { Language } from "../input/document.js";
import type { ChatMessage, PromptAdvice } from "../model/language-model.js";
import { readTemplate, renderTemplate } from "./template.js";

/** An example as the model reads it. */
export interface PromptExample {
  document: string;
  /** JSON on one line. */
  answer: string;
}

/** What the prompts about one record share. */
export interface PromptContext {
  language: Language;
  advice: PromptAdvice;
  rules: string;
  instruction: string;
  fields: string;
  examples: readonly PromptExample[];
}

/**
 * The record layout: rules, instruction and fields open the first turn; examples are earlier turns; the record's
 * document and the question about it stand last. Messages that differ in their question alone share all tokens
 * up to the end of the document.
 */
export function recordMessages(context: PromptContext, document: string, question: string): ChatMessage[] {
  const layout = readTemplate(`general/record.${context.language}.jinja`);
  const { rules, instruction, fields, examples } = context;
  const turn = (text: string, asked: string, opening: boolean): ChatMessage => ({
    role: "user",
    content: renderTemplate(layout, { opening, rules, instruction, fields, fence: fenceFor(text), document: text.trim(), question: asked }),
  });
  const usual = renderLayout("general/part/answer", context);
  const solved = examples.flatMap((example, index): ChatMessage[] => [
    turn(example.document, usual, index === 0),
    { role: "assistant", content: example.answer },
  ]);
  return [...solved, turn(document, question, solved.length === 0)];
}

/** The layout of clauses and single fields: rules and document first, then one of many questions, zero-shot. */
export function documentFirstMessages(context: PromptContext, document: string, question: string): ChatMessage[] {
  const layout = readTemplate(`general/document-first.${context.language}.jinja`);
  const content = renderTemplate(layout, { rules: context.rules, fence: fenceFor(document), document: document.trim(), question });
  return [{ role: "user", content }];
}

/** A piece of a prompt by the name of its template: `general/part/answer` reads `general/part/answer.en.jinja`. */
export function renderLayout(
  name: string,
  context: Pick<PromptContext, "language" | "advice">,
  values: Readonly<Record<string, unknown>> = {},
): string {
  return renderTemplate(readTemplate(`${name}.${context.language}.jinja`), { advice: context.advice, ...values });
}

/** Longer than any run of quotation marks in the text, so that the text cannot end its own frame. */
function fenceFor(text: string): string {
  const runs = text.match(/"{3,}/g) ?? [];
  return '"'.repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
}
