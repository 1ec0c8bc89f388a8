// How fast the engine is beside llama.cpp: same file, same threads, in turns (A B A B), medians; memory, start, a busy core, and a record under a schema.
//   npm run bench:engine -- [--model ID|PATH]... [--threads N] [--rounds N] [--check] [--json FILE]
import { readFile } from "node:fs/promises";
import { BenchReport, locateModel, median, printTable, readArguments } from "./bench-report.mjs";
import { besideBurner, startEngine } from "./speed-process.mjs";

const OURS = "distillate";
const THEIRS = "llama.cpp";
const PREFILL_TOKENS = [512, 2048];
const DECODE_AFTER_TOKENS = [128, 2048];
const DECODED_TOKENS = 48;
/** About what one record of a task costs: a page read, a small object written. */
const RECORD = { promptTokens: 512, decodedTokens: 64 };

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

/** Each prompt begins with another token than the last one: nothing of it is in a cache. */
class PromptSource {
  #ids;
  #start = 0;

  constructor(ids) {
    this.#ids = ids;
  }

  next(length) {
    const last = this.#ids[this.#start];
    do this.#start = (this.#start + 1) % (this.#ids.length - length);
    while (this.#ids[this.#start] === last);
    return this.#ids.slice(this.#start, this.#start + length);
  }
}

/** Runs a job on each engine in turn and notes how busy the other one was meanwhile. */
async function inTurns(engines, rounds, prompts, { promptTokens, decodedTokens }) {
  const runs = Object.fromEntries(engines.map(({ name }) => [name, []]));
  let idleCores = 0;
  for (let round = 0; round < rounds; round++) {
    const prompt = prompts.next(promptTokens);
    for (const engine of engines) {
      const idle = engines.find((other) => other !== engine);
      const before = await idle.ask("cpu");
      const started = performance.now();
      runs[engine.name].push(await engine.ask("run", { prompt, maxTokens: decodedTokens }));
      const after = await idle.ask("cpu");
      const busyMs = (after.user + after.system - before.user - before.system) / 1000;
      idleCores = Math.max(idleCores, busyMs / (performance.now() - started));
    }
  }
  return { runs, idleCores };
}

/** Tokens per second of both and their ratio, from the medians. */
function rates(runs, tokensPerSecond) {
  const [ours, theirs] = [OURS, THEIRS].map((name) => median(runs[name].map(tokensPerSecond)));
  return { ours, theirs, ratio: ours / theirs };
}

async function measureSpeed(engines, rounds, prompts) {
  const figures = {};
  let idleCores = 0;
  for (const promptTokens of new Set([...PREFILL_TOKENS, ...DECODE_AFTER_TOKENS].toSorted((a, b) => a - b))) {
    const decodes = DECODE_AFTER_TOKENS.includes(promptTokens);
    const turns = await inTurns(engines, rounds, prompts, { promptTokens, decodedTokens: decodes ? DECODED_TOKENS : 1 });
    idleCores = Math.max(idleCores, turns.idleCores);
    if (PREFILL_TOKENS.includes(promptTokens)) {
      figures[`prefill ${promptTokens}`] = rates(turns.runs, ({ prefillMs }) => (1000 * promptTokens) / prefillMs);
    }
    if (decodes) figures[`decode at ${promptTokens}`] = rates(turns.runs, ({ decodeMs, passes }) => (1000 * passes) / decodeMs);
  }
  return { figures, idleCores };
}

/** Milliseconds a record takes alone and beside a process that burns one core, in turns. */
async function measureBurner(engine, rounds, prompts) {
  const record = async () => {
    const { prefillMs, decodeMs } = await engine.ask("run", {
      prompt: prompts.next(RECORD.promptTokens),
      maxTokens: RECORD.decodedTokens,
    });
    return prefillMs + decodeMs;
  };
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
    const question = `Fill in the record of this contract as JSON.\n\n${text.slice(start, start + WRITTEN.excerptChars)}`;
    const usage = await engine.ask("write", { question, schema: WRITTEN_SCHEMA, maxTokens: WRITTEN.maxTokens });
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

async function measureModel({ path }, { threadCount, rounds }, text) {
  // A first start converts the model; the second one finds it converted.
  await (await startEngine(OURS, path, threadCount)).close();
  const engines = [await startEngine(OURS, path, threadCount), await startEngine(THEIRS, path, threadCount)];
  const prompts = new PromptSource(await engines[0].ask("tokenize", { text }));
  for (const engine of engines) await engine.ask("run", { prompt: prompts.next(128), maxTokens: 4 });
  const speed = await measureSpeed(engines, rounds, prompts);
  const grammar = await measureGrammar(engines[0], rounds, text);
  const memory = {};
  const burner = {};
  for (const engine of engines) {
    memory[engine.name] = { afterLoad: engine.start, afterRuns: await engine.ask("memory") };
    burner[engine.name] = await measureBurner(engine, rounds, prompts);
  }
  for (const engine of engines) await engine.close();
  return { ...speed, grammar, memory, burner };
}

const mebibytes = (value) => (value === undefined ? "-" : value.toFixed(0));

function printGrammar({ maskPercent, maskMsPerToken, forcedPercent, tokensPerSecond }) {
  console.log(
    `A record under a schema: ${tokensPerSecond.toFixed(1)} tokens/s; masks take ${maskPercent.toFixed(2)} % of decoding ` +
      `(${maskMsPerToken.toFixed(3)} ms a token), ${forcedPercent.toFixed(0)} % of the tokens are forced.\n`,
  );
}

function printModel({ figures, idleCores, grammar, memory, burner }) {
  printTable(
    ["tokens/s", OURS, THEIRS, "ratio"],
    Object.entries(figures).map(([name, { ours, theirs, ratio }]) => [name, ours.toFixed(1), theirs.toFixed(1), ratio.toFixed(2)]),
  );
  console.log(`The engine that waited used at most ${(100 * idleCores).toFixed(0)} % of a core.\n`);
  printGrammar(grammar);
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

function setGoals(report, model, { figures, grammar, memory, burner }) {
  for (const [name, { ratio }] of Object.entries(figures)) {
    report.goal(`${model}, ${name}: ratio`, ratio, "at least", name.startsWith("prefill") ? 1.1 : 0.7);
  }
  report.goal(`${model}, masks' share of decoding under a schema, %`, grammar.maskPercent, "at most", 3);
  report.goal(`${model}, ready from a warm cache, s`, memory[OURS].afterLoad.readyMs / 1000, "at most", 5);
  report.goal(`${model}, record beside a busy core: ratio`, burner[OURS].ratio, "at most", 2);
}

const options = readArguments({ rounds: { type: "string", count: true, default: "3" } });
const { threads: threadCount, rounds } = options;
const text = await readFile(new URL("../fixtures/perplexity/contract-en.txt", import.meta.url), "utf8");
const report = new BenchReport("engine");
for (const idOrPath of options.model) {
  const model = await locateModel(idOrPath);
  console.log(`${model.name}, ${threadCount} threads, medians of ${rounds} rounds in turns`);
  const measured = await measureModel(model, { threadCount, rounds }, text);
  printModel(measured);
  report.add(model.name, { threadCount, rounds, ...measured });
  setGoals(report, model.name, measured);
}
await report.finish(options);
