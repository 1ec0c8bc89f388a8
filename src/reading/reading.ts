// What the strategies share: the record, the questions and calls about it; and what each of them returns.
import type { Document } from "../input/document.js";
import type { ChatMessage, GenerationResult, JsonSchema } from "../model/language-model.js";
import type { PromptContext } from "../prompt/messages.js";
import type { Warning } from "../result/extraction.js";
import type { FieldTree } from "../result/field-tree.js";
import type { CompiledTask, Strategy } from "../task-definition.js";
import type { ModelCalls } from "./model-calls.js";

/** A question about the record. */
export interface Question {
  text: string;
  /** Of the answer. */
  schema: JsonSchema;
  /** JSON pointer of the property it is about; empty for all or several. */
  path: string;
  /** The properties it asks for; undefined where it asks for all. */
  names?: readonly string[];
}

/** A question and what the model wrote. */
export interface Reply {
  question: Question;
  result: GenerationResult;
}

/** What one reading of a record found, as the model writes it. */
export interface Answer {
  /** JSON. */
  data: unknown;
  fields: FieldTree;
  warnings: Warning[];
  /** What it was read from; clauses, which are read otherwise, left out. */
  replies: readonly Reply[];
}

/** A record and how to ask about it. */
export interface RecordPrompts {
  task: CompiledTask;
  strategy: Strategy;
  document: Document;
  context: PromptContext;
  /** The messages of a question about the record; all share their tokens up to the end of the document. */
  messages(question: string): ChatMessage[];
  /** Of the answer, without the clauses that are asked for one by one. */
  schema: JsonSchema;
  /** Together they ask for all of `schema`. */
  questions: readonly [Question, ...Question[]];
}

export interface Reading extends RecordPrompts {
  calls: ModelCalls;
  readings: 1 | 2;
  /** Where several are drawn, the vote over them tells what else could be. */
  isOnlySample: boolean;
  maxTokens: number;
  onUnsupported: "refuse" | "validate";
}
