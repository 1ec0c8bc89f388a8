// One stream: reading a prompt and plain decoding beside llama.cpp, in turns (A B A B), medians; exact weights and fast ones.
import { median, printTable } from "../bench-report.mjs";
import { OURS, THEIRS, withSides } from "./process/start-side.mjs";
import { PromptSource } from "./prompts.mjs";

const PREFILL_TOKENS = [512, 2048];
const DECODE_AFTER_TOKENS = [128, 2048];
const DECODED_TOKENS = 48;
const CONTEXT_TOKENS = 4096;

/** The large model is held to less: fewer of its bytes are this engine's to save. */
const LARGE_BYTES = 900 * 2 ** 20;
const limits = ({ sizeBytes }) =>
  sizeBytes > LARGE_BYTES ? { prefill: 1.2, decode: 0.9, fast: 1.1 } : { prefill: 2, decode: 1, fast: 1.1 };

export async function measureSingle(context) {
  const exact = await measureWeights(context, "exact");
  const fast = await measureWeights(context, "fast");
  const limit = limits(context.model);
  const goals = Object.entries(exact.speed).map(([name, { ratio }]) => ({
    what: `${name}: ratio`,
    value: ratio,
    relation: "at least",
    limit: name.startsWith("prefill") ? limit.prefill : limit.decode,
  }));
  for (const tokens of DECODE_AFTER_TOKENS) {
    goals.push({ what: `decode at ${tokens}, fast weights: ratio`, value: fast.speed[`decode at ${tokens}`].ratio, relation: "at least", limit: limit.fast });
  }
  return { figures: { exact, fast }, goals };
}

function measureWeights({ model, threadCount, rounds, text }, weights) {
  const sides = [
    // A pass a token, as llama.cpp has it.
    [OURS, { modelPath: model.path, threadCount, weights, switches: { drafts: false } }],
    [THEIRS, { modelPath: model.path, threadCount, contextLength: CONTEXT_TOKENS }],
  ];
  return withSides(sides, async (...engines) => {
    const prompts = new PromptSource(await engines[0].ask("tokenize", { text }));
    for (const engine of engines) await engine.ask("run", { prompt: prompts.next(128), maxTokens: 4 });
    const speed = {};
    let idleCores = 0;
    for (const promptTokens of new Set([...PREFILL_TOKENS, ...DECODE_AFTER_TOKENS].toSorted((a, b) => a - b))) {
      const decodes = DECODE_AFTER_TOKENS.includes(promptTokens);
      const turns = await inTurns(engines, rounds, prompts, { promptTokens, maxTokens: decodes ? DECODED_TOKENS : 1 });
      idleCores = Math.max(idleCores, turns.idleCores);
      if (PREFILL_TOKENS.includes(promptTokens)) speed[`prefill ${promptTokens}`] = rates(turns.runs, ({ prefillMs }) => (1000 * promptTokens) / prefillMs);
      if (decodes) speed[`decode at ${promptTokens}`] = rates(turns.runs, ({ decodeMs, passes }) => (1000 * passes) / decodeMs);
    }
    return { speed, idleCores };
  });
}

/** Runs a job on each engine in turn and notes how busy the other one was meanwhile. */
async function inTurns(engines, rounds, prompts, { promptTokens, maxTokens }) {
  const runs = Object.fromEntries(engines.map(({ name }) => [name, []]));
  let idleCores = 0;
  for (let round = 0; round < rounds; round++) {
    const prompt = prompts.next(promptTokens);
    for (const engine of engines) {
      const idle = engines.find((other) => other !== engine);
      const before = await idle.ask("cpu");
      const started = performance.now();
      runs[engine.name].push(await engine.ask("run", { prompt, maxTokens }));
      const after = await idle.ask("cpu");
      const busyMs = (after.user + after.system - before.user - before.system) / 1000;
      idleCores = Math.max(idleCores, busyMs / (performance.now() - started));
    }
  }
  return { runs, idleCores };
}

/** Tokens per second of both and their ratio, from the medians. */
function rates(runs, tokensPerSecond) {
  const [ours, theirs] = [OURS, THEIRS].map((name) => median(runs[name].map(tokensPerSecond)));
  return { ours, theirs, ratio: ours / theirs };
}

export function printSingle(figures) {
  for (const [weights, { speed, idleCores }] of Object.entries(figures)) {
    printTable(
      [`tokens/s, ${weights} weights`, OURS, THEIRS, "ratio"],
      Object.entries(speed).map(([name, { ours, theirs, ratio }]) => [name, ours.toFixed(1), theirs.toFixed(1), ratio.toFixed(2)]),
    );
    console.log(`The engine that waited used at most ${(100 * idleCores).toFixed(0)} % of a core.\n`);
  }
}
