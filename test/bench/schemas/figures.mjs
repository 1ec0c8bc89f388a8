// Figures of a run, for each data set and in all, and their tables.
import { printTable } from "../bench-report.mjs";

export const ALL = "all";

export function summarise(cases, verdicts) {
  const sets = [...new Set(cases.map(({ set }) => set))];
  const summaries = sets.map((set) => [set, summary(verdicts.filter((verdict) => verdict.set === set))]);
  return { ...Object.fromEntries(summaries), [ALL]: summary(verdicts) };
}

function summary(verdicts) {
  const count = (isCounted) => verdicts.filter(isCounted).length;
  const faults = verdicts.flatMap((verdict) => verdict.faults);
  const countFaults = (kind, isCounted) => faults.filter((fault) => fault.kind === kind && isCounted(fault)).length;
  const answers = verdicts.map(({ answer }) => answer).filter(({ maskUs }) => maskUs);
  const maskUs = answers.flatMap((answer) => answer.maskUs);
  const acceptUs = answers.flatMap((answer) => answer.acceptUs);
  return {
    schemas: verdicts.length,
    compiled: count(({ outcome }) => outcome === "passed" || outcome === "failed"),
    refused: count(({ outcome }) => outcome === "refused"),
    broken: count(({ outcome }) => outcome === "broken"),
    passed: count(({ outcome }) => outcome === "passed"),
    passedByLabels: count((verdict) => verdict.passedByLabels),
    wrongAccepts: countFaults("wrong accept", ({ isDisputed }) => !isDisputed),
    wrongAcceptsByLabels: countFaults("wrong accept", () => true),
    wrongRefusals: countFaults("wrong refusal", ({ isDisputed }) => !isDisputed),
    wrongRefusalsByLabels: countFaults("wrong refusal", () => true),
    tokens: maskUs.length,
    firstMaskUs: percentiles(answers.flatMap(({ firstMaskUs }) => firstMaskUs ?? [])),
    maskUs: percentiles(maskUs),
    acceptUs: percentiles(acceptUs),
  };
}

function percentiles(values) {
  const sorted = Float64Array.from(values).toSorted();
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}

export function printSummaries(summaries) {
  const rows = Object.entries(summaries);
  printTable(
    ["", "schemas", "compiled", "refused", "broken", "passed", "%", "wrong accepts", "wrong refusals", "by labels: passed", "accepts", "refusals"],
    rows.map(([set, each]) => [
      set,
      each.schemas,
      each.compiled,
      each.refused,
      each.broken,
      each.passed,
      ((100 * each.passed) / each.schemas).toFixed(1),
      each.wrongAccepts,
      each.wrongRefusals,
      each.passedByLabels,
      each.wrongAcceptsByLabels,
      each.wrongRefusalsByLabels,
    ]),
  );
  printTable(
    ["", "first mask, ms: p50", "p90", "p99", "max", "mask, us: p50", "p90", "p99", "max", "accept, us: p50", "p99", "tokens"],
    rows.map(([set, { firstMaskUs, maskUs, acceptUs, tokens }]) => [
      set,
      ...[firstMaskUs.p50, firstMaskUs.p90, firstMaskUs.p99, firstMaskUs.max].map((us) => (us / 1000).toFixed(2)),
      ...[maskUs.p50, maskUs.p90, maskUs.p99, maskUs.max].map((us) => us.toFixed(1)),
      acceptUs.p50.toFixed(1),
      acceptUs.p99.toFixed(1),
      tokens,
    ]),
  );
}

/** How often each keyword was refused, the most frequent first. */
export function countRefusals(verdicts) {
  const counts = new Map();
  for (const { refusal } of verdicts) {
    if (!refusal) continue;
    const name = refusal.keyword || refusal.reason.split("\n")[0].slice(0, 90);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].toSorted((a, b) => b[1] - a[1]);
}

/** The longest that anybody had to wait in a case: for its first mask, a later one, or a token to be accepted. */
export function longestWaitMs({ answer: { compileUs = 0, firstMaskUs = compileUs, maskUs = [], acceptUs = [] } }) {
  return [maskUs, acceptUs].flat().reduce((longest, us) => Math.max(longest, us), firstMaskUs) / 1000;
}

export function slowest(verdicts, count = 10) {
  return verdicts
    .map((verdict) => ({ id: verdict.id, set: verdict.set, ms: longestWaitMs(verdict) }))
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, count);
}
