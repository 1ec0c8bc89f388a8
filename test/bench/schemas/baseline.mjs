// The committed state of the sample, a ratchet: no data set may come to pass fewer schemas than it did.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const folder = new URL("../../fixtures/schemas/", import.meta.url);
const baselineFile = fileURLToPath(new URL("baseline.json", folder));
export const sampleFile = fileURLToPath(new URL("sample.jsonl.gz", folder));

/** For each data set: how many schemas passed, the ids of the others, and instances let through that Ajv refuses too. */
export function baselineOf(verdicts) {
  const baseline = {};
  for (const { id, set, outcome, faults } of verdicts) {
    const entry = (baseline[set] ??= { passed: 0, wrongAccepts: 0, notPassed: [] });
    if (outcome === "passed") entry.passed++;
    else entry.notPassed.push(id);
    entry.wrongAccepts += faults.filter(({ kind, isDisputed }) => kind === "wrong accept" && !isDisputed).length;
  }
  return baseline;
}

export async function writeBaseline(verdicts) {
  await writeFile(baselineFile, `${JSON.stringify(baselineOf(verdicts), undefined, 2)}\n`);
}

/** What is worse than the baseline: `{ set, passed, before, ids }` for each such data set, with the ids that passed before. */
export async function compareWithBaseline(verdicts) {
  const before = JSON.parse(await readFile(baselineFile, "utf8"));
  return Object.entries(baselineOf(verdicts)).flatMap(([set, now]) => {
    const then = before[set] ?? { passed: 0, wrongAccepts: 0, notPassed: [] };
    if (now.passed >= then.passed && now.wrongAccepts <= then.wrongAccepts) return [];
    return [{ set, passed: now.passed, before: then.passed, wrongAccepts: now.wrongAccepts, ids: now.notPassed.filter((id) => !then.notPassed.includes(id)) }];
  });
}
