// A process that replays cases under our grammars: a line of input is a case's number, a line of output what came of it.
// llguidance.py answers in the same way.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const MICROSECONDS = 1000;
const MEBIBYTE = 2 ** 20;

const [folder, dist, options] = process.argv.slice(2);
const { compileJsonSchema } = await import(pathToFileURL(join(resolve(dist), "engine/grammar/json-schema.js")).href);
const { createVocabulary } = await import(pathToFileURL(join(resolve(dist), "engine/grammar/mask/vocabulary.js")).href);
const { tokens, endTokens } = JSON.parse(readFileSync(join(folder, "vocabulary.json"), "utf8"));
const cases = readFileSync(join(folder, "cases.jsonl"), "utf8").split("\n");
const vocabulary = createVocabulary(tokens.map((hex) => hex === null ? undefined : Uint8Array.from(Buffer.from(hex, "hex"))), endTokens);

const allows = (mask, token) => ((mask[token >>> 5] >>> (token & 31)) & 1) === 1;
const microsecondsSince = (start) => Math.round((performance.now() - start) * MICROSECONDS * 10) / 10;

function memory() {
  globalThis.gc?.();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return { rssMiB: rss / MEBIBYTE, heapMiB: (heapUsed + arrayBuffers) / MEBIBYTE };
}

/** Where the text is refused; nothing where it is let through. */
function replay(start, tokenIds, { maskUs, acceptUs }) {
  let matcher = start;
  for (const [at, token] of tokenIds.entries()) {
    const before = performance.now();
    const mask = matcher.mask();
    const spent = microsecondsSince(before);
    if (at > 0) maskUs.push(spent);
    if (!allows(mask, token)) return { at };
    const between = performance.now();
    matcher = matcher.accept(token);
    if (at > 0) acceptUs.push(microsecondsSince(between));
  }
  return allows(matcher.mask(), endTokens[0]) ? {} : { at: tokenIds.length };
}

function compile(schema) {
  try {
    return { grammar: compileJsonSchema(schema, vocabulary, JSON.parse(options ?? "{}")) };
  } catch (error) {
    if (error.code === "UNSUPPORTED_SCHEMA") return { refusal: { keyword: error.keyword, path: error.path, reason: error.reason ?? error.message } };
    if (error.code === "UNSATISFIABLE_SCHEMA") return { isUnsatisfiable: true };
    return { error: String(error.stack ?? error) };
  }
}

function runCase(index) {
  const { schema, tests } = JSON.parse(cases[index]);
  const times = { maskUs: [], acceptUs: [] };
  const start = performance.now();
  const { grammar, ...failure } = compile(schema);
  const compileUs = microsecondsSince(start);
  // No value fits: every instance is refused.
  if (failure.isUnsatisfiable) return { tests: tests.map(() => ({ at: 0 })), isUnsatisfiable: true, compileUs, ...times };
  if (!grammar) return { ...failure, compileUs, ...times };
  try {
    grammar.start().mask();
    const firstMaskUs = microsecondsSince(start);
    return { tests: tests.map((ids) => replay(grammar.start(), ids, times)), warnings: grammar.warnings, compileUs, firstMaskUs, ...times };
  } catch (error) {
    return { error: String(error.stack ?? error), compileUs, ...times };
  }
}

const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
say(memory());
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "memory") say(memory());
  else say({ ...runCase(Number(line)), rssMiB: process.memoryUsage.rss() / MEBIBYTE });
}
