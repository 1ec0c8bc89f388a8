// The committed ratios, a ratchet: none of them may become worse than it was by more than noise.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const file = fileURLToPath(new URL("baseline.json", import.meta.url));
/** Share by which a ratio may be worse: two runs of one build on one machine differ by up to this, llama.cpp more than ours. */
export const TOLERANCE = 0.2;

export async function readBaseline() {
  return JSON.parse(await readFile(file, "utf8"));
}

/** Keeps the ratios that were measured now, and those of other runs as they were. */
export async function writeBaseline(goals) {
  const entries = goals.filter(({ what }) => what.endsWith("ratio")).map(({ what, value }) => [what, Number(value.toFixed(3))]);
  const known = { ...(await readBaseline()), ...Object.fromEntries(entries) };
  const sorted = Object.fromEntries(Object.entries(known).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(file, `${JSON.stringify(sorted, undefined, 2)}\n`);
}

/** A further goal for each ratio that has a baseline. */
export async function baselineGoals(goals) {
  const known = await readBaseline();
  return goals
    .filter(({ what }) => what in known)
    .map(({ what, value, relation }) => ({
      what: `${what}, beside the baseline of ${known[what]}`,
      value,
      relation,
      limit: known[what] * (relation === "at least" ? 1 - TOLERANCE : 1 + TOLERANCE),
    }));
}
