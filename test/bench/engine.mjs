// How fast the engine is: beside llama.cpp (same file, same threads, same prompts, in turns), beside itself with parts turned off, and its memory.
//   npm run bench:engine -- [--model ID|PATH]... [--part NAME]... [--data DIR] [--threads N] [--rounds N] [--records N] [--check] [--json FILE]
// Parts, all of them by default: single, records, samples, questions, sequences, switches, memory, machine.
//   --data DIR          folder of the labelled sets (fin_sroie.jsonl, legal_cuad_windows.jsonl) that records, samples and switches need
//   --records N         at most so many records of a set; default 100 and 60, of switches 100 each
//   --memory-records N  default 2000
//   --tuning N          records of a set on which the settings of llama.cpp are chosen; default 8, as many as it has sequences
//   --values V          of records and switches: plain strings (the default), or verbatim: copied under the grammar, which llama.cpp cannot
//   --update            writes the ratios to engine/baseline.json
//   --check             exit code 1 where a goal is missed, or a ratio is worse than the baseline by more than a fifth
import { readFile, stat } from "node:fs/promises";
import { loadavg } from "node:os";
import { BenchReport, chooseParts, locateModel, readArguments, refuse } from "./bench-report.mjs";
import { baselineGoals, writeBaseline } from "./engine/baseline.mjs";
import { measureMachine, printMachine } from "./engine/machine.mjs";
import { measureMemory, printMemory } from "./engine/memory.mjs";
import { OURS, startSide } from "./engine/process/start-side.mjs";
import { measureQuestions, printQuestions } from "./engine/questions.mjs";
import { measureRecords, printRecords } from "./engine/records.mjs";
import { measureSamples, printSamples } from "./engine/samples.mjs";
import { measureSequences, printSequences } from "./engine/sequences.mjs";
import { measureSingle, printSingle } from "./engine/single.mjs";
import { measureSwitches, printSwitches } from "./engine/switches.mjs";

const PARTS = {
  single: { measure: measureSingle, print: printSingle },
  records: { measure: measureRecords, print: printRecords, needsData: true },
  samples: { measure: measureSamples, print: printSamples, needsData: true },
  questions: { measure: measureQuestions, print: printQuestions },
  sequences: { measure: measureSequences, print: printSequences },
  switches: { measure: measureSwitches, print: printSwitches, needsData: true },
  memory: { measure: measureMemory, print: printMemory },
  machine: { measure: measureMachine, print: printMachine },
};

const OPTIONS = {
  rounds: { type: "string", count: true, default: "3" },
  part: { type: "string", multiple: true, default: Object.keys(PARTS) },
  data: { type: "string" },
  records: { type: "string", count: true },
  "memory-records": { type: "string", count: true, default: "2000" },
  tuning: { type: "string", count: true, default: "8" },
  values: { type: "string", oneOf: ["plain", "verbatim"], default: "plain" },
  update: { type: "boolean", default: false },
};

/** Runnable processes, on average, of a machine that is not quiet. */
const BUSY_LOAD = 0.7;

/** llama.cpp's threads spin while they wait: beside other work it slows down several times over, and every ratio flatters ours. */
function watchLoad({ update }) {
  const [load] = loadavg();
  if (load < BUSY_LOAD) return;
  const message = `Other processes keep this machine busy (load ${load.toFixed(1)} over the last minute)`;
  if (update) refuse(`${message}: a baseline is measured on a quiet one.`);
  console.log(`${message}: what follows is no measurement of llama.cpp.\n`);
}

const options = readArguments(OPTIONS);
watchLoad(options);
const parts = chooseParts(PARTS, options);
const text = await readFile(new URL("../fixtures/perplexity/contract-en.txt", import.meta.url), "utf8");
const report = new BenchReport("engine");
const goals = [];
for (const idOrPath of options.model) {
  const { name, path } = await locateModel(idOrPath);
  const context = {
    model: { name, path, sizeBytes: (await stat(path)).size },
    threadCount: options.threads,
    rounds: options.rounds,
    data: options.data,
    recordCount: options.records,
    memoryRecordCount: options["memory-records"],
    tuningCount: options.tuning,
    values: options.values,
    text,
  };
  // A first start converts the model; all that are measured find it converted.
  await (await startSide(OURS, { modelPath: path, threadCount: options.threads })).close();
  for (const part of parts) {
    console.log(`${name}, ${part}: ${options.threads} threads`);
    const measured = await PARTS[part].measure(context);
    PARTS[part].print(measured.figures);
    report.add(`${name}, ${part}`, measured.figures);
    goals.push(...measured.goals.map((goal) => ({ ...goal, what: `${name}, ${goal.what}` })));
  }
}
for (const { what, value, relation, limit } of [...goals, ...(await baselineGoals(goals))]) report.goal(what, value, relation, limit);
if (options.update) await writeBaseline(goals);
await report.finish(options);
