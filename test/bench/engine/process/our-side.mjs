// What the benchmark asks of this package's engine; every answer is plain data.
import { adviceOf, answerRecords } from "./our-records.mjs";
import { recordJobs } from "./record-jobs.mjs";
import { loadEngine } from "../../../../dist/engine/index.js";

const GREEDY = { temperature: 0 };

export async function openOurSide({ modelPath, ...options }) {
  const engine = await loadEngine(modelPath, options);
  const jobs = new Map();
  return {
    tokenize: ({ text }) => engine.tokenizer.encode(text),
    /** One request alone: how long the prompt took, how long the rest, and how many passes that was. */
    run: ({ prompt, maxTokens }) => readAndWrite(engine, { prompt, maxTokens }),
    /** Requests at the same time, each with its clock. */
    generate: ({ requests }) => Promise.all(requests.map((request) => timed(engine, toRequest(engine, request)))),
    /** How many chunks of the long prompt were computed while the short request waited for its first token. */
    beside: ({ long, short }) => beside(engine, toRequest(engine, long), toRequest(engine, short)),
    /** The requests of a labelled set, as both engines get them; undefined where the folder lacks it. */
    async prepare(details) {
      const prepared = await recordJobs(engine, details);
      if (prepared) jobs.set(details.set, prepared);
      return prepared?.map(({ id, gold, request }) => ({ id, gold, request }));
    },
    records: ({ set, from, to, ...details }) => answerRecords(engine, jobs.get(set).slice(from, to), details),
    advice: () => adviceOf(engine),
    stats: () => engine.stats?.(),
    config: () => engine.config,
  };
}

/** @param request with `prompt` (token ids) or `content` (what a user says). */
function toRequest(engine, { content, prompt, schema, sampling = GREEDY, maxTokens }) {
  return {
    prompt: prompt ?? engine.tokenizer.encodeChat([{ role: "user", content }]).tokens,
    format: schema ? { type: "json", schema } : { type: "text" },
    sampling,
    maxTokens,
  };
}

async function readAndWrite(engine, { prompt, maxTokens }) {
  const request = toRequest(engine, { prompt, maxTokens });
  const { readMs, ms, usage } = await timed(engine, request);
  if (usage.cachedTokens > 0) throw new Error("the prompt was partly in the cache: nothing comparable was measured");
  return { prefillMs: readMs, decodeMs: ms - readMs, passes: usage.outputTokens };
}

/** `readMs` until the prompt was read, `ms` until the end; `at` and `readAt` on the clock of this process. */
async function timed(engine, request) {
  const started = performance.now();
  let readAt = started;
  let result;
  for await (const event of engine.generate(request)) {
    if (event.type === "prefill-progress") readAt = performance.now();
    else if (event.type === "finish") ({ result } = event);
  }
  const at = performance.now();
  const { text, tokens, usage, finishReason } = result;
  return { ms: at - started, readMs: readAt - started, at, readAt, text, tokens: tokens.map(({ id }) => id), usage, finishReason };
}

async function beside(engine, long, short) {
  let chunks = 0;
  let chunksAtStart;
  let waiting;
  for await (const event of engine.generate(long)) {
    if (event.type !== "prefill-progress") continue;
    chunks++;
    // The second chunk is under way: a steady state.
    if (chunks === 2) {
      chunksAtStart = chunks;
      const started = performance.now();
      waiting = firstToken(engine, short).then(() => ({ waitedChunks: chunks - chunksAtStart, waitedMs: performance.now() - started }));
    }
  }
  return { ...(await waiting), longChunks: chunks };
}

async function firstToken(engine, request) {
  for await (const event of engine.generate(request)) {
    if (event.type === "text-delta" || event.type === "finish") return;
  }
}
