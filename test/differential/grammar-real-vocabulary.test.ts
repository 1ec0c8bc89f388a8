// Masks over a real vocabulary (151,936 tokens) against trying each token by itself: plain-text shortcuts, counters, cut characters.
import { beforeAll, expect, test } from "vitest";
import { openGguf } from "../../engine/checkpoint/gguf.js";
import { compileJsonSchema } from "../../engine/grammar/json-schema.js";
import { createVocabulary, type Vocabulary } from "../../engine/grammar/mask/vocabulary.js";
import { createTokenizer } from "../../engine/tokenizer/create-tokenizer.js";
import type { Tokenizer } from "../../engine/tokenizer/tokenizer.js";
import { acceptsToken } from "../fixtures/accepts-text.js";
import { allowedTokens } from "../fixtures/grammar-vocabulary.js";
import { realModelPath } from "../fixtures/real-model.js";

const contract = {
  type: "object",
  properties: {
    title: { type: "string", minLength: 1, maxLength: 200 },
    date: { anyOf: [{ type: "string", format: "date" }, { type: "null" }] },
    governingLaw: { anyOf: [{ type: "string", maxLength: 40 }, { type: "null" }] },
    role: { enum: ["buyer", "seller", "other"] },
    amount: { type: "number", minimum: 0 },
    parties: { type: "array", items: { type: "string", minLength: 2, maxLength: 5000 }, minItems: 1 },
    更多: { type: "object", additionalProperties: { type: "string" } },
  },
  required: ["title", "date", "role", "amount", "parties"],
  additionalProperties: false,
};
const texts = [
  '{"title": "Master Services Agreement", "date": "2024-02-29", "governingLaw": "State of New York", "role": "seller", "amount": 1250000.50, "parties": ["Acme, Inc.", "Société \\"Générale\\" S.A."]}',
  '{"title": "技术服务合同😀", "date": null, "role": "other", "amount": 0, "parties": ["北京某某科技有限公司"], "更多": {"附件": "无", "页数": "12"}}',
];

let tokenizer: Tokenizer;
let vocabulary: Vocabulary;

beforeAll(async () => {
  const checkpoint = await openGguf(await realModelPath());
  tokenizer = createTokenizer(checkpoint.metadata);
  await checkpoint.close();
  vocabulary = createVocabulary(tokenizer.tokenBytes, tokenizer.endTokens);
});

test.each(texts)("text %# is let through, token by token, with masks equal to brute force", (text) => {
  const tokens = tokenizer.encode(text);
  let matcher = compileJsonSchema(contract, vocabulary).start();
  for (const [index, token] of tokens.entries()) {
    const allowed = allowedTokens(matcher.mask());
    expect(allowed, `token ${index} of ${text}`).toContain(token);
    // Each position costs 150,000 trials: a sample of them.
    if (index % 9 === 4) expect(allowed).toEqual(tokenizer.tokenBytes.flatMap((_, id) => (acceptsToken(matcher, id) ? [id] : [])));
    matcher = matcher.accept(token);
  }
  expect(matcher.isComplete()).toBe(true);
  expect(allowedTokens(matcher.mask())).toEqual(tokenizer.endTokens.toSorted((a, b) => a - b));
});

test("a budget of real tokens closes in time from every position", () => {
  const tokens = tokenizer.encode(texts[0]);
  let matcher = compileJsonSchema(contract, vocabulary).start();
  for (const token of tokens) {
    let closing = matcher;
    let used = 0;
    const budget = matcher.minimumTokens() + 3;
    for (; !closing.isComplete(); used++) {
      const allowed = allowedTokens(closing.mask(budget - used));
      closing = closing.accept(allowed[(used * 7919) % allowed.length]);
    }
    expect(used).toBeLessThanOrEqual(budget);
    matcher = matcher.accept(token);
  }
});
