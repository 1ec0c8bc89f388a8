// What surrounds the passes: token masks, the time to start, memory beside llama.cpp, and a record beside a process that burns one core.
import { median, printTable } from "../bench-report.mjs";
import { besideBurner, OURS, THEIRS, withSides } from "./process/start-side.mjs";
import { PromptSource } from "./prompts.mjs";

/** About what one record of a task costs: a page read, a small object written. */
const RECORD = { promptTokens: 512, decodedTokens: 64 };
const CONTEXT_TOKENS = 4096;

/** A record to write under a schema, of excerpts that are this long. */
const WRITTEN = { excerptChars: 2400, maxTokens: 320 };
const text80 = { anyOf: [{ type: "string", maxLength: 80 }, { type: "null" }] };
const object = (properties) => ({ type: "object", properties, required: Object.keys(properties), additionalProperties: false });
const WRITTEN_SCHEMA = object({
  title: text80,
  parties: { type: "array", items: object({ name: { type: "string", maxLength: 80 }, role: { enum: ["buyer", "seller", "licensor", "licensee", "other"] } }), maxItems: 4 },
  date: { anyOf: [{ type: "string", format: "date" }, { type: "null" }] },
  clauses: { type: "array", items: object({ heading: { type: "string", maxLength: 60 }, quote: { type: "string", maxLength: 200 }, amount: { type: ["number", "null"] } }), maxItems: 5 },
  governingLaw: text80,
});

export function measureMachine({ model, threadCount, rounds, text }) {
  const sides = [[OURS, { modelPath: model.path, threadCount }], [THEIRS, { modelPath: model.path, threadCount, contextLength: CONTEXT_TOKENS }]];
  return withSides(sides, async (...engines) => {
    const prompts = new PromptSource(await engines[0].ask("tokenize", { text }));
    const grammar = await measureGrammar(engines[0], rounds, text);
    const memory = {};
    const burner = {};
    for (const engine of engines) {
      burner[engine.name] = await measureBurner(engine, rounds, prompts);
      memory[engine.name] = { afterLoad: engine.start, afterRuns: await engine.ask("memory") };
    }
    const goals = [
      { what: "masks' share of decoding under a schema, %", value: grammar.maskPercent, relation: "at most", limit: 3 },
      { what: "ready from a warm cache, s", value: memory[OURS].afterLoad.readyMs / 1000, relation: "at most", limit: 5 },
      { what: "record beside a busy core: ratio", value: burner[OURS].ratio, relation: "at most", limit: 2 },
    ];
    return { figures: { grammar, memory, burner }, goals };
  });
}

/** Milliseconds a record takes alone and beside a process that burns one core, in turns. */
async function measureBurner(engine, rounds, prompts) {
  const record = async () => {
    const { prefillMs, decodeMs } = await engine.ask("run", { prompt: prompts.next(RECORD.promptTokens), maxTokens: RECORD.decodedTokens });
    return prefillMs + decodeMs;
  };
  await record();
  const alone = [];
  const beside = [];
  for (let round = 0; round < rounds; round++) {
    alone.push(await record());
    beside.push(await besideBurner(record));
  }
  return { aloneMs: median(alone), besideMs: median(beside), ratio: median(beside) / median(alone) };
}

/** Replies under a schema, the first and its new masks included: what the masks cost, what need not be sampled. */
async function measureGrammar(engine, rounds, text) {
  const total = { decodeMs: 0, maskMs: 0, outputTokens: 0, forcedTokens: 0 };
  for (let round = 0; round < rounds; round++) {
    const start = (round * WRITTEN.excerptChars) % (text.length - WRITTEN.excerptChars);
    const content = `Fill in the record of this contract as JSON.\n\n${text.slice(start, start + WRITTEN.excerptChars)}`;
    const [{ usage }] = await engine.ask("generate", { requests: [{ content, schema: WRITTEN_SCHEMA, maxTokens: WRITTEN.maxTokens }] });
    for (const key of Object.keys(total)) total[key] += usage[key];
  }
  const { decodeMs, maskMs, outputTokens, forcedTokens } = total;
  return {
    maskPercent: (100 * maskMs) / decodeMs,
    maskMsPerToken: maskMs / outputTokens,
    forcedPercent: (100 * forcedTokens) / outputTokens,
    tokensPerSecond: (1000 * outputTokens) / decodeMs,
  };
}

const mebibytes = (value) => (value === undefined ? "-" : value.toFixed(0));

export function printMachine({ grammar, memory, burner }) {
  const { maskPercent, maskMsPerToken, forcedPercent, tokensPerSecond } = grammar;
  console.log(
    `A record under a schema: ${tokensPerSecond.toFixed(1)} tokens/s; masks take ${maskPercent.toFixed(2)} % of decoding ` +
      `(${maskMsPerToken.toFixed(3)} ms a token), ${forcedPercent.toFixed(0)} % of the tokens are forced.\n`,
  );
  printTable(
    ["", "ready, s", "MiB anonymous after load", "MiB peak at the end", "record, s", "beside a busy core, s", "ratio"],
    [OURS, THEIRS].map((name) => [
      name,
      (memory[name].afterLoad.readyMs / 1000).toFixed(2),
      mebibytes(memory[name].afterLoad.anonymousMiB),
      mebibytes(memory[name].afterRuns.peakMiB),
      (burner[name].aloneMs / 1000).toFixed(2),
      (burner[name].besideMs / 1000).toFixed(2),
      burner[name].ratio.toFixed(2),
    ]),
  );
}
