// What reading long texts in part costs in quality and buys in time, beside reading all of them; and so for keys and values in int8.
//   npm run bench:sparse -- [--model ID|PATH]... [--part NAME]... [--texts DIR] [--data DIR] [--threads N] [--check] [--json FILE]
// Parts, all of them by default: operations, perplexity, speed, needles, fields, int8. All at once take hours.
//   --texts DIR       folder of long texts (.txt, 16,384 tokens and more) for perplexity and needles; default: those of the tests
//   --data DIR        folder of the labelled set legal_cuad_long.jsonl, which fields needs
//   --lengths N,...   tokens of context; default 8192,16384
//   --positions N     tokens scored by perplexity, at the end of a text; default half of the length
//   --keep SHARE      of the blocks; default 0.25
//   --needles N       hidden and asked for at each length; default 30
//   --contracts N     of fields; default 20
//   --rounds N        of speed; default 3
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BenchReport, chooseParts, locateModel, readArguments, refuse } from "./bench-report.mjs";
import { measureFields, printFields } from "./sparse/fields.mjs";
import { measureInt8, printInt8 } from "./sparse/int8.mjs";
import { measureNeedles, printNeedles } from "./sparse/needles.mjs";
import { measureOperations, printOperations } from "./sparse/operations.mjs";
import { measurePerplexity, printPerplexity } from "./sparse/perplexity.mjs";
import { measureSpeed, printSpeed } from "./sparse/speed.mjs";

const PARTS = {
  operations: { measure: measureOperations, print: printOperations },
  perplexity: { measure: measurePerplexity, print: printPerplexity },
  speed: { measure: measureSpeed, print: printSpeed },
  needles: { measure: measureNeedles, print: printNeedles },
  fields: { measure: measureFields, print: printFields, needsData: true },
  int8: { measure: measureInt8, print: printInt8 },
};

const OPTIONS = {
  part: { type: "string", multiple: true, default: Object.keys(PARTS) },
  texts: { type: "string", default: fileURLToPath(new URL("../fixtures/perplexity", import.meta.url)) },
  data: { type: "string" },
  lengths: { type: "string", default: "8192,16384" },
  positions: { type: "string", count: true },
  keep: { type: "string", default: "0.25" },
  needles: { type: "string", count: true, default: "30" },
  contracts: { type: "string", count: true, default: "20" },
  rounds: { type: "string", count: true, default: "3" },
};

async function readTexts(folder) {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".txt")).toSorted();
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(join(folder, name), "utf8") })));
}

const options = readArguments(OPTIONS);
const keep = Number(options.keep);
if (!(keep > 0 && keep <= 1)) refuse(`--keep is above 0 and at most 1, not ${options.keep}`);
const lengths = options.lengths.split(",").map(Number);
if (!lengths.every((length) => length > 0 && length % 1024 === 0)) refuse(`--lengths are multiples of 1024, not ${options.lengths}`);
const parts = chooseParts(PARTS, options);
const texts = await readTexts(options.texts);
const report = new BenchReport("sparse");
for (const idOrPath of options.model) {
  const { name, path } = await locateModel(idOrPath);
  const context = { ...options, path, keep, lengths, texts, threadCount: options.threads };
  for (const part of parts) {
    console.log(`${name}, ${part}: ${keep * 100} % of the blocks`);
    const { figures, goals } = await PARTS[part].measure(context);
    PARTS[part].print(figures);
    report.add(`${name}, ${part}`, figures);
    for (const { what, value, relation, limit } of goals) report.goal(`${name}, ${what}`, value, relation, limit);
  }
}
await report.finish(options);
