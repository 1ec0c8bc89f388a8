// The measured runs as a table, `off` and `on` side by side, and as goals.
import { printTable } from "../bench-report.mjs";

const FORCED_GOAL = 0.99;

export const percent = (share) => `${(100 * share).toFixed(1)} %`;

/** Label and cell of each line of the table. */
const LINES = [
  ["records", ({ records }) => records],
  ["parse", ({ parse }) => percent(parse)],
  ["validate", ({ validate }) => percent(validate)],
  ["finish", ({ finish }) => percent(finish)],
  ["task succeeds", ({ succeed }) => percent(succeed)],
  ["values that stand at their spans", ({ atTheirSpans, values }) => `${percent(atTheirSpans)} of ${values}`],
  ["... in the source's own form", ({ inSourceForm }) => percent(inSourceForm)],
  ["copies that stand at the engine's spans", ({ copiesAtTheirSpans, copies }) => (copies === 0 ? "-" : `${percent(copiesAtTheirSpans)} of ${copies}`)],
  ["field F1, strict", ({ fieldF1 }) => percent(fieldF1.strict)],
  ["field F1, soft", ({ fieldF1 }) => percent(fieldF1.soft)],
  ["precision / recall, strict", ({ fieldF1 }) => `${percent(fieldF1.precision)} / ${percent(fieldF1.recall)}`],
  ["answers where gold has none", ({ fieldF1 }) => `${fieldF1.overAnswered} of ${fieldF1.absentFields}`],
  ["records an hour", ({ recordsPerHour }) => recordsPerHour.toFixed(0)],
  ["output tokens a record", ({ outputTokensPerRecord }) => outputTokensPerRecord.toFixed(1)],
  ["forced tokens", ({ forcedShare, forced }) => `${percent(forcedShare)} (${forced.tokens})`],
  ["forced runs as the tokenizer has them", ({ equalRunShare, forced }) => `${percent(equalRunShare)} of ${forced.runs}`],
  ["replies with all runs so", ({ forced }) => `${forced.equalReplies} of ${forced.replies}`],
  ["... and all other tokens too", ({ forced }) => `${forced.whollyEqualReplies} of ${forced.replies}`],
  ["masks, share of decode time", ({ maskShare }) => percent(maskShare)],
];

export function printFigures(runs) {
  for (const set of new Set(runs.map((run) => run.set))) {
    const columns = runs.filter((run) => run.set === set);
    console.log(`${set}: ${samePrompts(columns)}`);
    printTable(
      ["", ...columns.map(({ variant }) => variant)],
      LINES.map(([label, cell]) => [label, ...columns.map(({ figures }) => cell(figures))]),
    );
  }
  for (const { set, variant, figures } of runs) printExamples(`${set} ${variant}`, figures.examples);
}

function samePrompts(columns) {
  const [first, ...others] = columns.map(({ outcomes }) => new Map(outcomes.map(({ id, promptHash }) => [id, promptHash])));
  const shared = others.flatMap((prompts) => [...prompts].filter(([id]) => first.has(id)));
  const same = shared.filter(([id, hash]) => first.get(id) === hash);
  return shared.length === 0 ? "one variant" : `${same.length} of ${shared.length} prompts the same`;
}

function printExamples(title, examples) {
  for (const [kind, items] of Object.entries(examples)) {
    if (kind === "misplaced" && title.endsWith(" off")) continue;
    for (const item of items) console.log(`${title}, ${kind}: ${JSON.stringify(item)}`);
  }
}

/** Promised of every reply: it parses, fits, ends, and what is copied stands at its spans. */
export function addGoals(report, runs) {
  for (const { set, variant, figures } of runs) {
    for (const what of ["parse", "validate", "finish"]) report.goal(`${set} ${variant}: ${what}`, figures[what], "at least", 1);
    if (variant !== "on") continue;
    report.goal(`${set} on: values at their spans`, figures.atTheirSpans, "at least", 1);
    report.goal(`${set} on: copies at the engine's spans`, figures.copies === 0 ? 0 : figures.copiesAtTheirSpans, "at least", 1);
  }
  const [replies, equal, tokens] = ["replies", "equalReplies", "tokens"].map((key) => runs.reduce((sum, { figures }) => sum + figures.forced[key], 0));
  report.goal("replies whose forced runs are the tokenizer's own", tokens === 0 ? 0 : equal / replies, "at least", FORCED_GOAL);
}
