// `npm run bench:schemas`: MaskBench's method over sets of schemas with labelled instances, beside llguidance.
// Each instance is replayed token by token: the mask must allow the token, then it is accepted; at the end of a valid
// instance the end token must be allowed, and an invalid one must be refused somewhere.
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { openGguf } from "../../dist/engine/checkpoint/gguf.js";
import { homeFolder } from "../../dist/engine/index.js";
import { createTokenizer } from "../../dist/engine/tokenizer/create-tokenizer.js";
import { BenchReport, locateModel, printTable, readArguments } from "./bench-report.mjs";
import { compareWithBaseline, sampleFile, writeBaseline } from "./schemas/baseline.mjs";
import { readCases, readFolder, writeWork } from "./schemas/cases.mjs";
import { ALL, countRefusals, longestWaitMs, printSummaries, slowest, summarise } from "./schemas/figures.mjs";
import { PEER_VERSION, preparePeer } from "./schemas/llguidance.mjs";
import { runCases } from "./schemas/run-cases.mjs";
import { judgeAnswers } from "./schemas/verdicts.mjs";

const HELP = `npm run bench:schemas -- [options]

  --data DIR      every *.jsonl.gz of this folder, one data set each (default ../shared/data/jsonschemabench);
                  a line is { "id", "schema", "tests": [{ "valid", "data" }] }
  --sample        the committed sample of 1,500 schemas instead, held against the committed baseline
  --update        with --sample: make the result the new baseline
  --no-peer       without llguidance
  --order any     properties in any order, not as the schema has them
  --list          name every schema that does not pass, and why
  --model NAME    whose vocabulary: an id of the catalogue or a GGUF file (default qwen2.5-coder-0.5b-instruct)
  --check         exit 1 where a goal is missed or the sample got worse
  --json FILE     write the figures`;

const OURS = "ours";
const THEIRS = `llguidance ${PEER_VERSION}`;
const HEAP_LIMIT_MIB = 4096;
const dist = fileURLToPath(new URL("../../dist", import.meta.url));
const ownProcess = fileURLToPath(new URL("schemas/own-process.mjs", import.meta.url));

function readOptions() {
  const options = readArguments({
    model: { type: "string", default: "qwen2.5-coder-0.5b-instruct" },
    threads: undefined,
    data: { type: "string", default: fileURLToPath(new URL("../../../shared/data/jsonschemabench", import.meta.url)) },
    order: { type: "string", oneOf: ["schema", "any"], default: "schema" },
    sample: { type: "boolean", default: false },
    update: { type: "boolean", default: false },
    "no-peer": { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  });
  if (options.update && !options.sample) {
    console.error("--update needs --sample: the baseline is the sample's");
    process.exit(2);
  }
  return options;
}

async function openTokenizer(idOrPath) {
  const { path } = await locateModel(idOrPath);
  const checkpoint = await openGguf(path);
  await checkpoint.close();
  return { metadata: checkpoint.metadata, tokenizer: createTokenizer(checkpoint.metadata) };
}

async function measure(name, command, cases) {
  console.log(name);
  const { answers, memory } = await runCases(command, cases.keys());
  const verdicts = judgeAnswers(cases, answers);
  const summaries = summarise(cases, verdicts);
  printSummaries(summaries);
  const { start, end, peakMiB } = memory;
  const grown = end ? end.rssMiB - start.rssMiB : Number.NaN;
  const heap = end?.heapMiB ? `; heap and buffers in use ${start.heapMiB.toFixed(0)} and ${end.heapMiB.toFixed(0)}` : "";
  console.log(`Memory, MiB: ${start.rssMiB.toFixed(0)} with the vocabulary, at most ${peakMiB.toFixed(0)}, grown by ${grown.toFixed(0)} at the end${heap}.`);
  console.log(`Slowest, ms: ${slowest(verdicts).map(({ id, ms }) => `${id} ${ms.toFixed(0)}`).join(", ")}\n`);
  printTable(["refused", "schemas"], countRefusals(verdicts).slice(0, 25));
  return { verdicts, summaries, memory };
}

const shorten = (text) => (text.length > 160 ? `${text.slice(0, 160)}...` : text);

function listFailures(verdicts, tokenizer) {
  for (const { id, refusal, error, faults } of verdicts) {
    if (refusal) console.log(`refused   ${id}  ${refusal.path} ${shorten(refusal.reason)}`);
    if (error) console.log(`broken    ${id}  ${error}`);
    for (const fault of faults) {
      const label = fault.isDisputed ? "label disputed: " : "";
      console.log(`failed    ${id}  ${label}${fault.kind} of instance ${fault.test}: ${whereIt(fault, tokenizer)}`);
    }
  }
  console.log();
}

/** The text up to the refused token, which stands in brackets; all of a text that was let through. */
function whereIt({ at, text }, tokenizer) {
  if (at === undefined) return shorten(text);
  const tokens = tokenizer.encode(text);
  const refused = at < tokens.length ? tokenizer.decode([tokens[at]]) : "end";
  return `${tokenizer.decode(tokens.slice(Math.max(0, at - 20), at))}[${refused}]`;
}

function setGoals(report, { summaries, verdicts }, peer) {
  const all = summaries[ALL];
  report.goal("passed, %", (100 * all.passed) / all.schemas, "at least", 85);
  report.goal("wrong accepts", all.wrongAccepts, "at most", 0);
  report.goal("broken", all.broken, "at most", 0);
  report.goal("mask p50, us", all.maskUs.p50, "at most", 60);
  report.goal("mask p99, us", all.maskUs.p99, "at most", 1000);
  report.goal("first mask p50, ms", all.firstMaskUs.p50 / 1000, "at most", 2);
  report.goal("slowest step of all, ms", Math.max(...verdicts.map(longestWaitMs)), "at most", 1000);
  if (!peer) return;
  const notAbove = Object.keys(summaries).filter((set) => set !== ALL && summaries[set].passed <= peer.summaries[set].passed);
  if (notAbove.length > 0) console.log(`Not above llguidance on ${notAbove.join(", ")}.`);
  report.goal("data sets not above llguidance", notAbove.length, "at most", 2);
}

async function holdAgainstBaseline(report, verdicts, isUpdate) {
  if (isUpdate) await writeBaseline(verdicts);
  const worse = await compareWithBaseline(verdicts);
  for (const { set, passed, before, wrongAccepts, ids } of worse) {
    console.log(`${set} got worse: ${passed} pass, ${before} did; wrong accepts ${wrongAccepts}; new: ${ids.join(", ")}`);
  }
  report.add("worse", worse);
  report.goal("data sets worse than the baseline", worse.length, "at most", 0);
}

function addFigures(report, name, { summaries, verdicts, memory }) {
  const failures = verdicts
    .filter((verdict) => !verdict.passedByLabels)
    .map(({ id, set, outcome, refusal, error, faults }) => ({ id, set, outcome, refusal, error, faults }));
  report.add(name, { summaries, memory, refusals: countRefusals(verdicts), slowest: slowest(verdicts), failures });
}

const options = readOptions();
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const cases = options.sample ? await readCases(sampleFile) : await readFolder(options.data);
const { metadata, tokenizer } = await openTokenizer(options.model);
const folder = await writeWork(cases, tokenizer);
const report = new BenchReport("schemas");
try {
  const own = [process.execPath, `--max-old-space-size=${HEAP_LIMIT_MIB}`, "--expose-gc", ownProcess, folder, dist, JSON.stringify({ order: options.order })];
  const peer = options["no-peer"] ? undefined : await measure(THEIRS, await preparePeer(folder, metadata, homeFolder()), cases);
  const ours = await measure(OURS, own, cases);
  if (options.list) listFailures(ours.verdicts, tokenizer);
  if (peer) addFigures(report, THEIRS, peer);
  addFigures(report, OURS, ours);
  if (options.sample) await holdAgainstBaseline(report, ours.verdicts, options.update);
  setGoals(report, ours, peer);
} finally {
  await rm(folder, { recursive: true });
}
await report.finish(options);
