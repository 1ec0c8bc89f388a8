// What a task is made of; `task.ts` turns it into a function, `extract.ts` runs it.
import type { Document, Language } from "./input/document.js";
import type { JsonSchema } from "./model/language-model.js";
import type { LocalizedText } from "./prompt/localized-text.js";
import type { Warning } from "./result/extraction.js";
import type { RecordInput } from "./task-types.js";

/** A schema that knows its TypeScript types: Zod 4, Zod 3.24 and later, or any Standard Schema. */
export interface TypedSchema<Input = unknown, Output = unknown> {
  readonly "~standard": { readonly types?: { readonly input: Input; readonly output: Output } | undefined };
}
export type InputOf<Schema extends TypedSchema> = NonNullable<Schema["~standard"]["types"]>["input"];
export type OutputOf<Schema extends TypedSchema> = NonNullable<Schema["~standard"]["types"]>["output"];

/** A solved record, shown to models that gain from examples. */
export interface Example {
  document: RecordInput<object>;
  /** As the model should have answered it. */
  answer: unknown;
}

/** What code after the model knows about the record. */
export interface AnswerContext {
  document: Document;
  language: Language;
}

export interface NormalizedAnswer<Output> {
  data: Output;
  /** JSON pointer in `data` -> pointer of the part of the answer it comes from, where the two differ. */
  evidence?: Readonly<Record<string, string>>;
  warnings?: readonly Warning[];
}

/** What the model writes, where that is not the output itself: amounts and dates as printed, say. */
export interface AnswerDefinition<Answer extends TypedSchema, Output> {
  schema: Answer;
  normalize(answer: OutputOf<Answer>, context: AnswerContext): NormalizedAnswer<Output>;
}

/** A kind of clause, in the words the model is asked with. */
export interface ClauseQuestion {
  title: Readonly<Record<Language, string>>;
  definition: Readonly<Record<Language, string>>;
}

/**
 * - `record`: one question for the whole record; as good as one question a field on average, and cheaper.
 * - `fields`: one question for each top-level property or group of properties, zero-shot, all behind the same document
 *   and at the same time. Better or worse than `record` by task: fields that exclude each other belong in one group.
 * - `clauses`: for each category first yes or no, then the quote, widened to its sentences. The answer's other
 *   fields are asked for as one record.
 */
export type Strategy =
  | { type: "record" }
  | {
      type: "fields";
      /** Properties that are asked for together; what is in no group is asked for by itself. */
      groups?: readonly (readonly string[])[];
    }
  | {
      type: "clauses";
      /** The answer's property that holds one string or null a category. */
      field: string;
      categories: Readonly<Record<string, ClauseQuestion>>;
    };

export interface TaskDefinition<
  Output extends TypedSchema,
  Input extends TypedSchema = TypedSchema<object, object>,
  Answer extends TypedSchema = TypedSchema,
> {
  /** An identifier, such as `parseInvoice`. */
  name: string;
  description: string;
  /** Checks structured records before they are read. Text passes unchecked. */
  input?: Input;
  output: Output;
  answer?: AnswerDefinition<Answer, InputOf<Output>>;
  /** Jinja: what to do, in one or two sentences. Knows `input`, `document`, `language` and `advice`. */
  template: LocalizedText;
  /** Jinja: what holds for every value. Default: copy values as written, null where there is none, invent nothing. */
  rules?: LocalizedText;
  /** Two full ones and one with absent values work well. */
  examples?: readonly Example[] | ((language: Language) => readonly Example[]);
  /** Present where the model should think before it answers; tokens it may spend on that. */
  thinking?: { budgetTokens: number };
  /** Default: one question for the whole record. */
  strategy?: Strategy;
  /** Default bound on the tokens of one reply. Default 1024. */
  maxTokens?: number;
  /** Default number of readings, see `TaskOptions.readings`. Default 2. */
  readings?: 1 | 2;
  /**
   * Rules that data should satisfy and need not, such as sums that add up; what it returns joins the warnings,
   * at once, not as a promise; a check that throws fails the record with a CheckFailedError. A string
   * or number that a warning's `path` names is written anew from where it begins (with two readings, where one sample
   * is drawn and the model can), and the new record taken if it breaks fewer rules, loses no value and invents none.
   */
  check?(data: OutputOf<Output>, context: AnswerContext): Warning[];
}

/** A definition with its schemas in JSON Schema. */
export interface CompiledTask {
  definition: TaskDefinition<TypedSchema, TypedSchema, TypedSchema>;
  /** Of the output. */
  schema: JsonSchema;
  /** What the model's answer is checked against: the answer's own schema, else the output's. */
  answerSchema: TypedSchema;
  answerJsonSchema: JsonSchema;
}
