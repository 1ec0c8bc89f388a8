// The end of a long text, scored by reading all of what comes before, and by reading in part: while decoding (one token a
// pass, after a prompt read whole) and while reading the prompt (from its first token on).
import { AUTO_SPARSE_ROWS } from "../../../dist/engine/forward/sparse/attention-policy.js";
import { findEchoes } from "../../../dist/engine/forward/sparse/echoes.js";
import { ROWS_PER_CHOICE } from "../../../dist/engine/forward/pass.js";
import { indexOfLargest, logSumExp } from "../../golden/llama-cpp/compare.mjs";
import { printTable } from "../bench-report.mjs";
import { openDecoder } from "../distillate.mjs";

/** Neighbouring tokens err alike: errors are of means over so many. */
const SPAN_TOKENS = 64;

export async function measurePerplexity({ path, texts, lengths, positions, keep, threadCount }) {
  const longest = Math.max(...lengths);
  const opened = await openDecoder(path, { threadCount, weights: "exact", contextLength: longest });
  const figures = [];
  try {
    for (const { name, text } of texts) {
      const ids = opened.tokenizer.encode(text);
      for (const length of lengths) {
        if (ids.length <= length) {
          console.log(`${name} has ${ids.length} tokens, too few for ${length}.`);
          continue;
        }
        const start = Math.floor((ids.length - length - 1) / 2);
        figures.push({ name, length, ...(await compare(opened.decoder, ids.slice(start, start + length + 1), positions ?? length / 2, keep)) });
      }
    }
  } finally {
    await opened.close();
  }
  const goals = figures.flatMap(({ name, length, decode, prefill }) =>
    Object.entries({ decode, prefill }).map(([kind, { percent }]) => (
      { what: `${name} at ${length}, ${kind}: perplexity above dense, %`, value: percent, relation: "at most", limit: 0.5 }
    )),
  );
  return { figures, goals };
}

async function compare(decoder, ids, positions, keep) {
  const last = ids.length - 1;
  const first = last - positions;
  const score = { ids, first, last };
  const dense = await scoreFrom(decoder, score, { start: 0, rows: ROWS_PER_CHOICE });
  const decode = await scoreFrom(decoder, score, { start: first, rows: 1, keep });
  const prefill = await scoreFrom(decoder, score, { start: 0, rows: ROWS_PER_CHOICE, keep });
  return {
    positions,
    perplexity: perplexityOf(dense),
    decode: difference(decode, dense),
    prefill: difference(prefill, dense),
  };
}

/** Losses and most likely tokens of the positions from `first` on. Rows before `start` are there. */
export async function scoreFrom(decoder, { ids, first, last }, { start, rows, keep }) {
  const { vocabularySize } = decoder.config;
  const scores = [];
  decoder.restart(start);
  for (let at = start; at < last; at += rows) {
    const tokens = ids.slice(at, Math.min(at + rows, last));
    const wanted = Math.min(tokens.length, at + tokens.length - first);
    const share = keep !== undefined && at + tokens.length >= AUTO_SPARSE_ROWS ? { keep, findEchoes } : {};
    const logits = await decoder.forward(tokens, Math.max(1, wanted), share);
    for (let i = 0; i < wanted; i++) {
      const row = logits.subarray(i * vocabularySize, (i + 1) * vocabularySize);
      const target = ids[at + tokens.length - wanted + i + 1];
      scores.push({ loss: logSumExp(row) - row[target], best: indexOfLargest(row) });
    }
  }
  return scores;
}

export function difference(found, expected) {
  const differences = found.map(({ loss }, i) => loss - expected[i].loss);
  const spans = Array.from({ length: Math.floor(differences.length / SPAN_TOKENS) }, (_, i) => mean(differences.slice(i * SPAN_TOKENS, (i + 1) * SPAN_TOKENS)));
  const rise = mean(differences);
  const error = Math.sqrt(mean(spans.map((span) => (span - mean(spans)) ** 2)) / spans.length);
  return {
    percent: 100 * Math.expm1(rise),
    standardError: 100 * error,
    agreement: mean(found.map(({ best }, i) => Number(best === expected[i].best))),
  };
}

export const perplexityOf = (scores) => Math.exp(mean(scores.map(({ loss }) => loss)));

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

export function printPerplexity(figures) {
  printTable(
    ["text", "length", "scored", "dense", "decode", "same top", "prefill", "same top"],
    figures.map(({ name, length, positions, perplexity, decode, prefill }) => [
      name, length, positions, perplexity.toFixed(3), ...cellsOf(decode), ...cellsOf(prefill),
    ]),
  );
}

export function cellsOf({ percent, standardError, agreement }) {
  return [`${percent.toFixed(2)} ± ${standardError.toFixed(2)} %`, `${(100 * agreement).toFixed(1)} %`];
}
