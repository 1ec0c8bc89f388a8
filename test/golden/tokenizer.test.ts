// The real vocabularies against two other implementations: @huggingface/tokenizers on every line, llama.cpp's ids on some.
import { readFile } from "node:fs/promises";
import * as fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Checkpoint } from "../../engine/checkpoint/checkpoint.js";
import { openGguf } from "../../engine/checkpoint/gguf.js";
import { createTokenizer } from "../../engine/tokenizer/create-tokenizer.js";
import type { Tokenizer } from "../../engine/tokenizer/tokenizer.js";
import { awkwardLines } from "../fixtures/awkward-lines.js";
import { createOracle } from "../fixtures/oracle-tokenizer.js";
import { realModelPath } from "../fixtures/real-model.js";

const MODELS = ["qwen2.5-coder-0.5b-instruct", "smollm2-135m-instruct"] as const;

type LlamaCppLine = { text: string } & Record<(typeof MODELS)[number], number[]>;

async function readFixture<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(new URL(`../fixtures/${name}`, import.meta.url), "utf8")) as T;
}

async function allLines(): Promise<string[]> {
  return [...(await readFixture<string[]>("tokenizer-lines.json")), ...awkwardLines()];
}

async function realMetadata(id: string): Promise<Checkpoint["metadata"]> {
  const checkpoint = await openGguf(await realModelPath(id));
  await checkpoint.close();
  return checkpoint.metadata;
}

describe.each(MODELS)("plain text, %s", (id) => {
  let tokenizer: Tokenizer;
  let oracle: (text: string) => number[];
  let lines: string[];

  beforeAll(async () => {
    const metadata = await realMetadata(id);
    tokenizer = createTokenizer(metadata);
    oracle = createOracle(metadata, { marks: false });
    lines = await allLines();
  });

  test("ids equal the oracle's on every line, and the line comes back", () => {
    expect(lines.length).toBeGreaterThan(2_700);
    for (const line of lines) {
      const wellFormed = line.toWellFormed();
      const ids = tokenizer.encode(line);
      expect(ids, JSON.stringify(line)).toEqual(oracle(wellFormed));
      expect(tokenizer.decode(ids)).toBe(wellFormed);
    }
  });

  test("ids equal the oracle's on all lines as one text", () => {
    const text = lines.join("\n").toWellFormed();
    expect(tokenizer.encode(text)).toEqual(oracle(text));
  });

  test("ids equal llama.cpp's", async () => {
    const golden = await readFixture<LlamaCppLine[]>("tokenizer-llama-cpp.json");
    expect(golden.length).toBeGreaterThan(60);
    for (const line of golden) expect(tokenizer.encode(line.text), JSON.stringify(line.text)).toEqual(line[id]);
  });

  test("ids that are settled stay, however a line goes on", () => {
    let settled = 0;
    let kept = 0;
    for (const [at, line] of lines.entries()) {
      const whole = line.toWellFormed() + lines[(at * 31 + 7) % lines.length].toWellFormed();
      const ids = tokenizer.encode(whole);
      const characters = [...whole];
      for (let length = 1; length <= Math.min(characters.length, 40); length++) {
        const open = tokenizer.encodeOpen(characters.slice(0, length).join(""));
        const first = open.ids.slice(0, open.settledCount);
        if (!first.every((token, i) => token === ids[i])) expect(first, JSON.stringify(characters.slice(0, length).join(""))).toEqual(ids.slice(0, first.length));
        settled += open.settledCount;
        kept += open.ids.length;
      }
    }
    expect(settled / kept).toBeGreaterThan(0.5);
  });

  test("no line holds a token without bytes", () => {
    for (const line of lines) {
      expect(tokenizer.encode(line).every((token) => tokenizer.tokenBytes[token] !== undefined), line).toBe(true);
    }
  });
});

describe.each(MODELS)("chat prompts, %s", (id) => {
  let tokenizer: Tokenizer;
  let oracle: (text: string) => number[];

  beforeAll(async () => {
    const metadata = await realMetadata(id);
    tokenizer = createTokenizer(metadata);
    oracle = createOracle(metadata, { marks: true });
  });

  test("ids equal the oracle's of the whole text", async () => {
    const contents = (await allLines()).filter((line) => line.isWellFormed() && !/[<|｜]/.test(line));
    for (let i = 0; i + 4 <= contents.length; i += 40) {
      const [system, question, answer, next] = contents.slice(i, i + 4);
      const { text, tokens } = tokenizer.encodeChat(
        [
          { role: "system", content: system },
          { role: "user", content: question },
          { role: "assistant", content: answer },
          { role: "user", content: next },
        ],
        { replyPrefix: "{" },
      );
      expect(text).toContain(`<|im_start|>user\n${question}<|im_end|>\n<|im_start|>assistant\n${answer}<|im_end|>`);
      expect(tokens).toEqual(oracle(text));
    }
  });

  test("the template's own system message is kept where none is given", () => {
    const { text, tokens } = tokenizer.encodeChat([{ role: "user", content: "Hello" }]);
    expect(text).toMatch(/^<\|im_start\|>system\nYou are .*<\|im_end\|>\n<\|im_start\|>user\nHello<\|im_end\|>\n<\|im_start\|>assistant\n$/);
    expect(tokens).toEqual(oracle(text));
  });
});

test("any well-formed text comes back from Qwen's ids", async () => {
  const metadata = await realMetadata(MODELS[0]);
  const tokenizer = createTokenizer(metadata);
  const oracle = createOracle(metadata, { marks: false });
  const unit = fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" }), fc.constantFrom(" ", "\n", "\r\n", "the", "7"));
  fc.assert(
    fc.property(fc.string({ unit }), (text) => {
      const ids = tokenizer.encode(text);
      expect(tokenizer.decode(ids)).toBe(text);
      expect(ids).toEqual(oracle(text));
    }),
    { numRuns: 500 },
  );
});
