// Schemas with labelled instances in the form of MaskBench (guidance-ai/jsonschemabench), one a line: { id, schema, tests: [{ valid, data }] }.
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { elementsOf, membersOf } from "./json-text.mjs";

const ENDING = ".jsonl.gz";

/** Every case of every `*.jsonl.gz` in `folder`. The data set is the line's `set`, or else the file's name. */
export async function readFolder(folder) {
  const names = (await readdir(folder)).filter((name) => name.endsWith(ENDING)).toSorted();
  const files = await Promise.all(names.map((name) => readCases(join(folder, name))));
  return files.flat();
}

export async function readCases(file) {
  const lines = gunzipSync(await readFile(file)).toString("utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => readCase(line, basename(file, ENDING)));
}

function readCase(line, file) {
  const { id, set, schema, tests } = membersOf(line);
  return {
    id: JSON.parse(id),
    set: set === undefined ? file : JSON.parse(set),
    schema,
    tests: elementsOf(tests).map((test) => {
      const { valid, data } = membersOf(test);
      return { isValid: JSON.parse(valid), text: data };
    }),
  };
}

/** A folder with what an engine's process reads: token bytes, and each case's schema and token ids. */
export async function writeWork(cases, tokenizer) {
  const folder = await mkdtemp(join(tmpdir(), "distillate-schemas-"));
  const tokens = tokenizer.tokenBytes.map((bytes) => (bytes ? Buffer.from(bytes).toString("hex") : null));
  await writeFile(join(folder, "vocabulary.json"), JSON.stringify({ tokens, endTokens: tokenizer.endTokens }));
  const lines = cases.map(({ schema, tests }) => `{"schema": ${schema}, "tests": ${JSON.stringify(tests.map(({ text }) => tokenizer.encode(text)))}}\n`);
  await writeFile(join(folder, "cases.jsonl"), lines.join(""));
  return folder;
}
