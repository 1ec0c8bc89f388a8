// Requests at the same time: what eight of them decode beside one, and how long a short one waits beside a long prompt.
import { median, printTable } from "../bench-report.mjs";
import { OURS, withSides } from "./process/start-side.mjs";
import { PromptSource } from "./prompts.mjs";

const SEQUENCES = 8;
const PROMPT_TOKENS = 128;
/** The difference of the two is decoding alone. */
const [FEW_TOKENS, MANY_TOKENS] = [8, 56];
const LONG_TOKENS = 16_000;
const SHORT_TOKENS = 64;

export function measureSequences({ model, threadCount, rounds, text }) {
  // Drafts give one stream what packing gives eight: without them both compute a row a token.
  return withSides([[OURS, { modelPath: model.path, threadCount, switches: { drafts: false } }]], async (ours) => {
    const prompts = new PromptSource(await ours.ask("tokenize", { text }));
    const wall = async (count, maxTokens) => {
      const requests = Array.from({ length: count }, () => ({ prompt: prompts.next(PROMPT_TOKENS), maxTokens }));
      const replies = await ours.ask("generate", { requests });
      return { ms: Math.max(...replies.map(({ ms }) => ms)), tokens: replies.reduce((sum, { usage }) => sum + usage.outputTokens, 0) };
    };
    const rates = { 1: [], [SEQUENCES]: [] };
    await wall(SEQUENCES, FEW_TOKENS);
    for (let round = 0; round < rounds; round++) {
      for (const count of [1, SEQUENCES]) {
        const few = await wall(count, FEW_TOKENS);
        const many = await wall(count, MANY_TOKENS);
        rates[count].push((1000 * (many.tokens - few.tokens)) / (many.ms - few.ms));
      }
    }
    const [one, eight] = [median(rates[1]), median(rates[SEQUENCES])];
    const waits = [];
    for (let round = 0; round < Math.max(1, Math.floor(rounds / 3)); round++) {
      waits.push(await ours.ask("beside", { long: { prompt: prompts.next(LONG_TOKENS), maxTokens: 1 }, short: { prompt: prompts.next(SHORT_TOKENS), maxTokens: 4 } }));
    }
    const waitedChunks = Math.max(...waits.map((wait) => wait.waitedChunks));
    const figures = { one, eight, ratio: eight / one, waitedChunks, waitedMs: Math.max(...waits.map((wait) => wait.waitedMs)), longChunks: waits[0].longChunks };
    const goals = [
      { what: "eight sequences decode, times one: ratio", value: figures.ratio, relation: "at least", limit: 2.5 },
      { what: "chunks of a 16k prompt while a short request waits", value: waitedChunks, relation: "at most", limit: 4 },
    ];
    return { figures, goals };
  });
}

export function printSequences({ one, eight, ratio, waitedChunks, waitedMs, longChunks }) {
  printTable(["decode, tokens/s", "one", "eight", "ratio"], [["sequences", one.toFixed(1), eight.toFixed(1), ratio.toFixed(2)]]);
  console.log(`Beside a prompt of ${LONG_TOKENS} tokens (${longChunks} chunks) a short request waited ${waitedChunks} chunks, ${waitedMs.toFixed(0)} ms, for its first token.\n`);
}
