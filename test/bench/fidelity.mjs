// How close the engine is to llama.cpp on the same file: perplexity side by side, most likely tokens, divergence, goldens.
//   npm run bench:fidelity -- [--model ID|PATH]... [--weights exact|fast] [--data DIR] [--threads N] [--check] [--json FILE]
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compareGoldens, indexOfLargest, logSumExp } from "../golden/llama-cpp/compare.mjs";
import { BenchReport, locateModel, printTable, readArguments } from "./bench-report.mjs";
import { openDecoder } from "./distillate.mjs";
import { openLlamaCpp } from "./llama-cpp.mjs";

const WINDOW_TOKENS = 1024;
/** The first tokens of a window only give context. */
const CONTEXT_TOKENS = 256;
const WINDOWS_PER_TEXT = 2;
/** Rows of logits held at a time. */
const SCORING_TOKENS = 128;
/** llama.cpp's most likely tokens of a position; all others count as one in the divergence, which is then a lower bound. */
const TOP_TOKENS = 64;

const defaultData = fileURLToPath(new URL("../fixtures/perplexity", import.meta.url));

async function readTexts(folder) {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".txt")).toSorted();
  if (names.length === 0) throw new Error(`${folder} holds no .txt files`);
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(join(folder, name), "utf8") })));
}

/** Windows spread evenly over a text, each one token longer than what is read: the last is only predicted. */
function windowsOf(ids) {
  const spare = ids.length - WINDOW_TOKENS - 1;
  if (spare < 0) throw new Error(`a text of ${ids.length} tokens is shorter than a window of ${WINDOW_TOKENS + 1}`);
  return Array.from({ length: WINDOWS_PER_TEXT }, (_, index) => {
    const start = Math.floor((index / WINDOWS_PER_TEXT) * spare);
    return ids.slice(start, start + WINDOW_TOKENS + 1);
  });
}

async function scoreWithLlama(modelPath, texts, threadCount) {
  const llama = await openLlamaCpp(modelPath, { threadCount, contextLength: WINDOW_TOKENS });
  const scored = [];
  for (const { name, text } of texts) {
    for (const ids of windowsOf(llama.tokenize(text))) {
      const targets = ids.slice(CONTEXT_TOKENS + 1);
      const scores = await llama.score(ids.slice(0, -1), { from: CONTEXT_TOKENS, targets, topCount: TOP_TOKENS });
      scored.push({ name, ids, scores });
    }
  }
  await llama.close();
  return scored;
}

/** Adds to `totals` what one position says about both engines. `row` is [vocabulary] f32. */
function addPosition(totals, row, target, theirs) {
  const normalizer = logSumExp(row);
  totals.positions++;
  totals.ours -= row[target] - normalizer;
  totals.theirs -= theirs.target;
  totals.difference += Math.abs(row[target] - normalizer - theirs.target);
  if (indexOfLargest(row) === theirs.top[0].token) totals.agreed++;
  totals.divergence += divergence(theirs.top, row, normalizer);
}

/** Kullback-Leibler divergence of ours from theirs. */
function divergence(top, row, normalizer) {
  let sum = 0;
  let theirRest = 1;
  let ourRest = 1;
  for (const { token, logProbability } of top) {
    const ours = row[token] - normalizer;
    sum += Math.exp(logProbability) * (logProbability - ours);
    theirRest -= Math.exp(logProbability);
    ourRest -= Math.exp(ours);
  }
  return theirRest > 1e-6 && ourRest > 1e-6 ? sum + theirRest * Math.log(theirRest / ourRest) : sum;
}

async function compareWindows(decoder, windows) {
  const totals = { positions: 0, ours: 0, theirs: 0, difference: 0, agreed: 0, divergence: 0 };
  const { vocabularySize } = decoder.config;
  for (const { ids, scores } of windows) {
    decoder.restart();
    await decoder.forward(ids.slice(0, CONTEXT_TOKENS));
    for (let start = CONTEXT_TOKENS; start < WINDOW_TOKENS; start += SCORING_TOKENS) {
      const logits = await decoder.forward(ids.slice(start, start + SCORING_TOKENS), SCORING_TOKENS);
      for (let i = 0; i < SCORING_TOKENS; i++) {
        const row = logits.subarray(i * vocabularySize, (i + 1) * vocabularySize);
        addPosition(totals, row, ids[start + i + 1], scores[start + i - CONTEXT_TOKENS]);
      }
    }
  }
  const { positions } = totals;
  return {
    positions,
    perplexity: Math.exp(totals.ours / positions),
    llamaPerplexity: Math.exp(totals.theirs / positions),
    topAgreement: totals.agreed / positions,
    divergence: totals.divergence / positions,
    meanDifference: totals.difference / positions,
  };
}

async function readGoldens(name) {
  const file = new URL(`../golden/llama-cpp/${name}.json`, import.meta.url);
  try {
    return JSON.parse(await readFile(file, "utf8")).prompts;
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function compareModel({ name, path }, texts, { threads: threadCount, weights }) {
  const windows = await scoreWithLlama(path, texts, threadCount);
  const engine = await openDecoder(path, { threadCount, weights, contextLength: WINDOW_TOKENS });
  const byText = {};
  for (const text of texts) {
    byText[text.name] = await compareWindows(engine.decoder, windows.filter((window) => window.name === text.name));
  }
  const goldens = await readGoldens(name);
  const agreement = goldens && (await compareGoldens(engine.decoder, goldens));
  await engine.close();
  return { byText, goldens: agreement };
}

const percent = (share) => `${(100 * share).toFixed(2)} %`;

function printModel({ byText, goldens }) {
  printTable(
    ["text", "positions", "perplexity", "llama.cpp", "ratio", "top-1", "divergence", "|dlogprob|"],
    Object.entries(byText).map(([name, text]) => [
      name,
      text.positions,
      text.perplexity.toFixed(3),
      text.llamaPerplexity.toFixed(3),
      (text.perplexity / text.llamaPerplexity).toFixed(4),
      percent(text.topAgreement),
      text.divergence.toFixed(5),
      text.meanDifference.toFixed(4),
    ]),
  );
  if (!goldens) return;
  const { positions, topAgreement, meanDifference } = goldens;
  console.log(`goldens: top-1 ${percent(topAgreement)} of ${positions} positions, |dlogprob| ${meanDifference.toFixed(4)}\n`);
}

function setGoals(report, model, { byText, goldens }) {
  for (const [name, text] of Object.entries(byText)) {
    report.goal(`${model}, ${name}: perplexity off by, %`, 100 * Math.abs(text.perplexity / text.llamaPerplexity - 1), "at most", 1);
  }
  const all = Object.values(byText);
  const positions = all.reduce((sum, text) => sum + text.positions, 0);
  const agreed = all.reduce((sum, text) => sum + text.topAgreement * text.positions, 0);
  // Near ties turn with every change of rounding: a text of 1,536 positions by itself comes out 0.4 % off at one standard error.
  report.goal(`${model}, ${positions} positions: top-1, %`, (100 * agreed) / positions, "at least", 97.5);
  if (goldens) report.goal(`${model}, goldens: top-1, %`, 100 * goldens.topAgreement, "at least", 97.5);
}

const options = readArguments({
  data: { type: "string", default: defaultData },
  weights: { type: "string", oneOf: ["exact", "fast"], default: "exact" },
});
const texts = await readTexts(options.data);
const report = new BenchReport("fidelity");
for (const idOrPath of options.model) {
  const model = await locateModel(idOrPath);
  console.log(`${model.name}, weights ${options.weights}`);
  const figures = await compareModel(model, texts, options);
  printModel(figures);
  report.add(model.name, { weights: options.weights, ...figures });
  setGoals(report, model.name, figures);
}
await report.finish(options);
