// This package's engine as the benchmarks open it: the logits of every position, which `loadEngine` does not give.
import { openGguf } from "../../dist/engine/checkpoint/gguf.js";
import { Decoder } from "../../dist/engine/forward/decoder.js";
import { convertOnce } from "../../dist/engine/graph/converted-cache.js";
import { Runtime } from "../../dist/engine/ort/runtime.js";
import { createTokenizer } from "../../dist/engine/tokenizer/create-tokenizer.js";
import { createLinearDecoder } from "../fixtures/engine/linear-decoder.mjs";

export async function openDecoder(modelPath, { threadCount, weights, contextLength }) {
  const checkpoint = await openGguf(modelPath);
  try {
    const converted = await convertOnce(checkpoint, { weights });
    const runtime = new Runtime();
    const passes = await Decoder.load(runtime, { converted, config: checkpoint.config, threadCount });
    const decoder = createLinearDecoder(passes, contextLength);
    return {
      decoder,
      tokenizer: createTokenizer(checkpoint.metadata),
      async close() {
        decoder.release();
        await passes.close();
        runtime.close();
      },
    };
  } finally {
    await checkpoint.close();
  }
}
