// Records per hour under a schema: the tasks of the SDK beside node-llama-cpp with its JSON grammar, its prefix reuse and its
// best settings; the same tokens in, the same schema, chunks of records in turns.
import { FieldScores } from "../extraction/field-scores.mjs";
import { printTable } from "../bench-report.mjs";
import { tuneLlama } from "./llama-tuning.mjs";
import { OURS, THEIRS, withSides } from "./process/start-side.mjs";

export const SETS = { fin_sroie: 100, legal_cuad_windows: 60 };
const SAMPLES = [1, 5];
const TEMPERATURE = 0.6;
const CHUNK_RECORDS = 20;
const LARGE_BYTES = 900 * 2 ** 20;
const limits = ({ sizeBytes }) => (sizeBytes > LARGE_BYTES ? { 1: 1.5, 5: 2.5 } : { 1: 2.5, 5: 4 });

export function measureRecords({ model, threadCount, data, recordCount, values, tuningCount }) {
  const sides = [
    [OURS, { modelPath: model.path, threadCount }],
    [THEIRS, { modelPath: model.path, threadCount, isForRecords: true }],
  ];
  return withSides(sides, async (ours, theirs) => {
    const figures = {};
    const goals = [];
    for (const [set, most] of Object.entries(SETS)) {
      const count = Math.min(most, recordCount ?? most);
      // Those beyond the count serve to find the settings.
      const jobs = await ours.ask("prepare", { folder: data, set, count: count + tuningCount, values });
      if (!jobs) throw new Error(`${data} has no ${set}.jsonl`);
      const theirJobs = values === "plain" ? jobs : await ours.ask("prepare", { folder: data, set, count: count + tuningCount, values: "plain" });
      if (values !== "plain") await ours.ask("prepare", { folder: data, set, count: count + tuningCount, values });
      for (const samples of SAMPLES) {
        const key = `${set}, ${samples} ${samples === 1 ? "sample" : "samples"}`;
        figures[key] = await measureSet({ ours, theirs }, { set, jobs, requests: theirJobs.map(({ request }) => request), count, samples });
        goals.push({ what: `records per hour, ${key}: ratio`, value: figures[key].ratio, relation: "at least", limit: limits(model)[samples] });
      }
    }
    return { figures, goals };
  });
}

async function measureSet({ ours, theirs }, { set, jobs, requests, count, samples }) {
  const temperature = samples > 1 ? TEMPERATURE : 0;
  const { settings, tried } = await tuneLlama(theirs, requests.slice(count), { samples, temperature });
  // The same records warm ours: what all begin with is known, the graphs are open.
  await ours.ask("records", { set, from: count, to: jobs.length, samples });
  const totals = { [OURS]: new Totals(), [THEIRS]: new Totals() };
  const turn = {
    [OURS]: async (from, to) => {
      const answered = await withCpu(ours, () => ours.ask("records", { set, from, to, samples }));
      totals[OURS].add(answered, jobs.slice(from, to), ourReading);
    },
    [THEIRS]: async (from, to) => {
      const details = { requests: requests.slice(from, to), samples, temperature, bounded: settings.bounded };
      const { answers, ...times } = await withCpu(theirs, () => theirs.ask("answer", details));
      totals[THEIRS].add({ ...times, outcomes: answers }, jobs.slice(from, to), theirReading);
    },
  };
  for (let from = 0, round = 0; from < count; from += CHUNK_RECORDS, round++) {
    const order = round % 2 === 0 ? [OURS, THEIRS] : [THEIRS, OURS];
    for (const name of order) await turn[name](from, Math.min(count, from + CHUNK_RECORDS));
  }
  const [a, b] = [totals[OURS].figures, totals[THEIRS].figures];
  return { ours: a, theirs: b, ratio: a.recordsPerHour / b.recordsPerHour, settings, tried, guesses: await theirs.ask("guesses") };
}

/** The answer, and the processor time that its engine took: on a busy machine the better measure, with one thread the exact one. */
async function withCpu(side, work) {
  const before = await side.ask("cpu");
  const answer = await work();
  const after = await side.ask("cpu");
  return { ...answer, cpuMs: (after.user + after.system - before.user - before.system) / 1000 };
}

/** Values and counts of one outcome, as both sides give them. */
function ourReading({ values = [], replies, error }) {
  const usages = replies.map(({ usage }) => usage);
  const total = (key) => usages.reduce((sum, usage) => sum + (usage[key] ?? 0), 0);
  const keys = ["promptTokens", "cachedTokens", "outputTokens", "forcedTokens", "draftedTokens", "acceptedTokens", "passes", "maskMs"];
  return { values, failed: error ? 1 : 0, ...Object.fromEntries(keys.map((key) => [key, total(key)])) };
}

function theirReading(answers) {
  const values = answers.flatMap(({ text }) => (text ? [JSON.parse(text)] : []));
  const total = (key) => answers.reduce((sum, answer) => sum + answer[key], 0);
  return { values, failed: answers.length - values.length, promptTokens: total("promptTokens"), cachedTokens: total("cachedTokens"), outputTokens: total("outputTokens") };
}

class Totals {
  #scores = new FieldScores();
  #wallMs = 0;
  #cpuMs = 0;
  #records = 0;
  #counts = {};

  add({ wallMs, cpuMs, outcomes }, jobs, read) {
    this.#wallMs += wallMs;
    this.#cpuMs += cpuMs;
    for (const [index, outcome] of outcomes.entries()) {
      const { values, ...counts } = read(outcome);
      this.#records++;
      for (const value of values.length > 0 ? values : [undefined]) this.#scores.add(value, jobs[index].gold);
      for (const [key, count] of Object.entries(counts)) this.#counts[key] = (this.#counts[key] ?? 0) + count;
    }
  }

  get figures() {
    const { strict, soft } = this.#scores.figures;
    return { recordsPerHour: (this.#records * 3_600_000) / this.#wallMs, f1: { strict, soft }, records: this.#records, wallMs: this.#wallMs, cpuMs: this.#cpuMs, counts: this.#counts };
  }
}

const each = ({ counts, records }, key) => (counts[key] === undefined ? "-" : (counts[key] / records).toFixed(1));

export function printRecords(figures) {
  for (const [key, { ours, theirs, ratio, settings, tried }] of Object.entries(figures)) {
    console.log(`${key}: ${ratio.toFixed(2)} x; llama.cpp with ${JSON.stringify(settings)}`);
    printTable(
      ["a record", "an hour", "CPU s", "F1 strict / soft", "prompt read", "written", "forced", "drafted", "accepted", "passes", "failed"],
      [[OURS, ours], [THEIRS, theirs]].map(([name, side]) => [
        name,
        side.recordsPerHour.toFixed(0),
        (side.cpuMs / side.records / 1000).toFixed(2),
        `${side.f1.strict.toFixed(3)} / ${side.f1.soft.toFixed(3)}`,
        ((side.counts.promptTokens - side.counts.cachedTokens) / side.records).toFixed(0),
        ...["outputTokens", "forcedTokens", "draftedTokens", "acceptedTokens", "passes"].map((count) => each(side, count)),
        side.counts.failed,
      ]),
    );
    console.log(`  tried with llama.cpp, s a record: ${tried.map((one) => `${JSON.stringify(one.settings)} ${(one.msPerRecord / 1000).toFixed(2)}`).join("; ")}\n`);
  }
}
