// Fields of whole contracts, read whole and read in part: same prompts, greedy, micro F1 over the fields.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { defineTask, loadModel } from "../../../dist/src/index.js";
import { printTable } from "../bench-report.mjs";
import { FieldScores } from "../extraction/field-scores.mjs";

/** Labels of CUAD (Hendrycks et al. 2021) that stand in most contracts, and what the model is told of them. */
const FIELDS = {
  "Document Name": "title of the contract",
  Parties: "name of the first party",
  "Agreement Date": "date of the contract, as written",
  "Effective Date": "date from which it is effective, as written",
  "Expiration Date": "when or how its initial term ends, as written",
  "Governing Law": "sentence naming the law that governs it",
  "Anti-Assignment": "sentence on whether it may be assigned",
  "Cap On Liability": "sentence limiting liability",
};
const FIELD_CHARS = 300;
const REPLY_TOKENS = 700;
const CONTEXT_TOKENS = 32_768;

const TASK = {
  name: "bench_contract_fields",
  description: "Extracts fields of a contract.",
  output: z.object(mapFields((what) => z.string().min(1).max(FIELD_CHARS).nullable().describe(what))),
  template: "Extract the fields of this contract. Copy each exactly from the contract; use null where it says nothing.",
  maxTokens: REPLY_TOKENS,
  readings: 1,
};

export async function measureFields({ path, data, contracts, keep, threadCount }) {
  const lines = (await readFile(join(data, "legal_cuad_long.jsonl"), "utf8")).split("\n").filter(Boolean);
  const records = lines.map((line) => JSON.parse(line)).toSorted((a, b) => a.input.length - b.input.length).slice(0, contracts);
  const figures = {};
  for (const attention of ["dense", "auto"]) figures[attention] = await answer(records, await loadModel(path, { attention, ...(attention === "auto" && { keep }), threadCount, contextLength: CONTEXT_TOKENS }));
  const differences = records.map((_, i) => figures.auto.byContract[i] - figures.dense.byContract[i]);
  const mean = differences.reduce((sum, value) => sum + value, 0) / records.length;
  const noise = 2 * Math.sqrt(differences.reduce((sum, value) => sum + (value - mean) ** 2, 0)) / records.length;
  const loss = figures.dense.f1 - figures.auto.f1;
  return {
    figures: { contracts: records.length, ...figures, loss, noise },
    goals: [{ what: "field F1 lost, beyond twice its standard error", value: loss - noise, relation: "at most", limit: 0 }],
  };
}

async function answer(records, model) {
  const task = defineTask(TASK);
  const all = new FieldScores();
  const byContract = [];
  const usage = { promptTokens: 0, computed: 0, skipped: 0 };
  let failed = 0;
  const started = performance.now();
  for (const { input, gold } of records) {
    const { value, error } = await task.safe(input, { model, language: "en" }).catch((thrown) => ({ error: thrown }));
    if (error) failed++;
    const goals = mapFields((_, name) => ({ texts: (gold[name]?.spans ?? []).map(({ text }) => text) }));
    const one = new FieldScores();
    for (const scores of [all, one]) scores.add(value?.data, goals);
    byContract.push(one.figures.soft);
    usage.promptTokens += value?.usage.promptTokens ?? 0;
    usage.computed += value?.usage.flops?.computed ?? 0;
    usage.skipped += value?.usage.flops?.skipped ?? 0;
  }
  await model.close?.();
  return { f1: all.figures.soft, strict: all.figures.strict, failed, seconds: (performance.now() - started) / 1000, byContract, ...usage };
}

function mapFields(map) {
  return Object.fromEntries(Object.entries(FIELDS).map(([name, what]) => [name, map(what, name)]));
}

export function printFields({ contracts, dense, auto, loss, noise }) {
  const row = (name, { f1, strict, failed, seconds, computed, skipped }) => [
    name, f1.toFixed(3), strict.toFixed(3), failed, (seconds / contracts).toFixed(0), `${((100 * skipped) / (computed + skipped || 1)).toFixed(1)} %`,
  ];
  printTable([`${contracts} contracts`, "F1", "strict", "failed", "s a contract", "skipped"], [row("dense", dense), row("auto", auto)]);
  console.log(`F1 lost: ${loss.toFixed(3)}, twice its standard error: ${noise.toFixed(3)}\n`);
}
