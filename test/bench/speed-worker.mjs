// One engine in a process of its own, told by messages what to run and timed inside; `engine.mjs` is the other end.
import { readFileSync } from "node:fs";
import { loadEngine } from "../../dist/engine/index.js";
import { openLlamaCpp } from "./llama-cpp.mjs";

const LLAMA_CONTEXT_TOKENS = 4096;

/** Both engines answer `run`, ours also `write` (the usage of a reply under a schema); `run` with milliseconds of reading the prompt and of writing, and how many passes the writing took. */
const engines = {
  async distillate({ modelPath, threadCount }) {
    const engine = await loadEngine(modelPath, { threadCount });
    return {
      tokenize: (text) => engine.tokenizer.encode(text),
      async run(prompt, maxTokens) {
        const request = { prompt, maxTokens, format: { type: "text" }, sampling: { temperature: 0 } };
        const started = performance.now();
        let read = started;
        let usage;
        for await (const event of engine.generate(request)) {
          if (event.type === "prefill-progress") read = performance.now();
          else if (event.type === "finish") ({ usage } = event.result);
        }
        if (usage.cachedTokens > 0) throw new Error("the prompt was partly in the cache: nothing comparable was measured");
        return { prefillMs: read - started, decodeMs: performance.now() - read, passes: usage.outputTokens };
      },
      async write(question, schema, maxTokens) {
        const prompt = engine.tokenizer.encodeChat([{ role: "user", content: question }]).tokens;
        const request = { prompt, maxTokens, format: { type: "json", schema }, sampling: { temperature: 0 } };
        for await (const event of engine.generate(request)) if (event.type === "finish") return event.result.usage;
      },
    };
  },

  async "llama.cpp"({ modelPath, threadCount }) {
    const llama = await openLlamaCpp(modelPath, { threadCount, contextLength: LLAMA_CONTEXT_TOKENS });
    return {
      tokenize: (text) => llama.tokenize(text),
      async run(prompt, maxTokens) {
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
  },
};

/** Of this process, in MiB; peaks include loading. Only Linux tells anonymous memory apart from mapped files. */
function memory() {
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  const rssMiB = process.memoryUsage.rss() / 2 ** 20;
  if (process.platform !== "linux") return { rssMiB, peakMiB };
  const status = readFileSync("/proc/self/status", "utf8");
  return { rssMiB, peakMiB, anonymousMiB: Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)[1]) / 1024 };
}

const [name, modelPath, threadCount] = process.argv.slice(2);
const engine = await engines[name]({ modelPath, threadCount: Number(threadCount) });
/** Since the process began. */
const readyMs = performance.now();

const answers = {
  memory,
  cpu: () => process.cpuUsage(),
  tokenize: ({ text }) => engine.tokenize(text),
  write: ({ question, schema, maxTokens }) => engine.write(question, schema, maxTokens),
  run: ({ prompt, maxTokens }) => engine.run(prompt, maxTokens),
};

process.on("message", async ({ id, what, ...rest }) => {
  try {
    process.send({ id, answer: await answers[what](rest) });
  } catch (error) {
    process.send({ id, error: String(error) });
  }
});
process.on("disconnect", () => process.exit(0));
process.send({ ready: { readyMs, ...memory() } });
