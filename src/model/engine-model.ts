// The bundled engine as a `LanguageModel`: renders chat prompts, maps events. `load-model.ts` loads it.
import type { Engine, EngineResult, EngineStats } from "../../engine/index.js";
import type {
  GenerationEvent,
  GenerationResult,
  LanguageModel,
  PromptAdvice,
  PromptRequest,
  RenderedPrompt,
} from "./language-model.js";

/** Records at once fill its passes; more would each take memory and wait longer. */
export const ENGINE_CONCURRENCY = 4;

export interface EngineModelOptions {
  id: string;
  /** Default: that of the loaded file's family. */
  advice?: PromptAdvice;
}

export interface EngineModel extends LanguageModel {
  /** What the engine has done so far, and the memory it has. */
  stats(): EngineStats;
}

/** A model over a loaded engine; closing it closes the engine. */
export function createEngineModel(engine: Engine, { id, advice = engine.advice }: EngineModelOptions): EngineModel {
  const encode = ({ messages, thinkingBudgetTokens }: PromptRequest) =>
    engine.tokenizer.encodeChat(messages, {
      replyPrefix: thinkingBudgetTokens === undefined ? advice.thinking.skip : advice.thinking.open,
    });
  return {
    id,
    advice,
    contextLength: engine.contextLength,
    canResume: true,
    concurrency: ENGINE_CONCURRENCY,
    render(request): RenderedPrompt {
      const { text, tokens } = encode(request);
      return { text, tokenCount: tokens.length };
    },
    async *generate(request): AsyncGenerator<GenerationEvent, void> {
      const { format, sampling, maxTokens, thinkingBudgetTokens, signal } = request;
      const thinking =
        thinkingBudgetTokens === undefined ? undefined : { close: advice.thinking.close, budgetTokens: thinkingBudgetTokens };
      const started = performance.now();
      const prompt = encode(request).tokens;
      for await (const event of engine.generate({ prompt, format, sampling, maxTokens, thinking, signal })) {
        yield event.type === "finish" ? { type: "finish", result: toResult(event.result, performance.now() - started) } : event;
      }
    },
    keepPrefix: (requests, options) => engine.keepPrefix(commonTokens(requests.map((request) => encode(request).tokens)), options),
    stats: () => engine.stats(),
    close: () => engine.close(),
  };
}

/** What all the lists begin with. */
function commonTokens([first, ...others]: readonly (readonly number[])[]): readonly number[] {
  const end = first.findIndex((token, index) => others.some((other) => other[index] !== token));
  return end < 0 ? first : first.slice(0, end);
}

function toResult(result: EngineResult, elapsedMs: number): GenerationResult {
  // What is left out is the engine's own bookkeeping of time.
  const { queueMs, prefillMs: _prefill, decodeMs: _decode, maskMs: _mask, ...counts } = result.usage;
  return {
    ...result,
    tokens: result.tokens.map(({ start, end, logprob }) => ({ start, end, logprob })),
    usage: { ...counts, requests: 1, modelMs: elapsedMs - queueMs },
  };
}
