// `npm run bench:schema-suite`: the official JSON-Schema-Test-Suite under our grammars, held against the committed list of
// what is refused and of valid instances that cannot be written. An invalid instance that is let through is never right.
import { readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { BenchReport, printTable, readArguments } from "./bench-report.mjs";
import { writeWork } from "./schemas/cases.mjs";
import { runCases } from "./schemas/run-cases.mjs";
import { byteTokenizer, readSuite } from "./schemas/suite.mjs";

const HELP = `npm run bench:schema-suite -- [options]

  --suite DIR   a copy of JSON-Schema-Test-Suite (default ../shared/data/json-schema-test-suite)
  --update      write the list of refused groups and of valid instances refused; reasons are kept
  --check       exit 1 where the outcome is not the committed one
  --json FILE   write the figures`;

const committedFile = fileURLToPath(new URL("../fixtures/schemas/suite.json", import.meta.url));
const ownProcess = fileURLToPath(new URL("schemas/own-process.mjs", import.meta.url));
const dist = fileURLToPath(new URL("../../dist", import.meta.url));

/** A valid instance is let through with its keys in the schema's order, or in any: an instance's own order is no part of the suite. */
async function replaySuite(cases) {
  const folder = await writeWork(cases, byteTokenizer);
  const run = (order) => runCases([process.execPath, ownProcess, folder, dist, JSON.stringify({ order })], cases.keys());
  try {
    const [inOrder, inAnyOrder] = [await run("schema"), await run("any")];
    return cases.map((each, index) => ({ ...each, inOrder: inOrder.answers[index], inAnyOrder: inAnyOrder.answers[index] }));
  } finally {
    await rm(folder, { recursive: true });
  }
}

const isLetThrough = (answer, number) => answer.tests?.[number].at === undefined;

function outcomeOf({ id, set, tests, inOrder, inAnyOrder }) {
  const error = inOrder.error ?? inAnyOrder.error;
  if (error) return { id, set, error };
  const refusal = inOrder.refusal ?? inAnyOrder.refusal;
  if (refusal) return { id, set, refusal };
  const named = tests.map((test, number) => ({ ...test, number }));
  const isAccepted = ({ number }) => isLetThrough(inAnyOrder, number);
  return {
    id,
    set,
    instances: tests.length,
    wrongAccepts: named.filter((test) => !test.isValid && (isAccepted(test) || isLetThrough(inOrder, test.number))).map(({ name }) => name),
    wrongRefusals: named.filter((test) => test.isValid && !isAccepted(test)).map(({ name }) => name),
  };
}

/** For each draft: refused groups by keyword, and valid instances refused, each with the reason why that stands. */
function describe(outcomes, committed) {
  const drafts = {};
  for (const { id, set, refusal, wrongRefusals = [] } of outcomes) {
    const draft = (drafts[set] ??= { refused: {}, wrongRefusals: {} });
    if (refusal) (draft.refused[refusal.keyword] ??= []).push(id);
    for (const name of wrongRefusals) {
      const key = `${id}: ${name}`;
      draft.wrongRefusals[key] = committed[set]?.wrongRefusals[key] ?? "";
    }
  }
  return drafts;
}

function flatten(refused) {
  return Object.entries(refused).flatMap(([keyword, ids]) => ids.map((id) => `${keyword}: ${id}`));
}

/** One line for each way in which `now` is not the committed state. */
function differences(now, committed) {
  return Object.keys(now).flatMap((set) => {
    const { refused, wrongRefusals } = committed[set] ?? { refused: {}, wrongRefusals: {} };
    const before = flatten(refused);
    const after = flatten(now[set].refused);
    return [
      ...after.filter((line) => !before.includes(line)).map((line) => `${set}: newly refused for ${line}`),
      ...before.filter((line) => !after.includes(line)).map((line) => `${set}: no longer refused for ${line}`),
      ...Object.entries(now[set].wrongRefusals).filter(([, reason]) => reason === "").map(([key]) => `${set}: valid, but refused without a reason on the list: ${key}`),
      ...Object.keys(wrongRefusals).filter((key) => !(key in now[set].wrongRefusals)).map((key) => `${set}: no longer refused, to be taken off the list: ${key}`),
    ];
  });
}

const total = (numbers) => numbers.reduce((sum, number) => sum + number, 0);

function printDrafts(outcomes) {
  const rows = [...new Set(outcomes.map(({ set }) => set))].map((set) => {
    const draft = outcomes.filter((outcome) => outcome.set === set);
    const refused = draft.filter(({ refusal }) => refusal);
    return [
      set,
      draft.length,
      refused.length,
      draft.filter(({ error }) => error).length,
      total(draft.map(({ instances = 0 }) => instances)),
      total(draft.map(({ wrongAccepts = [] }) => wrongAccepts.length)),
      total(draft.map(({ wrongRefusals = [] }) => wrongRefusals.length)),
    ];
  });
  printTable(["", "groups", "refused", "broken", "instances", "wrong accepts", "valid but refused"], rows);
}

async function readCommitted() {
  try {
    return JSON.parse(await readFile(committedFile, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return {};
    throw error;
  }
}

const options = readArguments({
  model: undefined,
  threads: undefined,
  suite: { type: "string", default: fileURLToPath(new URL("../../../shared/data/json-schema-test-suite", import.meta.url)) },
  update: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const outcomes = (await replaySuite(await readSuite(options.suite))).map(outcomeOf);
const committed = await readCommitted();
const state = describe(outcomes, committed);
printDrafts(outcomes);
for (const { set, id, error } of outcomes) if (error) console.log(`${set}: ${id}: ${error}`);
const wrongAccepts = outcomes.flatMap(({ set, id, wrongAccepts: names = [] }) => names.map((name) => `${set}: ${id}: ${name}`));
for (const line of wrongAccepts) console.log(`wrong accept: ${line}`);
if (options.update) await writeFile(committedFile, `${JSON.stringify(state, undefined, 2)}\n`);
const unexpected = differences(state, options.update ? state : committed);
for (const line of unexpected) console.log(line);
const report = new BenchReport("schema-suite");
report.add("outcomes", outcomes);
report.goal("wrong accepts", wrongAccepts.length, "at most", 0);
report.goal("broken", outcomes.filter(({ error }) => error).length, "at most", 0);
report.goal("outcomes that are not the committed ones", unexpected.length, "at most", 0);
await report.finish(options);
