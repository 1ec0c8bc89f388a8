// Time of a decoded token and of reading a whole prompt, with all of the text read and in part, in turns.
import { createAttentionPolicy } from "../../../dist/engine/forward/sparse/attention-policy.js";
import { findEchoes } from "../../../dist/engine/forward/sparse/echoes.js";
import { ROWS_PER_CHOICE } from "../../../dist/engine/forward/pass.js";
import { PASS_ROWS } from "../../../dist/engine/scheduler/pass-planner.js";
import { median, printTable } from "../bench-report.mjs";
import { openDecoder } from "../distillate.mjs";

const SHORT_LENGTHS = [1024, 2048, 4096];
const DECODED_TOKENS = 8;
/** A prompt's passes cost more the more is there: measured at so many places, each stands for its part of the prompt. */
const PLACES = 8;
const DECODE_GOALS = { 8192: 1.8, 16384: 2.5 };
const PREFILL_GOALS = { 16384: 1.2 };

export async function measureSpeed({ path, lengths, keep, threadCount, rounds }) {
  const all = [...new Set([...SHORT_LENGTHS, ...lengths])].toSorted((a, b) => a - b);
  const opened = await openDecoder(path, { threadCount, weights: "exact", contextLength: Math.max(...all) + ROWS_PER_CHOICE });
  try {
    const decode = [];
    for (const length of all) decode.push({ length, ...(await measureDecode(opened.decoder, { length, keep, rounds })) });
    const prefill = [];
    for (const length of lengths) prefill.push({ length, ...(await measurePrefill(opened.decoder, { length, keep, rounds })) });
    return { figures: { decode, prefill }, goals: [...goalsOf("decode", decode, DECODE_GOALS), ...goalsOf("prefill", prefill, PREFILL_GOALS)] };
  } finally {
    await opened.close();
  }
}

function goalsOf(what, figures, limits) {
  return figures
    .filter(({ length }) => length in limits)
    .map(({ length, ratio }) => ({ what: `${what} at ${length}, times dense: ratio`, value: ratio, relation: "at least", limit: limits[length] }));
}

/** What lies in the buffer changes no time. */
async function measureDecode(decoder, { length, keep, rounds }) {
  const times = { dense: [], sparse: [] };
  for (let round = 0; round <= rounds; round++) {
    for (const [kind, share] of [["dense", {}], ["sparse", { keep, findEchoes }]]) {
      decoder.restart(length - DECODED_TOKENS);
      // Summaries of what a dense pass wrote are made by the first.
      await decoder.forward([1], 1, share);
      const started = performance.now();
      for (let token = 1; token < DECODED_TOKENS; token++) await decoder.forward([token], 1, share);
      if (round > 0) times[kind].push((performance.now() - started) / (DECODED_TOKENS - 1));
    }
  }
  return ratioOf(times);
}

async function measurePrefill(decoder, { length, keep, rounds }) {
  const dense = createAttentionPolicy({ mode: "dense" });
  const sparse = createAttentionPolicy({ mode: "auto", keep });
  const times = { dense: [], sparse: [] };
  // The first long passes wait for memory.
  for (const policy of [dense, sparse]) await passMs(decoder, length - PASS_ROWS, policy);
  for (let round = 0; round < rounds; round++) {
    for (const [kind, policy] of [["dense", dense], ["sparse", sparse]]) times[kind].push(await promptMs(decoder, length, policy));
  }
  return ratioOf(times);
}

async function promptMs(decoder, length, policy) {
  const part = length / PLACES;
  let ms = 0;
  for (let place = 0; place < PLACES; place++) ms += part * (await passMs(decoder, Math.floor((place + 0.5) * part), policy));
  return ms;
}

/** A pass of the prompt after so many rows, a row of it. */
async function passMs(decoder, past, policy) {
  const rows = Math.min(PASS_ROWS, policy.mostNewRows(past));
  const keep = policy.keep(past + rows);
  const share = keep === undefined ? {} : { keep, findEchoes };
  if (keep !== undefined) {
    decoder.restart(past - 1);
    await decoder.forward([1], 1, share);
  }
  decoder.restart(past);
  const tokens = Array.from({ length: rows }, (_, i) => i + 1);
  const started = performance.now();
  await decoder.forward(tokens, 1, share);
  return (performance.now() - started) / rows;
}

function ratioOf({ dense, sparse }) {
  return { denseMs: median(dense), sparseMs: median(sparse), ratio: median(dense.map((ms, round) => ms / sparse[round])) };
}

export function printSpeed({ decode, prefill }) {
  printTable(["a token decoded at", "dense, ms", "sparse, ms", "times"], rowsOf(decode, { perUnit: 1 }));
  printTable(["a prompt read of", "dense, s", "sparse, s", "times"], rowsOf(prefill, { perUnit: 1000 }));
}

function rowsOf(figures, { perUnit }) {
  const shown = (ms) => (ms / perUnit).toFixed(1);
  return figures.map(({ length, denseMs, sparseMs, ratio }) => [length, shown(denseMs), shown(sparseMs), ratio.toFixed(2)]);
}
