// The records of a labelled set as both engines get them: a task for ours, and the very tokens and schema it asks about for theirs.
import { createEngineModel } from "../../../../dist/src/model/engine-model.js";
import { defineTask, verbatim } from "../../../../dist/src/index.js";
import { z } from "zod";
import { readSet, taskDefinition } from "../../extraction/record-sets.mjs";

/** How the schema of a value that stands in the document is made: any string, or one that is copied under the grammar. */
const VALUES = {
  plain: (limit) => z.string().min(1).max(limit),
  verbatim: (limit) => verbatim(z.string().min(1).max(limit)),
};

/** @returns `{ id, document, gold, language, task, request }` of each record; undefined where the folder lacks the set. */
export async function recordJobs(engine, { folder, set: name, count, values }) {
  const set = await readSet(folder, name, count);
  if (!set) return undefined;
  const jobs = [];
  for (const record of set.records) {
    const task = defineTask(taskDefinition(set, record, VALUES[values]));
    const { id, document, gold } = record;
    const { language } = set;
    jobs.push({ id, document, gold, language, task, request: await firstRequest(engine, task, document, language) });
  }
  return jobs;
}

/** What the task asks the engine first; nothing is run, and the task fails for want of an answer. */
async function firstRequest({ advice, tokenizer, contextLength }, task, document, language) {
  let request;
  const listener = {
    advice,
    tokenizer,
    contextLength,
    generate(asked) {
      request = asked;
      return [];
    },
  };
  await task(document, { model: createEngineModel(listener, { id: "listener" }), language }).catch((error) => {
    if (!request) throw error;
  });
  return { prompt: request.prompt, schema: request.format.schema, maxTokens: request.maxTokens };
}
