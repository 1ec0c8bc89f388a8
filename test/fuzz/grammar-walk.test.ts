// Random walks through allowed tokens of random schemas: they always end, and what they wrote is valid (Ajv judges).
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect, test } from "vitest";
import { compileJsonSchema } from "../../engine/grammar/json-schema.js";
import type { Matcher } from "../../engine/grammar/matcher.js";
import type { JsonSchema } from "../../engine/request.js";
import { UnsatisfiableSchemaError } from "../../engine/error/unsatisfiable-schema-error.js";
import { UnsupportedSchemaError } from "../../engine/error/unsupported-schema-error.js";
import { acceptsToken } from "../fixtures/accepts-text.js";
import { allowedTokens, grammarVocabulary, type TestVocabulary } from "../fixtures/grammar-vocabulary.js";
import { createRandomSource, type RandomSource } from "../fixtures/random-source.js";
import { randomRichSchema } from "../fixtures/random-rich-schema.js";
import { randomSchema } from "../fixtures/random-schema.js";
import { sentencePieceVocabulary } from "../fixtures/sentencepiece-vocabulary.js";

const FREE_STEPS = 40;
const VOCABULARIES = [["byte-level", grammarVocabulary(), 1000], ["SentencePiece", sentencePieceVocabulary(), 300]] as const;

interface Walk {
  text: string;
  tokens: number[];
}

/** @param budgetAt the budget given to the mask at each step; undefined for none */
function walk(start: Matcher, vocabulary: TestVocabulary, random: RandomSource, budgetAt: (step: number) => number | undefined): Walk {
  const tokens: number[] = [];
  const bytes: number[] = [];
  let promised: number[] = [];
  for (let matcher = start; ; ) {
    const allowed = allowedTokens(matcher.mask(budgetAt(tokens.length)));
    expect(allowed.includes(vocabulary.endToken)).toBe(matcher.isComplete());
    expect(allowed.length).toBeGreaterThan(0);
    const forced = matcher.forced();
    if (forced.length > 0) promised = [...bytes, ...forced];
    const token = matcher.isComplete() && random.chance(0.4) ? vocabulary.endToken : random.pick(allowed);
    matcher = matcher.accept(token);
    if (token === vocabulary.endToken) break;
    tokens.push(token);
    bytes.push(...vocabulary.tokenBytes[token]!);
    const shared = Math.min(bytes.length, promised.length);
    expect(bytes.slice(0, shared)).toEqual(promised.slice(0, shared));
  }
  return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes)), tokens };
}

function expectValid(text: string, validate: ValidateFunction, schema: JsonSchema): void {
  const value: unknown = JSON.parse(text);
  expect(validate(value), `${text}\n${JSON.stringify(schema)}\n${JSON.stringify(validate.errors)}`).toBe(true);
}

test.each(VOCABULARIES)("walks over random schemas end within their budget, parse and validate: %s", (_, vocabulary, schemaCount) => {
  const ajv = addFormats.default(new Ajv2020({ strict: false }));
  const counts = { compiled: 0, free: 0, withinBudget: 0, overBudget: 0 };
  for (let seed = 0; seed < schemaCount; seed++) {
    const random = createRandomSource(seed);
    const schema = randomSchema(random);
    let start: Matcher;
    try {
      start = compileJsonSchema(schema, vocabulary, { style: random.pick(["spaced", "compact"]) }).start();
    } catch (error) {
      if (!(error instanceof UnsatisfiableSchemaError)) throw error;
      continue;
    }
    counts.compiled++;
    const validate = ajv.compile(schema);
    // Free at first, then along a shortest way, so that the unbounded masks are walked too.
    const free = walk(start, vocabulary, random, (step) => (step < FREE_STEPS ? undefined : 0));
    expectValid(free.text, validate, schema);
    if (free.tokens.length > FREE_STEPS) counts.free++;
    for (const budget of [1 + random.below(10), 1 + random.below(50), 1 + random.below(50)]) {
      const bounded = walk(start, vocabulary, random, (step) => budget - step);
      expectValid(bounded.text, validate, schema);
      const fits = start.minimumTokens() <= budget;
      expect(bounded.tokens.length).toBeLessThanOrEqual(Math.max(budget, start.minimumTokens()));
      counts[fits ? "withinBudget" : "overBudget"]++;
    }
  }
  expect(counts.compiled).toBeGreaterThan(schemaCount * 0.95);
  expect(counts.free).toBeGreaterThan(schemaCount * 0.2);
  expect(counts.withinBudget).toBeGreaterThan(schemaCount);
  expect(counts.overBudget).toBeGreaterThan(schemaCount * 0.05);
});

test.each(VOCABULARIES)("a kept matcher equals one replayed from the start: %s", (_, vocabulary) => {
  for (let seed = 0; seed < 100; seed++) {
    const random = createRandomSource(1_000_000 + seed);
    const schema = randomSchema(random);
    let kept: Matcher;
    try {
      kept = compileJsonSchema(schema, vocabulary).start();
    } catch (error) {
      if (!(error instanceof UnsatisfiableSchemaError)) throw error;
      continue;
    }
    const tokens: number[] = [];
    const positions = [kept];
    for (let step = 0; step < 60; step++) {
      const allowed = allowedTokens(kept.mask(random.chance(0.1) ? 5 : undefined)).filter((token) => token !== vocabulary.endToken);
      if (allowed.length === 0) break;
      tokens.push(random.pick(allowed));
      kept = kept.accept(tokens.at(-1)!);
      positions.push(kept);
    }
    let replayed = compileJsonSchema(schema, vocabulary).start();
    for (const [step, position] of positions.entries()) {
      for (const budget of [undefined, 3, 20]) expect(replayed.mask(budget)).toEqual(position.mask(budget));
      expect(replayed.minimumTokens()).toBe(position.minimumTokens());
      expect(replayed.forced()).toEqual(position.forced());
      if (step < tokens.length) replayed = replayed.accept(tokens[step]);
    }
  }
});

test("schemas that take algebra are refused or hold: walks in either order of keys end and validate, and tokens are allowed just where they fit", () => {
  // By remainders of doubles 19.4 were no multiple of 0.01.
  const ajv = addFormats.default(new Ajv2020({ strict: false, logger: false, multipleOfPrecision: 9 }));
  const [, vocabulary] = VOCABULARIES[0];
  const counts = { compiled: 0, refused: 0, unsatisfiable: 0 };
  for (let seed = 0; seed < 800; seed++) {
    const random = createRandomSource(seed);
    const schema = randomRichSchema(random);
    let start: Matcher;
    try {
      start = compileJsonSchema(schema, vocabulary, { order: random.pick(["schema", "any"]) }).start();
    } catch (error) {
      if (error instanceof UnsupportedSchemaError) counts.refused++;
      else if (error instanceof UnsatisfiableSchemaError) counts.unsatisfiable++;
      else throw new Error(JSON.stringify(schema), { cause: error });
      continue;
    }
    counts.compiled++;
    const judge = ajv.compile(schema);
    // Ajv 8 itself fails on some values of objects under both `if` and `patternProperties`.
    const validate = Object.assign((value: unknown) => {
      try {
        return judge(value);
      } catch (error) {
        if (error instanceof TypeError) return true;
        throw error;
      }
    }, judge) as ValidateFunction;
    try {
      for (let round = 0; round < 3; round++) {
        const free = walk(start, vocabulary, random, (step) => (step < 25 ? undefined : 0));
        expectValid(free.text, validate, schema);
        const budget = 1 + random.below(40);
        const bounded = walk(start, vocabulary, random, (step) => budget - step);
        expectValid(bounded.text, validate, schema);
        expect(bounded.tokens.length).toBeLessThanOrEqual(Math.max(budget, start.minimumTokens()));
      }
      if (seed % 10 === 0) expectExactMasks(start, vocabulary, random);
    } catch (error) {
      throw new Error(`seed ${seed}: ${JSON.stringify(schema)}`, { cause: error });
    }
  }
  expect(counts.compiled).toBeGreaterThan(500);
  expect(counts.refused).toBeLessThan(160);
});

function expectExactMasks(start: Matcher, vocabulary: TestVocabulary, random: RandomSource): void {
  let matcher = start;
  for (let step = 0; step < 15; step++) {
    const allowed = allowedTokens(matcher.mask());
    const fitting = vocabulary.tokenBytes.flatMap((_, token) => (acceptsToken(matcher, token) ? [token] : []));
    expect(allowed.filter((token) => token !== vocabulary.endToken)).toEqual(fitting.filter((token) => token !== vocabulary.endToken));
    const token = random.pick(allowed);
    if (token === vocabulary.endToken) return;
    matcher = matcher.accept(token);
  }
}
