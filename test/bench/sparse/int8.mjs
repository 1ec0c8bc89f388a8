// Keys and values in int8 beside f32 ones, all of them read: what the rounding costs in perplexity, what fewer bytes buy in time.
import { kvRowBytes } from "../../../dist/engine/cache/kv-buffer.js";
import { ROWS_PER_CHOICE } from "../../../dist/engine/forward/pass.js";
import { PASS_ROWS } from "../../../dist/engine/scheduler/pass-planner.js";
import { median, printTable } from "../bench-report.mjs";
import { openDecoder } from "../distillate.mjs";
import { cellsOf, difference, perplexityOf, scoreFrom } from "./perplexity.mjs";

/** One from the beginning of a text, one from its end. */
const WINDOW_TOKENS = 2048;
const LENGTHS = [2048, 8192];
const DECODED_TOKENS = 8;
const LIMIT_PERCENT = 1;

export async function measureInt8({ path, texts, positions = WINDOW_TOKENS / 2, threadCount, rounds }) {
  const contextLength = Math.max(...LENGTHS) + ROWS_PER_CHOICE;
  const open = (kvCache) => openDecoder(path, { threadCount, weights: "exact", contextLength, kvCache });
  const opened = { f32: await open("exact"), int8: await open("int8") };
  const decoders = { f32: opened.f32.decoder, int8: opened.int8.decoder };
  try {
    const windows = texts.flatMap(({ name, text }) => windowsOf(opened.f32.tokenizer.encode(text)).map((ids) => ({ name, ids })));
    const perplexity = [];
    for (const { name, ids } of windows) perplexity.push({ name, ...(await compare(decoders, ids, positions)) });
    const speed = [];
    for (const length of LENGTHS) speed.push({ what: `a token at ${length}`, ...(await inTurns(decoders, rounds, (decoder) => tokenMs(decoder, length))) });
    speed.push({ what: `a prompt of ${LENGTHS[0]}`, ...(await inTurns(decoders, rounds, (decoder) => promptMs(decoder, LENGTHS[0]))) });
    const rowBytes = Object.fromEntries(Object.keys(decoders).map((type) => [type, kvRowBytes(decoders.f32.config, type)]));
    return { figures: { perplexity, speed, rowBytes }, goals: goalsOf(perplexity) };
  } finally {
    for (const { close } of Object.values(opened)) await close();
  }
}

function windowsOf(ids) {
  const count = WINDOW_TOKENS + 1;
  return ids.length < count ? [] : [ids.slice(0, count), ids.slice(-count)];
}

async function compare({ f32, int8 }, ids, positions) {
  const last = ids.length - 1;
  const score = { ids, first: last - positions, last };
  const exact = await scoreFrom(f32, score, { start: 0, rows: PASS_ROWS });
  const prefill = await scoreFrom(int8, score, { start: 0, rows: PASS_ROWS });
  const decode = await scoreFrom(int8, score, { start: score.first, rows: 1 });
  return { positions, perplexity: perplexityOf(exact), decode: difference(decode, exact), prefill: difference(prefill, exact) };
}

/** Of all windows: each by itself is within its own noise. */
function goalsOf(perplexity) {
  return ["decode", "prefill"].map((kind) => ({
    what: `int8 keys and values, ${kind}: perplexity above f32, %`,
    value: perplexity.reduce((sum, window) => sum + window[kind].percent, 0) / perplexity.length,
    relation: "at most",
    limit: LIMIT_PERCENT,
  }));
}

async function inTurns(decoders, rounds, run) {
  const times = { f32: [], int8: [] };
  for (let round = 0; round <= rounds; round++) {
    for (const [type, decoder] of Object.entries(decoders)) {
      const ms = await run(decoder);
      // The first passes wait for memory.
      if (round > 0) times[type].push(ms);
    }
  }
  return { f32Ms: median(times.f32), int8Ms: median(times.int8), ratio: median(times.f32.map((ms, round) => ms / times.int8[round])) };
}

/** What lies in the buffer changes no time. */
async function tokenMs(decoder, length) {
  decoder.restart(length - DECODED_TOKENS);
  const started = performance.now();
  for (let token = 1; token <= DECODED_TOKENS; token++) await decoder.forward([token], 1);
  return (performance.now() - started) / DECODED_TOKENS;
}

async function promptMs(decoder, length) {
  decoder.restart();
  const started = performance.now();
  for (let at = 0; at < length; at += PASS_ROWS) await decoder.forward(Array.from({ length: PASS_ROWS }, (_, i) => at + i), 1);
  return performance.now() - started;
}

export function printInt8({ perplexity, speed, rowBytes }) {
  printTable(
    ["text", "scored", "f32", "int8, decode", "same top", "int8, prefill", "same top"],
    perplexity.map(({ name, positions, perplexity: exact, decode, prefill }) => [name, positions, exact.toFixed(3), ...cellsOf(decode), ...cellsOf(prefill)]),
  );
  printTable(["", "f32, ms", "int8, ms", "times"], speed.map(({ what, f32Ms, int8Ms, ratio }) => [what, f32Ms.toFixed(1), int8Ms.toFixed(1), ratio.toFixed(2)]));
  console.log(`Keys and values of a token: ${rowBytes.f32} bytes in f32, ${rowBytes.int8} in int8.\n`);
}
