// This package's engine as the benchmarks open it: the logits of every position, which `loadEngine` does not give.
import { openGguf } from "../../dist/engine/checkpoint/gguf.js";
import { Decoder } from "../../dist/engine/forward/decoder.js";
import { keepKvScales } from "../../dist/engine/forward/kv-scales/kept-kv-scales.js";
import { measureKvScales } from "../../dist/engine/forward/kv-scales/measure-kv-scales.js";
import { convertOnce } from "../../dist/engine/graph/converted-cache.js";
import { Runtime } from "../../dist/engine/ort/runtime.js";
import { createTokenizer } from "../../dist/engine/tokenizer/create-tokenizer.js";
import { createLinearDecoder } from "../fixtures/engine/linear-decoder.mjs";

export async function openDecoder(modelPath, { threadCount, weights, kvCache, contextLength }) {
  const checkpoint = await openGguf(modelPath);
  try {
    const converted = await convertOnce(checkpoint, { weights });
    const runtime = new Runtime();
    const { config } = checkpoint;
    const tokenizer = createTokenizer(checkpoint.metadata);
    const load = (kvScales) => Decoder.load(runtime, { converted, config, threadCount, kvScales });
    const passes = await load(kvCache === "int8" ? await keepKvScales(converted, config, () => measureKvScales(load, tokenizer)) : undefined);
    const decoder = createLinearDecoder(passes, contextLength);
    return {
      decoder,
      tokenizer,
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
