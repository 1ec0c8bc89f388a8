// The engine to compare with: llama.cpp through node-llama-cpp, a tool of development and no dependency of the package.
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const SCORING_BATCH_TOKENS = 128;

/** node-llama-cpp of this project, or of the folder that `DISTILLATE_LLAMA_CPP` names. Ends the process with 2 where there is none. */
async function importLlamaCpp() {
  const folder = process.env.DISTILLATE_LLAMA_CPP;
  const require = createRequire(folder ? join(resolve(folder), "package.json") : import.meta.url);
  try {
    const entry = require.resolve("node-llama-cpp");
    return await import(pathToFileURL(entry).href);
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    console.error(
      "This benchmark compares with llama.cpp, and node-llama-cpp is not installed here. Get it with\n\n" +
        "  npm install --no-save node-llama-cpp\n\n" +
        "or set DISTILLATE_LLAMA_CPP to a folder whose node_modules has it.",
    );
    process.exit(2);
  }
}

/** A model in llama.cpp on the CPU, and node-llama-cpp's own module. */
export async function loadLlamaModel(modelPath, { threadCount }) {
  const module = await importLlamaCpp();
  const llama = await module.getLlama({ gpu: false, build: "never", skipDownload: true, progressLogs: false, logLevel: "error", maxThreads: threadCount });
  return { module, llama, model: await llama.loadModel({ modelPath, gpuLayers: 0 }) };
}

/** A model in llama.cpp with one sequence, with the settings node-llama-cpp gives its users. */
export async function openLlamaCpp(modelPath, { threadCount, contextLength }) {
  const { module, llama, model } = await loadLlamaModel(modelPath, { threadCount });
  const context = await model.createContext({ contextSize: contextLength, threads: { ideal: threadCount, min: threadCount } });
  return new LlamaCpp(llama, model, context, await module.getModuleVersion());
}

class LlamaCpp {
  #llama;
  #sequence;

  constructor(llama, model, context, version) {
    this.#llama = llama;
    this.#sequence = context.getSequence();
    this.model = model;
    this.version = version;
  }

  /** Ids of text; with `marks`, written forms of control tokens are control tokens. */
  tokenize(text, { marks = false } = {}) {
    return [...this.model.tokenize(text, marks)];
  }

  /**
   * Reads `tokens`, and for each position from `from` on gives the `topCount` most likely next tokens and the
   * log probability of `targets[i]`.
   */
  async score(tokens, { from, targets, topCount }) {
    await this.#sequence.clearHistory();
    const scored = [];
    for (let start = 0; start < tokens.length; start += SCORING_BATCH_TOKENS) {
      const input = tokens.slice(start, start + SCORING_BATCH_TOKENS).map((token, offset) => {
        const index = start + offset - from;
        if (index < 0) return token;
        const filter = { tokens: [targets[index]], includeTop: topCount };
        return [token, { generateNext: { token: true, totalLogitWeight: true, logits: { filter } } }];
      });
      for (const output of await this.#sequence.controlledEvaluate(input)) if (output) scored.push(output.next);
    }
    return scored.map((next, index) => readScore(next, targets[index], topCount));
  }

  /** Greedy continuation; also ends after a token that ends the turn. Yields each id as it is known. */
  async *generate(tokens) {
    await this.#sequence.clearHistory();
    yield* this.#sequence.evaluate(tokens, { temperature: 0, yieldEogToken: true });
  }

  isEnd(token) {
    return this.model.isEogToken(token);
  }

  close() {
    return this.#llama.dispose();
  }
}

/** `totalLogitWeight` is the sum of exp(logit - largest logit); the map is sorted, the most likely first. */
function readScore({ logits, totalLogitWeight }, target, topCount) {
  const entries = [...logits];
  const normalizer = entries[0][1] + Math.log(totalLogitWeight);
  return {
    top: entries.slice(0, topCount).map(([token, logit]) => ({ token, logProbability: logit - normalizer })),
    target: logits.get(target) - normalizer,
  };
}
