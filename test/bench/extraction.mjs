// Real records through a small model, once with values copied under the grammar (`on`) and once as plain strings (`off`):
// same prompts, greedy, one reading, in turns record by record. Counts what is promised of every reply, and how many fields are right.
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { BenchReport, locateModel, readArguments, refuse } from "./bench-report.mjs";
import { addGoals, percent, printFigures } from "./extraction/figures.mjs";
import { readSet, setNames } from "./extraction/record-sets.mjs";
import { measureRecord, taskFor, variantNames } from "./extraction/measure-record.mjs";
import { openTappedModel } from "./extraction/tapped-model.mjs";
import { Tally } from "./extraction/tally.mjs";

const HELP = `npm run bench:extraction -- --data DIR [options]

  --data DIR       folder of the labelled sets: NAME.jsonl, one record { id, group, input, gold } a line
  --sets NAME,...  default: ${setNames.join(",")}
  --records N      of each set; default 100
  --variants V,... on, off or both: values copied under the grammar, or plain strings; default off,on
  --model ID|PATH  default qwen2.5-coder-0.5b-instruct
  --threads N      default: all cores
  --json FILE      figures and every reply, written as it goes
  --check          exit code 1 where a goal is missed

Ctrl-C ends early with what there is.`;

const OPTIONS = {
  data: { type: "string" },
  sets: { type: "string", default: setNames.join(",") },
  records: { type: "string", count: true, default: "100" },
  variants: { type: "string", default: variantNames.join(",") },
  model: { type: "string", default: "qwen2.5-coder-0.5b-instruct" },
  help: { type: "boolean", default: false },
};

/** Often enough to lose little, seldom enough to cost nothing. */
const SAVE_EVERY_MS = 10_000;
/** Progress where it is no terminal that one line can be rewritten in. */
const LINE_EVERY_RECORDS = 10;

/** A comma list of known names; others end the process with 2. */
function readList(option, text, known) {
  const names = text.split(",").filter(Boolean);
  const unknown = names.find((name) => !known.includes(name));
  if (names.length === 0 || unknown !== undefined) refuse(`--${option} is a comma list of ${known.join(", ")}, not ${text}`);
  return names;
}

async function readSets(folder, names, recordCount) {
  if (!folder || !existsSync(folder)) {
    refuse(`The labelled sets are not part of the package: name their folder with --data DIR${folder ? ` (${folder} is not there)` : ""}.`);
  }
  const sets = [];
  for (const name of names) {
    const set = await readSet(folder, name, recordCount);
    if (!set) refuse(`${folder} has no ${name}.jsonl.`);
    if (set.records.length < recordCount) console.error(`${name} has ${set.records.length} records to measure, not ${recordCount}.`);
    sets.push(set);
  }
  return sets;
}

/** One set read in every way, record by record. Calls `onRecord` after each record; stops early where the signal says so. */
async function measureSet(set, variants, tapped, { signal, onRecord }) {
  const tallies = new Map(variants.map((variant) => [variant, { tally: new Tally(), outcomes: [] }]));
  const toRuns = () => [...tallies].map(([variant, { tally, outcomes }]) => ({ set: set.name, variant, figures: tally.figures, outcomes }));
  for (const [index, record] of set.records.entries()) {
    // Neither way is always the first, which computes the prompt.
    const order = index % 2 === 0 ? variants : variants.toReversed();
    const outcomes = [];
    for (const variant of order) {
      outcomes.push(await measureRecord(record, taskFor(set, record, variant), tapped, { language: set.language, signal }));
      if (signal.aborted) return toRuns();
    }
    for (const [at, outcome] of sharePrefill(outcomes).entries()) {
      const { tally, outcomes: known } = tallies.get(order[at]);
      tally.add(outcome);
      known.push(outcome);
    }
    await onRecord(toRuns());
  }
  return toRuns();
}

/** The same prompt is computed once and counted for all ways alike. */
function sharePrefill(outcomes) {
  const prefillMs = Math.max(...outcomes.map(({ usage }) => usage?.prefillMs ?? 0));
  return outcomes.map((outcome) => ({ ...outcome, wallMs: outcome.wallMs - (outcome.usage?.prefillMs ?? prefillMs) + prefillMs }));
}

/** Keeps the last save so that an interrupted run has its figures. */
class RunFile {
  #path;
  #savedAt = 0;

  constructor(path) {
    this.#path = path;
  }

  async save(runs, { always = false } = {}) {
    if (!this.#path || (!always && performance.now() - this.#savedAt < SAVE_EVERY_MS)) return;
    await writeFile(this.#path, `${JSON.stringify({ bench: "extraction", isPartial: true, figures: Object.fromEntries(toEntries(runs)) })}\n`);
    this.#savedAt = performance.now();
  }
}

function toEntries(runs) {
  return runs.map(({ set, variant, figures, outcomes }) => [`${set} ${variant}`, { ...figures, replies: outcomes }]);
}

async function measureAll(sets, variants, tapped, { signal, file }) {
  const runs = [];
  for (const set of sets) {
    const onRecord = async (current) => {
      showProgress(set, current);
      await file.save([...runs, ...current]);
    };
    runs.push(...(await measureSet(set, variants, tapped, { signal, onRecord })));
    await file.save(runs, { always: true });
    if (signal.aborted) break;
  }
  return runs;
}

function showProgress({ name, records }, runs) {
  const { isTTY } = process.stderr;
  const done = runs[0].figures.records;
  if (!isTTY && done % LINE_EVERY_RECORDS !== 0 && done !== records.length) return;
  const state = runs.map(({ variant, figures: { succeed, fieldF1 } }) => `${variant} ${percent(succeed)} succeed, F1 ${percent(fieldF1.strict)}`);
  process.stderr.write(`${isTTY ? "\r\u001B[K" : ""}${name}: ${done}/${records.length}; ${state.join("; ")}`);
  if (!isTTY || done === records.length) process.stderr.write("\n");
}

const options = readArguments(OPTIONS);
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const variants = readList("variants", options.variants, variantNames);
const sets = await readSets(options.data, readList("sets", options.sets, setNames), options.records);
const { name, path } = await locateModel(options.model);
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
const tapped = await openTappedModel(name, path, { threadCount: options.threads });
const runs = await measureAll(sets, variants, tapped, { signal: stop.signal, file: new RunFile(options.json) });
await tapped.model.close();

const report = new BenchReport("extraction");
report.add("model", name);
for (const [key, figures] of toEntries(runs)) report.add(key, figures);
printFigures(runs);
addGoals(report, runs);
await report.finish(options);
if (stop.signal.aborted) process.exitCode = 130;
