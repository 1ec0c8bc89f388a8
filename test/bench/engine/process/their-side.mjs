// What the benchmark asks of llama.cpp; every answer is plain data.
import { loadLlamaModel, openLlamaCpp } from "../../llama-cpp.mjs";
import { LlamaRecords } from "./llama-records.mjs";

/** `isForRecords`: no sequence is opened before `configure`, and single requests are not answered. */
export function openTheirSide({ isForRecords, ...options }) {
  return isForRecords ? openForRecords(options) : openSingle(options);
}

async function openSingle({ modelPath, threadCount, contextLength }) {
  const llama = await openLlamaCpp(modelPath, { threadCount, contextLength });
  return {
    async run({ prompt, maxTokens }) {
      const started = performance.now();
      let first;
      let last;
      let tokens = 0;
      for await (const token of llama.generate(prompt)) {
        last = performance.now();
        first ??= last;
        // The token after N passes beyond the prompt is the N-th plus one.
        if (tokens === maxTokens || llama.isEnd(token)) break;
        tokens++;
      }
      return { prefillMs: first - started, decodeMs: last - first, passes: tokens };
    },
  };
}

async function openForRecords({ modelPath, threadCount }) {
  const records = new LlamaRecords(await loadLlamaModel(modelPath, { threadCount }), threadCount);
  return {
    warm: ({ opening }) => records.warm(opening),
    configure: (settings) => records.configure(settings),
    answer: ({ requests, ...details }) => records.answer(requests, details),
    guesses: () => records.guesses,
  };
}
