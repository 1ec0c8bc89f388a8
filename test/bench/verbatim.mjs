// What copying costs: preparing a document, the first mask of a verbatim string and the later ones, over a real vocabulary.
//   npm run bench:verbatim -- [--model ID|PATH] [--text FILE]...
// Each text is cut or repeated to 50 kB and to 1 MB.
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { compileJsonSchema, createVocabulary } from "../../dist/engine/index.js";
import { openGguf } from "../../dist/engine/checkpoint/gguf.js";
import { SourceText } from "../../dist/engine/grammar/verbatim/source-text.js";
import { createTokenizer } from "../../dist/engine/tokenizer/create-tokenizer.js";
import { locateModel, printTable, readArguments } from "./bench-report.mjs";

const SIZES = { "50 kB": 50 << 10, "1 MB": 1 << 20 };
const PASSAGES = 60;
const PASSAGE_CHARS = 120;

const { model, text: files } = readArguments({
  model: { type: "string", default: "qwen2.5-coder-0.5b-instruct" },
  text: { type: "string", multiple: true, default: ["test/fixtures/perplexity/contract-en.txt", "examples/documents/contract.zh.txt"] },
  threads: undefined,
  check: undefined,
  json: undefined,
});
const checkpoint = await openGguf((await locateModel(model)).path);
const tokenizer = createTokenizer(checkpoint.metadata);
await checkpoint.close();
const vocabulary = createVocabulary(tokenizer.tokenBytes, tokenizer.endTokens);
const rows = [];
for (const file of files) {
  const text = await readFile(file, "utf8");
  for (const [size, bytes] of Object.entries(SIZES)) {
    const document = new TextDecoder().decode(Buffer.from(text.repeat(Math.ceil(bytes / Buffer.byteLength(text)))).subarray(0, bytes));
    for (const wholeWords of [true, false]) rows.push([basename(file), size, wholeWords ? "words" : "any", ...measure(document, wholeWords)]);
  }
}
printTable(["text", "size", "spans", "prepare ms", "first mask ms", "later p50 ms", "p99", "max", "masks", "buffers MB"], rows);

function measure(document, wholeWords) {
  const schema = { type: "string", "x-verbatim": { wholeWords }, maxLength: 200 };
  const buffersBytes = process.memoryUsage().arrayBuffers;
  const prepared = timed(() => compileJsonSchema(schema, vocabulary, { sources: { document: new SourceText(document) } }).start());
  const open = tokenizer.encode('"').reduce((matcher, id) => matcher.accept(id), prepared.value);
  const first = timed(() => open.mask());
  const later = [];
  for (let i = 0; i < PASSAGES; i++) {
    const at = document.indexOf(" ", Math.floor((document.length / (PASSAGES + 1)) * i)) + 1;
    const passage = document.slice(at, at + PASSAGE_CHARS).replaceAll(/\s+/gu, " ").trim();
    let matcher = open;
    for (const id of tokenizer.encode(JSON.stringify(passage).slice(1, -1))) {
      const mask = matcher === open ? undefined : timed(() => matcher.mask());
      if (mask) later.push(mask.ms);
      if (!isAllowed(matcher.mask(), id)) break;
      matcher = matcher.accept(id);
    }
  }
  later.sort((a, b) => a - b);
  const quantile = (share) => later[Math.floor(share * (later.length - 1))].toFixed(3);
  const buffersMb = (process.memoryUsage().arrayBuffers - buffersBytes) / 2 ** 20;
  return [prepared.ms.toFixed(1), first.ms.toFixed(1), quantile(0.5), quantile(0.99), quantile(1), later.length, buffersMb.toFixed(1)];
}

function isAllowed(mask, id) {
  return ((mask[id >>> 5] >>> (id & 31)) & 1) === 1;
}

function timed(run) {
  const started = performance.now();
  const value = run();
  return { value, ms: performance.now() - started };
}
