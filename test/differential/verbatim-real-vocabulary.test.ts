// Verbatim strings under a real vocabulary (151,936 tokens): masks against trying each token, offsets against the text, walks to the end.
import { readFile } from "node:fs/promises";
import { beforeAll, describe, expect, test } from "vitest";
import { openGguf } from "../../engine/checkpoint/gguf.js";
import { copiedStrings } from "../../engine/generation/copied-strings.js";
import { compileJsonSchema } from "../../engine/grammar/json-schema.js";
import type { Matcher } from "../../engine/grammar/matcher.js";
import { createVocabulary, type Vocabulary } from "../../engine/grammar/mask/vocabulary.js";
import { SourceText } from "../../engine/grammar/verbatim/source-text.js";
import { createTokenizer } from "../../engine/tokenizer/create-tokenizer.js";
import type { Tokenizer } from "../../engine/tokenizer/tokenizer.js";
import { acceptsToken } from "../fixtures/accepts-text.js";
import { allowedTokens } from "../fixtures/grammar-vocabulary.js";
import { createRandomSource } from "../fixtures/random-source.js";
import { realModelPath } from "../fixtures/real-model.js";
import { foldText } from "../fixtures/verbatim-reference.js";

const schema = {
  type: "object",
  properties: {
    title: { anyOf: [{ type: "string", "x-verbatim": true, maxLength: 60 }, { type: "null" }] },
    "名": { type: "string", "x-verbatim": { wholeWords: false }, minLength: 2, maxLength: 9 },
    parties: { type: "array", items: { type: "string", "x-verbatim": true, maxLength: 40 }, minItems: 1, maxItems: 3 },
    amount: { anyOf: [{ type: "string", "x-verbatim": { pattern: String.raw`\d[\d.,]*\d` } }, { type: "null" }] },
  },
  required: ["title", "名", "parties", "amount"],
  additionalProperties: false,
};

let tokenizer: Tokenizer;
let vocabulary: Vocabulary;
let texts: string[];

beforeAll(async () => {
  const checkpoint = await openGguf(await realModelPath());
  tokenizer = createTokenizer(checkpoint.metadata);
  await checkpoint.close();
  vocabulary = createVocabulary(tokenizer.tokenBytes, tokenizer.endTokens);
  texts = await Promise.all(["examples/documents/contract.txt", "examples/documents/contract.zh.txt"].map((file) => readFile(file, "utf8")));
}, 600_000);

function start(text: string): Matcher {
  return compileJsonSchema(schema, vocabulary, { sources: { document: new SourceText(text) } }).start();
}

describe("random walks", () => {
  test.each([0, 1])("end within their budget with strings that stand where it says, text %i", (which) => {
    const text = texts[which];
    const open = start(text);
    for (let seed = 0; seed < 12; seed++) {
      const random = createRandomSource(seed);
      const budget = open.minimumTokens() + random.below(60);
      const tokens: number[] = [];
      let matcher = open;
      while (!matcher.isComplete()) {
        const allowed = allowedTokens(matcher.mask(budget - tokens.length));
        expect(allowed.length).toBeGreaterThan(0);
        tokens.push(random.pick(allowed));
        matcher = matcher.accept(tokens.at(-1)!);
      }
      expect(tokens.length).toBeLessThanOrEqual(budget);
      const reply = Buffer.concat(tokens.map((id) => tokenizer.tokenBytes[id]!)).toString();
      const copies = copiedStrings(reply, matcher.verbatim());
      const { title, 名: name, parties, amount } = JSON.parse(reply) as Record<string, string> & { parties: string[] };
      expect(copies.map(({ start: from, end }) => JSON.parse(reply.slice(from, end)) as string)).toEqual([title, name, ...parties, amount].filter((value) => value !== null));
      for (const { start: from, end, spans, source } of copies) {
        const written = JSON.parse(reply.slice(from, end)) as string;
        expect(source).toBe("document");
        expect(spans.length).toBeGreaterThan(0);
        for (const span of spans) expect(foldText(text.slice(span.start, span.end))).toBe(foldText(written));
      }
    }
  });
});

test("the mask at each step of a copy holds exactly the tokens that can be accepted", () => {
  const replies = [
    '{"title": "DATA PROCESSING', // Stops inside a word.
    '{"title": null, "名": "',
  ];
  for (const [which, text] of texts.entries()) {
    for (const reply of replies) {
      let matcher = start(text);
      for (const id of tokenizer.encode(reply)) {
        const allowed = matcher.mask();
        for (let token = 0; token < vocabulary.size; token += 1 + (token % 29)) {
          const isAllowed = ((allowed[token >>> 5] >>> (token & 31)) & 1) === 1;
          if (isAllowed !== acceptsToken(matcher, token)) expect.unreachable(`text ${which}, token ${token} after ${reply}`);
        }
        if (!acceptsToken(matcher, id)) break;
        matcher = matcher.accept(id);
      }
    }
  }
});

test("candidates narrow as the copy grows, and leave with it", () => {
  const text = "Northwind Analytics, Inc. and Northwind Traders; northwind analytics again";
  let matcher = start(text);
  const counts: number[] = [];
  for (const id of tokenizer.encode('{"title": "Northwind Analytics, Inc.", "名": ')) {
    matcher = matcher.accept(id);
    counts.push(matcher.candidates().length);
  }
  expect(counts[0]).toBe(0);
  expect(Math.max(...counts)).toBe(3);
  expect(counts.filter((count, at) => count !== counts[at - 1])).toEqual(expect.arrayContaining([3, 2, 1, 0]));
  expect(matcher.verbatim().map(({ spans }) => spans)).toEqual([[{ start: 0, end: 25 }]]);
});
