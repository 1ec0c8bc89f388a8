// Token masks against brute force: every token of the vocabulary is tried on the text, judged by an independent recogniser.
import { describe, expect, test } from "vitest";
import { compileChoice } from "../../engine/grammar/choice.js";
import { compileJsonSchema } from "../../engine/grammar/json-schema.js";
import type { Matcher } from "../../engine/grammar/matcher.js";
import { allowedTokens, grammarVocabulary, type TestVocabulary } from "../fixtures/grammar-vocabulary.js";
import { latin1, recogniser } from "../fixtures/prefix-recogniser.js";
import { createRandomSource } from "../fixtures/random-source.js";
import { sentencePieceVocabulary } from "../fixtures/sentencepiece-vocabulary.js";

const vocabularies = { "byte-level": grammarVocabulary(), SentencePiece: sentencePieceVocabulary() };

function tokenTexts({ tokenBytes }: TestVocabulary): (string | undefined)[] {
  return tokenBytes.map((bytes) => bytes && Buffer.from(bytes).toString("latin1"));
}

const person = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 1, maxLength: 30 },
    kind: { enum: ["a", "ab", "null", 'say "hi"', null, 12, 123] },
    k1: { type: "integer", minimum: -31, maximum: 120 },
    k2: { anyOf: [{ type: "string", maxLength: 3 }, { type: "null" }] },
    中文: { type: "array", items: { type: "number" }, minItems: 1, maxItems: 3 },
  },
  required: ["name", "中文"],
  additionalProperties: false,
};
const schemas: Record<string, { [keyword: string]: unknown }> = {
  person,
  "unbounded string": { type: "string" },
  "short string": { type: "string", minLength: 2, maxLength: 5 },
  "long string": { type: "string", minLength: 3, maxLength: 1000 },
  number: { type: "number" },
  "list of people": { type: "array", items: person },
  tuple: { type: "array", prefixItems: [{ type: "string" }, { enum: [true, false] }], items: { type: "integer", minimum: 0, maximum: 10 }, maxItems: 4 },
  "strings of several bounds": { anyOf: [{ type: "string", maxLength: 4 }, { type: "string", minLength: 6, maxLength: 9 }, { enum: ["abcdef value", "a"] }] },
  "nested alternatives": {
    anyOf: [
      { type: "object", properties: { a: { enum: ["x", "xx"] }, k1: { type: "string", minLength: 3 } }, required: ["a", "k1"], additionalProperties: false },
      { type: "object", properties: { a: { type: "string", maxLength: 60 } }, additionalProperties: false },
    ],
  },
  "a short way that plain text leaves": {
    anyOf: [
      { type: "object", properties: { a: { enum: ["abc", "ab"] } }, required: ["a"], additionalProperties: false },
      { type: "object", properties: { a: { type: "string" }, k1: { type: "string", minLength: 3 }, k2: { type: "null" } }, required: ["a", "k1", "k2"], additionalProperties: false },
    ],
  },
  tree: {
    $ref: "#/$defs/node",
    $defs: {
      node: {
        type: "object",
        properties: { key: { type: "string" }, next: { anyOf: [{ $ref: "#/$defs/node" }, { enum: [null] }] }, kids: { type: "array", items: { $ref: "#" } } },
        required: ["key"],
        additionalProperties: false,
      },
    },
  },
};

const cases = Object.entries(vocabularies).flatMap(([kind, vocabulary]) => Object.entries(schemas).map(([name, schema]) => ({ kind, vocabulary, name, schema })));

describe.each(cases)("$name, $kind", ({ vocabulary, name, schema }) => {
  const tokenText = tokenTexts(vocabulary);

  test("masks hold exactly the tokens that keep the text completable", () => {
    const judge = recogniser(schema);
    const start = compileJsonSchema(schema, vocabulary).start();
    for (let seed = 0; seed < 8; seed++) {
      const random = createRandomSource(seed * 7919 + name.length);
      let matcher: Matcher = start;
      let text = "";
      for (let step = 0; step < 40; step++) {
        const allowed = allowedTokens(matcher.mask());
        const expected = tokenText.flatMap((token, id) => (token !== undefined && isCompletable(text + token) ? [id] : []));
        if (judge(text).ends.includes(text.length)) expected.push(vocabulary.endToken);
        expect(allowed, `after ${Buffer.from(text, "latin1").toString()}`).toEqual(expected.toSorted((a, b) => a - b));
        const token = random.pick(allowed);
        if (token === vocabulary.endToken) break;
        matcher = matcher.accept(token);
        text += tokenText[token];
      }
    }
    function isCompletable(text: string): boolean {
      const reading = judge(text);
      return reading.isOpen || reading.ends.includes(text.length);
    }
  });

  test("masks with a budget hold exactly the tokens after which the rest fits", () => {
    const start = compileJsonSchema(schema, vocabulary).start();
    for (let seed = 0; seed < 6; seed++) {
      const random = createRandomSource(seed * 104_729 + name.length);
      let matcher: Matcher = start;
      for (let step = 0; step < 25; step++) {
        const allowed = allowedTokens(matcher.mask());
        for (const budget of [0, 1, 2, matcher.minimumTokens(), matcher.minimumTokens() + 1, matcher.minimumTokens() + 3, 60]) {
          const limit = Math.max(budget, matcher.minimumTokens()) - 1;
          const expected = allowed.filter((token) => token === vocabulary.endToken || matcher.accept(token).minimumTokens() <= limit);
          expect(allowedTokens(matcher.mask(budget))).toEqual(expected);
        }
        // Single bytes stop at the places that longer tokens jump over.
        const bytes = allowed.filter((token) => vocabulary.tokenBytes[token]?.length === 1);
        const token = random.pick(random.chance(0.5) && bytes.length > 0 ? bytes : allowed);
        if (token === vocabulary.endToken) break;
        matcher = matcher.accept(token);
      }
    }
  });
});

test.each(Object.entries(vocabularies))("a choice allows exactly the tokens that lead to one of its options, %s", (_, vocabulary) => {
  const tokenText = tokenTexts(vocabulary);
  const options = ["a", "ab", "abc", "the value", "中文", "中", "\n", "a\"b"];
  const texts = options.map(latin1);
  const random = createRandomSource(5);
  for (let round = 0; round < 40; round++) {
    let matcher = compileChoice(options, vocabulary).start();
    for (let text = ""; ; ) {
      const expected = tokenText.flatMap((token, id) => (token !== undefined && texts.some((option) => option.startsWith(text + token)) ? [id] : []));
      if (texts.includes(text)) expected.push(vocabulary.endToken);
      const allowed = allowedTokens(matcher.mask());
      expect(allowed).toEqual(expected.toSorted((a, b) => a - b));
      const token = random.pick(allowed);
      if (token === vocabulary.endToken) break;
      matcher = matcher.accept(token);
      text += tokenText[token];
    }
  }
});
