// The bundled engine as a `LanguageModel`: renders chat prompts, maps events. `load-model.ts` loads it.
import type { Engine, EngineResult } from "../../engine/index.js";
import type {
  GenerationEvent,
  GenerationRequest,
  GenerationResult,
  LanguageModel,
  PromptAdvice,
  RenderedPrompt,
} from "./language-model.js";

/** Records at once fill its passes; more would each take memory and wait longer. */
export const ENGINE_CONCURRENCY = 4;

export interface EngineModelOptions {
  id: string;
  /** Default: that of the loaded file's family. */
  advice?: PromptAdvice;
}

/** A model over a loaded engine; closing it closes the engine. */
export function createEngineModel(engine: Engine, { id, advice = engine.advice }: EngineModelOptions): LanguageModel {
  const encode = ({ messages, thinkingBudgetTokens }: Pick<GenerationRequest, "messages" | "thinkingBudgetTokens">) =>
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
    close: () => engine.close(),
  };
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
