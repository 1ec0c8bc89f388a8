// This package's engine as the benchmarks open it: the logits of every position, which `loadEngine` does not give.
import { openGguf } from "../../dist/engine/checkpoint/gguf.js";
import { Decoder } from "../../dist/engine/decoder.js";
import { convertOnce } from "../../dist/engine/graph/converted-cache.js";
import { Runtime } from "../../dist/engine/ort/runtime.js";

export async function openDecoder(modelPath, { threadCount, weights, contextLength }) {
  const checkpoint = await openGguf(modelPath);
  try {
    const graphPath = await convertOnce(checkpoint, { weights });
    const runtime = new Runtime();
    const session = await runtime.loadSession(graphPath, { threadCount });
    const decoder = new Decoder(runtime, session, checkpoint.config, contextLength);
    return {
      decoder,
      close() {
        decoder.close();
        runtime.close();
      },
    };
  } finally {
    await checkpoint.close();
  }
}
