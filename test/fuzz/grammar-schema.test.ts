// Random schemas of all keywords against Ajv: the grammar lets a value's text through exactly where Ajv finds the value valid.
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { UnsatisfiableSchemaError } from "../../engine/error/unsatisfiable-schema-error.js";
import { UnsupportedSchemaError } from "../../engine/error/unsupported-schema-error.js";
import { compileJsonSchema } from "../../engine/grammar/json-schema.js";
import type { Grammar } from "../../engine/grammar/matcher.js";
import { acceptsText } from "../fixtures/accepts-text.js";
import { grammarVocabulary } from "../fixtures/grammar-vocabulary.js";
import { randomKeywords, randomSmallValue } from "../fixtures/random-keywords.js";
import { createRandomSource } from "../fixtures/random-source.js";

const SCHEMAS = 800;
const VALUES = 40;
const vocabulary = grammarVocabulary();

/** Undefined where the schema is refused; a grammar of nothing where no value fits. */
function compiled(schema: Record<string, unknown>): Grammar | "nothing" | undefined {
  try {
    return compileJsonSchema(schema, vocabulary, { order: "any" });
  } catch (error) {
    if (error instanceof UnsatisfiableSchemaError) return "nothing";
    if (error instanceof UnsupportedSchemaError) return undefined;
    throw error;
  }
}

function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${spaced(item)}`).join(", ")}}`;
}

/** Undefined where the code that Ajv writes is not sound: it uses variables that it did not declare or fill. */
function judged(validate: ValidateFunction, value: unknown): boolean | undefined {
  try {
    return validate(value) === true;
  } catch (error) {
    if (error instanceof ReferenceError || error instanceof TypeError) return undefined;
    throw error;
  }
}

test("what the grammar lets through is what Ajv finds valid", { timeout: 300_000 }, () => {
  const random = createRandomSource(4);
  const differing: string[] = [];
  let refused = 0;
  let valid = 0;
  let invalid = 0;
  for (let i = 0; i < SCHEMAS; i++) {
    const schema = randomKeywords(random);
    const grammar = compiled(schema);
    if (!grammar) {
      refused++;
      continue;
    }
    const validate = new Ajv2020({ strict: false, logger: false }).compile(schema);
    for (let j = 0; j < VALUES; j++) {
      const value = randomSmallValue(random, 3);
      const isValid = judged(validate, value);
      if (isValid === undefined) break;
      if (isValid) valid++;
      else invalid++;
      const isAccepted = grammar !== "nothing" && acceptsText(grammar, spaced(value));
      if (isAccepted !== isValid) differing.push(`${isValid ? "refuses" : "accepts"} ${spaced(value)} under ${JSON.stringify(schema)}`);
    }
  }
  expect(differing).toEqual([]);
  // Both outcomes are common, and few schemas are refused.
  expect([valid > 5_000, invalid > 5_000, refused < SCHEMAS / 10]).toEqual([true, true, true]);
});
