// What each switch of the engine buys, and that greedy replies are the same with it on or off: the same records through engines
// that have all switches on, one of them off, and none on.
import { printTable } from "../bench-report.mjs";
import { openDecoder } from "../distillate.mjs";
import { OURS, withSides } from "./process/start-side.mjs";

const SETS = { fin_sroie: 100, legal_cuad_windows: 100 };
const OFF = {
  "all on": {},
  "no sharing": { sharing: false },
  "no packing": { packing: false },
  "no forced runs": { forced: false },
  "no drafts": { drafts: false },
  plain: { sharing: false, packing: false, forced: false, drafts: false },
};
const CHUNK_RECORDS = 10;
/** The parts of the work that take several samples. */
const SAMPLED_RECORDS = 10;
/** Open the graphs, and know what all records begin with. */
const WARMING_RECORDS = 4;
const SAMPLES = 5;
const MOST_SAMPLES = 10;
/** Of logits. Kernels for one row and for several add up in another order; nearer tokens may change places. */
const EPSILON = 0.1;
/** Less than this is noise. */
const BUYS_SOMETHING = 1.02;

export function measureSwitches({ model, threadCount, data, recordCount, values }) {
  const sides = Object.values(OFF).map((switches) => [OURS, { modelPath: model.path, threadCount, switches }]);
  return withSides(sides, async (...engines) => {
    const named = Object.keys(OFF).map((name, index) => ({ name, engine: engines[index] }));
    const figures = {};
    const differing = [];
    for (const [set, most] of Object.entries(SETS)) {
      const count = Math.min(most, recordCount ?? most);
      const sampled = Math.min(count, SAMPLED_RECORDS);
      const jobs = await prepareAll(named, { folder: data, set, count: count + sampled + WARMING_RECORDS, values });
      const ranges = { one: [0, count], five: [count, count + sampled], warming: [count + sampled, jobs.length] };
      await runAll(named, { set, range: ranges.warming, samples: 1 });
      const one = await runAll(named, { set, range: ranges.one, samples: 1 });
      // Other records: nothing of them is in memory.
      const five = await runAll(named, { set, range: ranges.five, samples: SAMPLES });
      figures[set] = { one: toBuys(one), five: toBuys(five), adaptive: await measureAdaptive(named[0].engine, set, ranges.five) };
      differing.push(...findDifferences(set, one, jobs));
    }
    const differences = await addMargins(differing, { model, threadCount });
    return { figures: { sets: figures, differences }, goals: toGoals(figures, differences) };
  });
}

async function prepareAll(named, details) {
  let jobs;
  for (const { engine } of named) jobs = await engine.ask("prepare", details);
  if (!jobs) throw new Error(`${details.folder} has no ${details.set}.jsonl`);
  return jobs;
}

/** All engines over the records, chunk by chunk in turns: milliseconds and replies of each. */
async function runAll(named, { set, range: [first, end], samples }) {
  const runs = Object.fromEntries(named.map(({ name }) => [name, { ms: 0, outcomes: [] }]));
  for (let from = first, round = 0; from < end; from += CHUNK_RECORDS, round++) {
    for (const { name, engine } of round % 2 === 0 ? named : named.toReversed()) {
      const { wallMs, outcomes } = await engine.ask("records", { set, from, to: Math.min(end, from + CHUNK_RECORDS), samples });
      runs[name].ms += wallMs;
      runs[name].outcomes.push(...outcomes);
    }
  }
  return runs;
}

/** How much longer the work takes without each switch. */
function toBuys(runs) {
  const on = runs["all on"].ms;
  return Object.fromEntries(Object.entries(runs).map(([name, { ms, outcomes }]) => [name, { secondsPerRecord: ms / outcomes.length / 1000, ratio: ms / on }]));
}

/** The documents have been read by then: it is decoding that is compared. */
async function measureAdaptive(engine, set, [from, to]) {
  const count = to - from;
  const auto = await engine.ask("records", { set, from, to, samples: "auto" });
  const fixed = await engine.ask("records", { set, from, to, samples: MOST_SAMPLES });
  const drawn = auto.outcomes.reduce((sum, { replies }) => sum + replies.length, 0) / count;
  return { secondsPerRecord: auto.wallMs / count / 1000, fixedSecondsPerRecord: fixed.wallMs / count / 1000, ratio: fixed.wallMs / auto.wallMs, drawn };
}

/** Where the tokens of a greedy reply first leave those of the plain path. */
function findDifferences(set, runs, jobs) {
  const plain = runs.plain.outcomes;
  return Object.entries(runs).flatMap(([name, { outcomes }]) =>
    outcomes.flatMap(({ replies }, record) => {
      const [ours, theirs] = [replies[0]?.tokens ?? [], plain[record].replies[0]?.tokens ?? []];
      const at = theirs.findIndex((token, index) => ours[index] !== token);
      if (at < 0 && ours.length === theirs.length) return [];
      const place = at < 0 ? theirs.length : at;
      return [{ set, id: jobs[record].id, name, at: place, plainToken: theirs[place], token: ours[place], before: [...jobs[record].request.prompt, ...theirs.slice(0, place)] }];
    }),
  );
}

/** How far the plain path was from the other token. */
async function addMargins(differing, { model, threadCount }) {
  if (differing.length === 0) return [];
  const contextLength = Math.max(...differing.map(({ before }) => before.length));
  const { decoder, close } = await openDecoder(model.path, { threadCount, weights: "exact", contextLength });
  const known = [];
  for (const { before, ...difference } of differing) {
    decoder.restart();
    // As the plain path read it: the prompt in chunks, then token by token is the same up to rounding.
    const logits = await decoder.forward(before);
    const { plainToken, token } = difference;
    const margin = plainToken === undefined || token === undefined ? undefined : logits[plainToken] - logits[token];
    known.push({ ...difference, margin });
  }
  await close();
  return known;
}

function toGoals(figures, differences) {
  const goals = Object.keys(OFF)
    .filter((name) => name !== "all on")
    .map((name) => ({
      what: `${name}: time, times all on: ratio`,
      value: Math.max(...Object.values(figures).flatMap(({ one, five }) => [one[name].ratio, five[name].ratio])),
      relation: "at least",
      limit: BUYS_SOMETHING,
    }));
  goals.push({ what: "ten samples, times as many as it takes: ratio", value: Math.max(...Object.values(figures).map(({ adaptive }) => adaptive.ratio)), relation: "at least", limit: BUYS_SOMETHING });
  const wide = differences.filter(({ margin }) => margin === undefined || Math.abs(margin) > EPSILON);
  goals.push({ what: `greedy replies that differ by more than ${EPSILON} in logits`, value: wide.length, relation: "at most", limit: 0, isCount: true });
  return goals;
}

export function printSwitches({ sets, differences }) {
  for (const [set, { one, five, adaptive }] of Object.entries(sets)) {
    printTable(
      [set, "s a record", "times all on", "s, five samples", "times all on"],
      Object.keys(one).map((name) => [name, one[name].secondsPerRecord.toFixed(2), one[name].ratio.toFixed(2), five[name].secondsPerRecord.toFixed(2), five[name].ratio.toFixed(2)]),
    );
    console.log(
      `As many samples as it takes (${adaptive.drawn.toFixed(1)}): ${adaptive.secondsPerRecord.toFixed(2)} s a record, ten: ${adaptive.fixedSecondsPerRecord.toFixed(2)} s, ratio ${adaptive.ratio.toFixed(2)}.\n`,
    );
  }
  console.log(`${differences.length} greedy replies differ from the plain path's:`);
  for (const { set, id, name, at, plainToken, token, margin } of differences) {
    console.log(`  ${set} ${id}, ${name}: token ${at} is ${token}, not ${plainToken}; margin ${margin?.toFixed(4) ?? "of an end"}`);
  }
  console.log();
}
