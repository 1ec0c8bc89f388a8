// What else the model might have written where it chose: the probabilities of all values of a closed set, and of null.
import { DistillateError } from "../../error/distillate-error.js";
import { lowerConfidence } from "../../consensus/lower-confidence.js";
import { mergeAlternatives } from "../../consensus/merge-alternatives.js";
import { valueKey } from "../../consensus/value-key.js";
import type { GeneratedToken } from "../../model/language-model.js";
import type { Alternative, Field, Warning } from "../../result/extraction.js";
import { isPlainObject, mapLeaves, type FieldTree } from "../../result/field-tree.js";
import { locateLeaves, type TextRange } from "../../result/locate-leaves.js";
import { getAtPointer, pointerKeys } from "../../schema/json-pointer.js";
import { closedValues, itemView, propertyView, typesOf, viewSchema, type SchemaView } from "../../schema/schema-view.js";
import type { Answer, Reading, Reply } from "../reading.js";

/** Where the model was surer, no other value reaches the least probability that is told. */
const SURE = 0.99;
const LEAST_PROBABILITY = 0.01;
/** The least sure ones are scored. */
const MAX_LEAVES = 32;
const MAX_VALUES = 64;

/** A value that the model chose, and those it might have chosen. */
interface Choice {
  path: string;
  reply: Reply;
  /** Where the value stands in the reply. */
  range: TextRange;
  /** The written one first. */
  values: readonly unknown[];
  confidence: number;
}

/** The probability of each value at the place, among them all; or why it is not known. */
export type LeafScores = { path: string; scores: readonly Alternative[] } | Warning;

/**
 * Asks for the probabilities of all values of enums and booleans that the model was not sure of, and of null where a
 * nullable leaf has a value (against that value alone), each as a branch of the reply that wrote it. Models that cannot
 * take up a reply are not asked, nor is one of several samples, nor a reply that was thought about.
 */
export async function scoreLeaves(reading: Reading, answer: Answer): Promise<LeafScores[]> {
  if (!reading.isOnlySample || !reading.calls.model.canResume || reading.task.definition.thinking) return [];
  const choices = answer.replies.flatMap((reply) => choicesOf(reply, answer));
  const unsurest = new Set(choices.toSorted((a, b) => a.confidence - b.confidence).slice(0, MAX_LEAVES));
  return reading.calls.together<LeafScores[]>(
    choices.filter((choice) => unsurest.has(choice)).map((choice) => (calls) => score({ ...reading, calls }, choice)),
  );
}

/** The answer with what was scored: a value is at most as sure as its probability, the others become alternatives. */
export function applyScores(answer: Answer, scored: readonly LeafScores[]): Answer {
  const byPath = new Map(scored.flatMap((leaf) => ("scores" in leaf ? [[leaf.path, leaf.scores] as const] : [])));
  const warnings = scored.flatMap((leaf) => ("code" in leaf ? [leaf] : []));
  const fields = mapLeaves(answer.data, (_value, pointer) => {
    const field = getAtPointer(answer.fields, pointer) as Field;
    const [written, ...others] = byPath.get(pointer) ?? [];
    if (!written) return field;
    const likely = others.filter(({ confidence }) => confidence >= LEAST_PROBABILITY);
    return { ...field, confidence: lowerConfidence(field.confidence, written.confidence), alternatives: mergeAlternatives(field.alternatives, likely) };
  }) as FieldTree;
  return { ...answer, fields, warnings: [...answer.warnings, ...warnings] };
}

function choicesOf(reply: Reply, { data }: Answer): Choice[] {
  const { text, tokens } = reply.result;
  const view = viewSchema(reply.question.schema);
  const choices: Choice[] = [];
  for (const [path, range] of locateLeaves(text)) {
    const written: unknown = JSON.parse(text.slice(range.start, range.end));
    // Where code changed the value, its place in the reply says nothing about it.
    if (valueKey(written) !== valueKey(getAtPointer(data, path)) || (typeof written === "object" && written !== null)) continue;
    const { values, decidedIn } = valuesAt(viewAt(view, data, path), written, range);
    const confidence = lowestProbability(tokens, decidedIn);
    if (values.length < 2 || values.length > MAX_VALUES || confidence === undefined || confidence > SURE) continue;
    choices.push({ path, reply, range, values, confidence });
  }
  return choices;
}

/** The values that compete at a leaf, and the part of the reply that decided between them. */
function valuesAt(view: SchemaView, written: unknown, range: TextRange): { values: unknown[]; decidedIn: TextRange } {
  const closed = closedValues(view);
  if (closed?.includes(written)) return { values: [written, ...closed.filter((value) => value !== written)], decidedIn: range };
  const isOpen = !closed && written !== null && typesOf(view).has("null");
  // Whether there is a value shows with its first token.
  return { values: isOpen ? [written, null] : [], decidedIn: { start: range.start, end: range.start + 1 } };
}

function viewAt(view: SchemaView, data: unknown, pointer: string): SchemaView {
  let at: unknown = data;
  return pointerKeys(pointer).reduce((outer, key) => {
    const inner = Array.isArray(at) ? itemView(outer, Number(key)) : propertyView(outer, key);
    at = Array.isArray(at) ? at[Number(key)] : isPlainObject(at) ? at[key] : undefined;
    return inner;
  }, view);
}

function lowestProbability(tokens: readonly GeneratedToken[], { start, end }: TextRange): number | undefined {
  const own = tokens.filter((token) => token.start < end && token.end > start);
  return own.length > 0 ? Math.exp(Math.min(...own.map(({ logprob }) => logprob))) : undefined;
}

async function score(reading: Reading, { path, reply, range, values }: Choice): Promise<LeafScores> {
  const { question, result } = reply;
  const options = values.map((value, index) => (index === 0 ? result.text.slice(range.start, range.end) : JSON.stringify(value)));
  try {
    const { probabilities } = await reading.calls.ask({
      purpose: "score",
      path,
      messages: reading.messages(question.text),
      format: { type: "choice", options, prefix: result.text.slice(0, range.start) },
      sampling: { temperature: 0 },
      maxTokens: reading.maxTokens,
    });
    return { path, scores: (probabilities ?? []).map((confidence, index) => ({ value: values[index], confidence })) };
  } catch (error) {
    reading.calls.signal?.throwIfAborted();
    // The answer stands: a question that failed must not lose it.
    if (!DistillateError.isInstance(error)) throw error;
    return { code: "SCORE_FAILED", message: error.message, path };
  }
}
