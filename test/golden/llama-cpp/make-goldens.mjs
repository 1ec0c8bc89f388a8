// Writes the golden files: what llama.cpp answers to prompts.json on one model file. A tool of development:
//   npm install --no-save node-llama-cpp
//   npm run build && node test/golden/llama-cpp/make-goldens.mjs qwen2.5-coder-0.5b-instruct
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { locateModel } from "../../bench/bench-report.mjs";
import { openLlamaCpp } from "../../bench/llama-cpp.mjs";

const NEXT_TOKENS = 32;
/** The template of Qwen2.5, as its authors document it: this system text stands where the messages have none. */
const DEFAULT_SYSTEM = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.";

const here = (name) => new URL(name, import.meta.url);

function chatText(messages) {
  const system = messages[0].role === "system" ? [] : [{ role: "system", content: DEFAULT_SYSTEM }];
  const turns = [...system, ...messages].map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`);
  return `${turns.join("")}<|im_start|>assistant\n`;
}

async function sha256(path) {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

async function makeGolden(llama, { name, messages, text }) {
  const prompt = messages ? llama.tokenize(chatText(messages), { marks: true }) : llama.tokenize(text);
  const next = [];
  for await (const token of llama.generate(prompt)) {
    next.push(token);
    if (next.length === NEXT_TOKENS || llama.isEnd(token)) break;
  }
  const scores = await llama.score([...prompt, ...next.slice(0, -1)], { from: prompt.length - 1, targets: next, topCount: 2 });
  return {
    name,
    prompt,
    next,
    best: scores.map(({ top }) => top[0].token),
    logProbabilities: scores.map(({ target }) => round(target)),
    margins: scores.map(({ top }) => round(top[0].logProbability - top[1].logProbability)),
  };
}

const round = (value) => Math.round(value * 1e4) / 1e4;

const [id] = process.argv.slice(2);
if (id === undefined) {
  console.error("usage: node make-goldens.mjs MODEL");
  process.exit(2);
}
const model = await locateModel(id);
const llama = await openLlamaCpp(model.path, { threadCount: 1, contextLength: 1024 });
const prompts = JSON.parse(await readFile(here("prompts.json"), "utf8"));
const goldens = [];
for (const prompt of prompts) {
  goldens.push(await makeGolden(llama, prompt));
  console.log(prompt.name);
}
const head = { model: model.name, sha256: await sha256(model.path), madeBy: `node-llama-cpp ${llama.version}` };
const lines = goldens.map((golden) => JSON.stringify(golden)).join(",\n");
await writeFile(here(`${model.name}.json`), `${JSON.stringify(head).slice(0, -1)},"prompts":[\n${lines}\n]}\n`);
console.log(`${goldens.length} prompts, ${goldens.reduce((sum, { next }) => sum + next.length, 0)} positions`);
await llama.close();
