// Records through the tasks of the SDK, several in work at once, as `runBatch` has them.
import { createEngineModel } from "../../../../dist/src/model/engine-model.js";

/** Both engines draw samples alike. */
const SAMPLING = { temperature: 0.6, topP: 0.95 };

export function adviceOf(engine) {
  return { ...engine.advice, ...SAMPLING };
}

/** Each job as a record of its task. The engine's own replies come along: `replies[i]` are those about record i. */
export async function answerRecords(engine, jobs, { samples, concurrency }) {
  const replies = jobs.map(() => []);
  const started = performance.now();
  const outcomes = await inTurn(jobs, concurrency ?? modelOver(engine, []).concurrency ?? 1, async ({ task, document, language }, index) => {
    const model = modelOver(engine, replies[index]);
    const result = await task.safe(document, { model, language, samples });
    if (!result.ok) return { error: `${result.error.code}: ${result.error.message}` };
    const { samples: values, usage } = result.value;
    return { values, usage };
  });
  return { wallMs: performance.now() - started, outcomes: outcomes.map((outcome, index) => ({ ...outcome, replies: replies[index] })) };
}

/** A model whose replies are kept: token ids and what they cost. */
function modelOver(engine, replies) {
  const listened = {
    advice: adviceOf(engine),
    tokenizer: engine.tokenizer,
    contextLength: engine.contextLength,
    async *generate(request) {
      for await (const event of engine.generate(request)) {
        if (event.type === "finish") replies.push({ tokens: event.result.tokens.map(({ id }) => id), usage: event.result.usage });
        yield event;
      }
    },
  };
  return createEngineModel(listened, { id: "bench" });
}

/** No more than `concurrency` at once; whoever is done takes the next. */
async function inTurn(items, concurrency, work) {
  const done = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      done[index] = await work(items[index], index);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return done;
}
