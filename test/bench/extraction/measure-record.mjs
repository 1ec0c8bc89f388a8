// One record through one task: the reply, what holds of it, and what it cost.
import { createHash } from "node:crypto";
import { z } from "zod";
import { defineTask, readDocument, verbatim } from "../../../dist/src/index.js";
import { checkCopies, checkForcedRuns, checkPlaces, checkReply } from "./reply-checks.mjs";
import { taskDefinition } from "./record-sets.mjs";

/** How the schema of a value that stands in the document is made. */
const VARIANTS = {
  off: (limit) => z.string().min(1).max(limit),
  on: (limit) => verbatim(z.string().min(1).max(limit)),
};

export const variantNames = Object.keys(VARIANTS);

export function taskFor(set, record, variant) {
  return defineTask(taskDefinition(set, record, VARIANTS[variant]));
}

export async function measureRecord({ id, document, gold }, task, { model, tokenizer, calls }, { language, signal }) {
  calls.length = 0;
  const started = performance.now();
  const { value, error } = await settle(task.safe(document, { model, language, signal }));
  const wallMs = performance.now() - started;
  const [call] = calls;
  const { source } = await readDocument(document);
  return {
    id,
    gold,
    wallMs,
    error: error && describeError(error),
    promptHash: call && createHash("sha256").update(call.request.prompt.join()).digest("hex"),
    text: call?.result?.text,
    usage: call?.result?.usage,
    data: value?.data,
    reply: call?.result && checkReply(call),
    places: value && checkPlaces(value, source),
    copies: call?.result && checkCopies(call),
    forced: call?.result && checkForcedRuns(call.result, tokenizer),
  };
}

/** What is thrown against the contract becomes a figure too: the run goes on. */
async function settle(running) {
  try {
    return await running;
  } catch (error) {
    return { error };
  }
}

function describeError({ name, code, message, stack }) {
  return code === undefined ? (stack ?? `${name}: ${message}`) : `${code}: ${message}`;
}
