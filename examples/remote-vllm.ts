// The same task on a GPU server: vLLM, or any server that speaks OpenAI's protocol.
//   vllm serve Qwen/Qwen2.5-Coder-7B-Instruct
//   VLLM_URL=http://localhost:8000/v1 VLLM_MODEL=Qwen/Qwen2.5-Coder-7B-Instruct node dist/examples/remote-vllm.js
import { createRemoteModel, formatExtraction, listSources, parseInvoice, runBatch } from "distillate";

const { VLLM_URL: baseUrl, VLLM_MODEL: modelName, VLLM_API_KEY: apiKey } = process.env;
if (!baseUrl || !modelName) {
  console.error("Set VLLM_URL, such as http://localhost:8000/v1, and VLLM_MODEL.");
  process.exit(2);
}

const model = createRemoteModel({
  baseUrl,
  model: modelName,
  // vLLM's own way to bind the output; leave it out for other servers.
  constraint: "structured_outputs",
  ...(apiKey && { apiKey }),
});

const sources = await listSources(["examples/documents/*.xml"]);
const items = sources.map((source) => ({ source, record: { path: source } }));

// A server computes many records at once; the bundled engine gains nothing from that.
for await (const record of runBatch(parseInvoice, items, { model, concurrency: 8 })) {
  console.log(record.source);
  console.log(record.ok ? formatExtraction(record.value) : record.error.message);
}
