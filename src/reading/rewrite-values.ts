// Where a value breaks a check, it is written anew from the place where it begins, without what it was.
import { CheckFailedError } from "../error/output/check-failed-error.js";
import { OutputValidationError } from "../error/output/output-validation-error.js";
import type { Field, Warning } from "../result/extraction.js";
import { isPlainObject, mapLeaves, type FieldTree } from "../result/field-tree.js";
import { locateLeaves } from "../result/locate-leaves.js";
import { getAtPointer } from "../schema/json-pointer.js";
import { interpretReplies } from "./interpret-replies.js";
import type { Answer, Reading, Reply } from "./reading.js";
import { recordFormat } from "./record-schema.js";
import { checkRules, toOutput, type Sample } from "./to-output.js";

/** Each costs the rest of the reply. */
const ATTEMPTS = 2;

type Judged = { sample: Sample; broken: readonly Broken[] } | { error: OutputValidationError | CheckFailedError; broken: readonly Broken[] };
type Broken = Pick<Warning, "path" | "message">;

/** A string or number of a reply that breaks a check. */
interface Target {
  reply: Reply;
  path: string;
  value: string | number;
  /** The reply up to the value. */
  textBefore: string;
  message: string;
}

/**
 * The answer as output. If a value of it breaks the schema's own checks or the task's, the model writes the reply again
 * from that value on, with the values so far banned there; what comes out is taken if fewer checks are broken, none of
 * them at that value, and no value was lost. Otherwise, and whatever fails meanwhile, the answer stays as it was.
 *
 * @throws OutputValidationError where the answer does not fit its schema and stays so, CheckFailedError where it cannot be checked.
 */
export async function toCheckedOutput(reading: Reading, answer: Answer): Promise<Sample> {
  const first = judge(reading, answer);
  const mayRewrite = first.broken.length > 0 && reading.readings === 2 && reading.calls.model.canResume;
  const target = mayRewrite ? findTarget(answer, first.broken) : undefined;
  const better = target && (await rewrite(reading, answer, first, target));
  if (better) return better;
  if ("error" in first) throw first.error;
  return first.sample;
}

/** Undefined where nothing better was written, or the writing failed: the answer that is there must not be lost. */
async function rewrite(reading: Reading, first: Answer, before: Judged, target: Target): Promise<Sample | undefined> {
  try {
    return await writeBetter(reading, first, before, target);
  } catch {
    reading.calls.signal?.throwIfAborted();
    return undefined;
  }
}

async function writeBetter(reading: Reading, first: Answer, before: Judged, target: Target): Promise<Sample | undefined> {
  const banned = [target.value];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const again = await writeAgain(reading, first, target, banned);
    const value = getAtPointer(again.data, target.path);
    // Where the value is absent now, every check of it holds.
    if (typeof value !== "string" && typeof value !== "number") return undefined;
    const now = judge(reading, again);
    const losesNone = countValues(again.data) >= countValues(first.data) && !isWorseFounded(again, first, target);
    if ("sample" in now && losesNone && isBetter(now, before, target)) {
      return { ...now.sample, warnings: [...now.sample.warnings, rewritten(target, value)] };
    }
    banned.push(value);
  }
  return undefined;
}

function judge(reading: Reading, answer: Answer): Judged {
  try {
    const sample = toOutput(reading, answer);
    return { sample, broken: checkRules(reading, sample.value) };
  } catch (error) {
    if (error instanceof CheckFailedError) return { error, broken: [] };
    if (!(error instanceof OutputValidationError)) throw error;
    return { error, broken: error.issues };
  }
}

/** The first broken check that names a value which the model wrote. */
function findTarget({ replies }: Answer, broken: readonly Broken[]): Target | undefined {
  const written = replies.map((reply) => ({ reply, text: reply.result.text, leaves: locateLeaves(reply.result.text) }));
  for (const { path = "", message } of broken) {
    for (const { reply, text, leaves } of written) {
      const range = leaves.get(path);
      const value: unknown = range && JSON.parse(text.slice(range.start, range.end));
      if (range && (typeof value === "string" || typeof value === "number")) return { reply, path, value, textBefore: text.slice(0, range.start), message };
    }
  }
  return undefined;
}

async function writeAgain(reading: Reading, first: Answer, target: Target, banned: readonly (string | number)[]): Promise<Answer> {
  const { document, schema, calls, maxTokens } = reading;
  const { question } = target.reply;
  const result = await calls.ask({
    purpose: "rewrite",
    path: target.path,
    messages: reading.messages(question.text),
    format: { ...recordFormat(question.schema, reading), prefix: { text: target.textBefore, banned: [...banned] } },
    sampling: { temperature: 0 },
    maxTokens,
  });
  const replies = first.replies.map((reply) => (reply === target.reply ? { question, result } : reply));
  return joinAnswers(reading, first, interpretReplies(replies, schema, document), target);
}

/** What the two have in common keeps its fields, which a second reading may have looked at; clauses were asked apart. */
function joinAnswers({ strategy }: Reading, first: Answer, again: Answer, { path }: Target): Answer {
  const apart = strategy.type === "clauses" ? strategy.field : undefined;
  const keep = (from: unknown, to: unknown): unknown =>
    apart !== undefined && isPlainObject(from) && isPlainObject(to) ? { ...to, [apart]: from[apart] } : to;
  const data = keep(first.data, again.data);
  const againFields = keep(first.fields, again.fields);
  const fields = mapLeaves(data, (value, pointer) => {
    const before = getAtPointer(first.fields, pointer) as Field | undefined;
    const now = getAtPointer(againFields, pointer) as Field;
    if (pointer === path) return withAlternative(now, getAtPointer(first.data, path), before);
    return before && Object.is(getAtPointer(first.data, pointer), value) ? before : now;
  }) as FieldTree;
  const warnings = [...first.warnings.filter((warning) => warning.path !== path), ...again.warnings];
  return { data, fields, warnings, replies: again.replies };
}

function withAlternative(field: Field, value: unknown, before: Field | undefined): Field {
  return { ...field, alternatives: [...field.alternatives, { value, confidence: before?.confidence ?? 0 }] };
}

/** Any record is better than one that the schema refuses. What code can no longer read as an amount or date is lost. */
function isBetter(now: Judged & { sample: Sample }, before: Judged, { path }: Target): boolean {
  if (now.broken.some((broken) => broken.path === path)) return false;
  return "error" in before || (now.broken.length < before.broken.length && countValues(now.sample.data) >= countValues(before.sample.data));
}

/** Whether a value that stood in the document gave way to one that does not. */
function isWorseFounded(now: Answer, before: Answer, { path }: Target): boolean {
  const isInvented = ({ fields }: Answer): boolean => (getAtPointer(fields, path) as Field).status === "ungrounded";
  return isInvented(now) && !isInvented(before);
}

function countValues(data: unknown): number {
  let count = 0;
  mapLeaves(data, (value) => {
    if (value !== null && value !== "") count++;
  });
  return count;
}

function rewritten({ path, value, message }: Target, now: string | number): Warning {
  return { code: "VALUE_REWRITTEN", message: `The model first wrote ${JSON.stringify(value)}, now ${JSON.stringify(now)}. The first broke a check: ${message}`, path };
}
