// A model of the SDK whose engine can be listened to: what it was asked and what it answered, token ids and clocks included.
import { loadEngine } from "../../../dist/engine/index.js";
import { createEngineModel } from "../../../dist/src/model/engine-model.js";

/** `calls` fills with `{ request, result }`, or `{ request, error }`, of each call of the engine; empty it as you like. */
export async function openTappedModel(name, modelPath, { threadCount }) {
  const engine = await loadEngine(modelPath, { threadCount });
  const calls = [];
  const tapped = {
    advice: engine.advice,
    tokenizer: engine.tokenizer,
    contextLength: engine.contextLength,
    close: () => engine.close(),
    async *generate(request) {
      const call = { request };
      calls.push(call);
      try {
        for await (const event of engine.generate(request)) {
          if (event.type === "finish") call.result = event.result;
          yield event;
        }
      } catch (error) {
        call.error = error;
        throw error;
      }
    },
  };
  return { model: createEngineModel(tapped, { id: name }), tokenizer: engine.tokenizer, calls };
}
