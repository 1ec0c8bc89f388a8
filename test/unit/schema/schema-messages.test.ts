// What a schema's author is told: where no value fits, and what is taken as an annotation.
import { expect, test } from "vitest";
import { compileJsonSchema } from "../../../engine/grammar/json-schema.js";
import type { JsonSchema } from "../../../engine/request.js";
import { grammarVocabulary } from "../../fixtures/grammar-vocabulary.js";

const text = { type: "string" };

test.each<[path: string, schema: JsonSchema]>([
  ["", false],
  ["/a", { type: "object", properties: { b: text, a: { type: "string", minLength: 5, maxLength: 2 } }, required: ["b", "a"] }],
  ["/a~1b/1/c", { type: "object", properties: { "a/b": { type: "array", prefixItems: [text], items: { type: "object", properties: { c: false }, required: ["c"] }, minItems: 2 } }, required: ["a/b"] }],
  ["/n", { type: "object", properties: { n: { type: "integer", multipleOf: 7, minimum: 1, maximum: 6 } }, required: ["n"] }],
])("no value fits: %s is named", (path, schema) => {
  expect(() => compileJsonSchema(schema, grammarVocabulary())).toThrow(expect.objectContaining({ code: "UNSATISFIABLE_SCHEMA", path }));
});

function warnings(schema: JsonSchema): string[] {
  return compileJsonSchema(schema, grammarVocabulary()).warnings.map(({ path }) => path);
}

test("a format that is not known is worth a warning only where no pattern says what it is", () => {
  expect(warnings({ type: "string", format: "starts_with" })).toEqual(["/format"]);
  expect(warnings({ type: "string", format: "starts_with", pattern: "^a" })).toEqual([]);
});
