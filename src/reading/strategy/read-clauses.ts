// The strategy `clauses`: header fields as one record, and for each category yes or no, then the quote; all at once.
// On windows of CUAD contracts this found clauses with a soft F1 of 68, one big JSON 39.
import type { Language } from "../../input/document.js";
import { renderLayout } from "../../prompt/messages.js";
import type { Sampling } from "../../model/language-model.js";
import { TextIndex, collapseSpace } from "../../result/evidence/text-index.js";
import type { Field, Warning } from "../../result/extraction.js";
import type { FieldTree } from "../../result/field-tree.js";
import { absentField } from "../../result/field-tree.js";
import { parseOutput } from "../../result/parse-output.js";
import { childPointer } from "../../schema/json-pointer.js";
import type { ClauseQuestion, Strategy } from "../../task-definition.js";
import { locateQuote } from "./locate-quote.js";
import { readRecord } from "./read-record.js";
import { recordFormat } from "../record-schema.js";
import type { Answer, Reading } from "../reading.js";

/** A quote longer than this holds more than one clause; it only has to anchor its sentences. */
const MAX_QUOTE_CHARS = 450;

const OPTIONS: Readonly<Record<Language, readonly [yes: string, no: string]>> = { en: ["yes", "no"], zh: ["有", "无"] };

export async function readClauses(
  reading: Reading,
  sampling: Sampling,
  { field, categories }: Extract<Strategy, { type: "clauses" }>,
): Promise<Answer> {
  const index = new TextIndex(reading.document.text);
  const keys = Object.keys(categories);
  const [header, clauses] = await reading.calls.together([
    (calls) => readRecord({ ...reading, calls }, sampling),
    (calls) =>
      calls.together<Clause[]>(
        keys.map((key) => (own) => {
          const path = childPointer(childPointer("", field), key);
          return readClause({ reading: { ...reading, calls: own }, category: categories[key], path, index }, sampling);
        }),
      ),
  ]);
  return {
    ...header,
    data: { ...(header.data as object), [field]: Object.fromEntries(clauses.map(({ text }, at) => [keys[at], text])) },
    fields: { ...(header.fields as Record<string, FieldTree>), [field]: Object.fromEntries(clauses.map((clause, at) => [keys[at], clause.field])) },
    warnings: [...header.warnings, ...clauses.flatMap(({ warning }) => warning ?? [])],
  };
}

interface ClauseCall {
  reading: Reading;
  category: ClauseQuestion;
  path: string;
  index: TextIndex;
}

interface Clause {
  text: string | null;
  field: Field;
  warning?: Warning;
}

async function readClause(call: ClauseCall, sampling: Sampling): Promise<Clause> {
  const { reading, category, path } = call;
  const presence = await askPresence(reading, category, path);
  if (!presence.present) return { text: null, field: absentField(presence.confidence) };
  const clause = await readQuote(call, sampling, presence.confidence);
  if (clause.field.status !== "ungrounded") return clause;
  const message = `The model's quote for ${category.title.en} does not stand in the document.`;
  return { ...clause, warning: { code: "QUOTE_NOT_FOUND", message, path } };
}

interface Presence {
  present: boolean;
  /** Of the answer given. */
  confidence: number | undefined;
}

/** P(yes) told clauses from their absence with an AUROC of .915. */
async function askPresence(reading: Reading, category: ClauseQuestion, path: string): Promise<Presence> {
  const options = OPTIONS[reading.context.language];
  const { text, probabilities } = await reading.calls.ask({
    purpose: "presence",
    path,
    messages: reading.messages(questionText("legal/presence", reading, category)),
    format: { type: "choice", options },
    sampling: { temperature: 0 },
    maxTokens: 4,
  });
  if (!probabilities) return { present: text === options[0], confidence: undefined };
  const present = probabilities[0] > 0.5;
  return { present, confidence: present ? probabilities[0] : 1 - probabilities[0] };
}

async function readQuote({ reading, category, path, index }: ClauseCall, sampling: Sampling, confidence: number | undefined): Promise<Clause> {
  const title = category.title[reading.context.language];
  const quoteSchema = { type: "string", minLength: 1, maxLength: MAX_QUOTE_CHARS, "x-verbatim": true };
  const schema = { type: "object", properties: { [title]: quoteSchema }, required: [title], additionalProperties: false };
  const reply = await reading.calls.ask({
    purpose: "quote",
    path,
    messages: reading.messages(questionText("legal/quote", reading, category)),
    format: recordFormat(schema, reading),
    sampling,
    maxTokens: reading.maxTokens,
  });
  const quote = quoteOf(parseOutput(reply.text), title);
  if (quote === undefined) return { text: null, field: absentField(undefined) };
  const range = locateQuote(quote, reading.document, index);
  const span = range && reading.document.locate(range.start, range.end);
  if (!range || !span) return { text: quote, field: { status: "ungrounded", spans: [], confidence, alternatives: [] } };
  const text = collapseSpace(reading.document.text.slice(range.start, range.end));
  return { text, field: { status: "verbatim", spans: [span], confidence, alternatives: [] } };
}

/** A server that does not enforce the schema may answer with another key, the string alone, or null. */
function quoteOf(reply: unknown, title: string): string | undefined {
  const value = typeof reply === "object" && reply !== null ? ((reply as Record<string, unknown>)[title] ?? Object.values(reply)[0]) : reply;
  return typeof value === "string" && value !== "" ? value : undefined;
}

function questionText(template: string, { context }: Reading, { title, definition }: ClauseQuestion): string {
  const { language } = context;
  return renderLayout(template, context, { title: title[language], definition: definition[language] });
}
