// Runs the whole suite and closes with one line that a machine can count.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const report = fileURLToPath(new URL("../.test-report.json", import.meta.url));
const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url));
rmSync(report, { force: true });
const run = spawnSync(
  process.execPath,
  [vitest, "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`, ...process.argv.slice(2)],
  { stdio: "inherit" },
);
const { numPassedTests, numFailedTests, numFailedTestSuites } = JSON.parse(readFileSync(report, "utf8"));
const failed = Math.max(numFailedTests, numFailedTestSuites > 0 ? 1 : 0);
console.log(`${numPassedTests} passed, ${failed} failed`);
process.exit(run.status ?? 1);
