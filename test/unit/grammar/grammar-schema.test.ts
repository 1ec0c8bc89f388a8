// JSON Schema keyword by keyword: what each lets through, alone and combined; what is refused and where; what is warned of.
import { describe, expect, test } from "vitest";
import { UnsatisfiableSchemaError } from "../../../engine/error/unsatisfiable-schema-error.js";
import { UnsupportedSchemaError } from "../../../engine/error/unsupported-schema-error.js";
import { compileJsonSchema } from "../../../engine/grammar/json-schema.js";
import type { JsonSchema } from "../../../engine/request.js";
import { grammarVocabulary } from "../../fixtures/grammar-vocabulary.js";
import { acceptsText } from "../../fixtures/accepts-text.js";

const vocabulary = grammarVocabulary();

function expectTexts(schema: JsonSchema, valid: readonly string[], invalid: readonly string[]): void {
  const grammar = compileJsonSchema(schema, vocabulary);
  expect(grammar.warnings).toEqual([]);
  expect(valid.filter((text) => !acceptsText(grammar, text))).toEqual([]);
  expect(invalid.filter((text) => acceptsText(grammar, text))).toEqual([]);
}

/** The keywords if, then and else. */
function conditional(...schemas: (JsonSchema | undefined)[]): Record<string, unknown> {
  return Object.fromEntries(["if", "then", "else"].map((keyword, index) => [keyword, schemas[index]]));
}

describe("keywords speak of their own types only", () => {
  test("without a type, values of other types are free", () => {
    expectTexts({ minLength: 2 }, ['"ab"', "1", "null", '{"a": [1]}'], ['"a"']);
    expectTexts({ minimum: 3 }, ["3", '"2"', "[]"], ["2"]);
    expectTexts({ properties: { a: { type: "null" } } }, ['{"a": null}', '"a"', "true", "{}"], ['{"a": 1}']);
    expectTexts({ items: { type: "integer" }, required: ["a"] }, ["[1]", '{"a": 1}', "7"], ["[true]", "{}"]);
  });

  test("a type among several", () => {
    expectTexts({ type: ["string", "integer"], minLength: 2, minimum: 5 }, ['"ab"', "5"], ['"a"', "4", "5.5", "null"]);
    expectTexts({ type: ["integer", "number"], maximum: 1 }, ["0.5", "1"], ["1.5", "true"]);
  });
});

describe("enumerations", () => {
  test("hold only what the keywords beside them allow", () => {
    expectTexts({ enum: ["ab", "abc", "x", 3, [1], [1, 2]], pattern: "^a", maxItems: 1, not: { const: 3 } }, ['"ab"', '"abc"', "[1]"], ['"x"', "3", "[1, 2]"]);
    expectTexts({ enum: [{ a: 1, b: 2 }, { b: 3 }, {}], minProperties: 1, properties: { b: { maximum: 2 } } }, ['{"a": 1, "b": 2}'], ['{"b": 3}', "{}"]);
    expectTexts({ enum: ["2024-02-29", "2023-02-29"], format: "date" }, ['"2024-02-29"'], ['"2023-02-29"']);
  });

  test("are compared by value", () => {
    expectTexts({ allOf: [{ enum: [{ a: 1, b: [2] }, 1, 2] }, { enum: [{ b: [2], a: 1 }, 2, 3] }] }, ['{"a": 1, "b": [2]}', "2"], ["1", "3"]);
  });
});

test("properties come in the order of the keywords that name them", () => {
  const member = { properties: { b: { type: "integer" } }, required: ["b"] };
  const whole = { properties: { a: { type: "integer" } } };
  expectTexts({ type: "object", oneOf: [member, { type: "null" }], ...whole }, ['{"b": 1, "a": 2}'], ['{"a": 2, "b": 1}']);
  expectTexts({ type: "object", ...whole, anyOf: [member, { required: ["c"] }] }, ['{"a": 2, "b": 1}', '{"a": 1, "c": 0}'], ['{"b": 1, "a": 2}']);
  const condition = conditional({ properties: { b: { const: 1 } } }, undefined, { required: ["a"] });
  expectTexts({ type: "object", ...condition, properties: { a: true, b: true } }, ['{"a": 2, "b": 1}', '{"b": 1}'], ['{"b": 2}', '{"b": 2, "a": 1}']);
  expectTexts({ allOf: [{ oneOf: [member] }, { type: "object", ...whole }] }, ['{"b": 1, "a": 2}'], ['{"a": 2, "b": 1}']);
});

test("in any order on request, listed objects too", () => {
  const grammar = compileJsonSchema({ const: { a: 1, b: [{ c: 2, d: 3 }] } }, vocabulary, { order: "any" });
  const accepted = ['{"a": 1, "b": [{"c": 2, "d": 3}]}', '{"b": [{"d": 3, "c": 2}], "a": 1}', '{"b": [{"d": 3, "c": 2}]}', '{"a": 1, "b": []}'].map((text) => acceptsText(grammar, text));
  expect(accepted).toEqual([true, true, false, false]);
});

describe("conjunctions", () => {
  test("of bounds, patterns and formats", () => {
    expectTexts({ allOf: [{ type: "string", minLength: 2 }, { maxLength: 3 }, { pattern: "^a" }, { pattern: "z$" }] }, ['"az"', '"abz"'], ['"a"', '"abcz"', '"ab"', '"bz"']);
    expectTexts({ type: "number", minimum: 2, allOf: [{ maximum: 9 }, { multipleOf: 2 }, { multipleOf: 3 }] }, ["6"], ["4", "3", "12", "0"]);
    expectTexts({ type: "string", format: "date", pattern: "^2024" }, ['"2024-05-01"'], ['"2023-05-01"', '"2024"']);
  });

  test("of objects: each closes what it knows", () => {
    const schema = {
      type: "object",
      properties: { a: { type: "integer" }, b: { type: "integer" } },
      allOf: [{ properties: { a: { minimum: 3 }, c: { type: "null" } }, required: ["a"], additionalProperties: { maximum: 9 } }],
    };
    expectTexts(schema, ['{"a": 3}', '{"a": 3, "b": 9, "c": null, "d": 1}', '{"a": 4, "d": "free"}'], ["{}", '{"a": 2}', '{"a": 3, "b": 10}', '{"a": 3, "d": 10}']);
    expectTexts({ allOf: [{ type: "object", additionalProperties: false, properties: { a: true } }, { properties: { b: true } }] }, ["{}", '{"a": 1}'], ['{"b": 1}']);
  });

  test("of arrays: item by item", () => {
    const schema = { type: "array", items: { type: "integer" }, allOf: [{ prefixItems: [{ minimum: 5 }], items: { maximum: 2 } }, { minItems: 1 }] };
    expectTexts(schema, ["[5]", "[9, 2, 1]"], ["[]", "[4]", "[5, 3]", "[5, null]"]);
  });

  test("siblings of a reference count, but not before draft 2019-09", () => {
    const schema = { $ref: "#/$defs/text", maxLength: 2, $defs: { text: { type: "string" } } };
    expectTexts(schema, ['"ab"'], ['"abc"', "1"]);
    expectTexts({ ...schema, $schema: "http://json-schema.org/draft-07/schema#" }, ['"ab"', '"abc"'], ["1"]);
  });

  test("recursion through conjunctions ends", () => {
    const tree = { type: "object", properties: { kids: { type: "array", items: { $ref: "#/$defs/tree" } } }, required: ["kids"] };
    const schema = { $ref: "#/$defs/tree", $defs: { tree: { allOf: [tree, { maxProperties: 1 }] } } };
    expectTexts(schema, ['{"kids": [{"kids": []}, {"kids": [{"kids": []}]}]}'], ['{"kids": [{}]}', '{"kids": [], "more": 1}', '{"kids": [{"kids": [], "x": 1}]}']);
  });
});

describe("alternatives", () => {
  test("oneOf subtracts what members share", () => {
    expectTexts({ oneOf: [{ type: "string", maxLength: 3 }, { type: "string", minLength: 2 }] }, ['"a"', '"abcd"'], ['"ab"', '"abc"', "1"]);
    expectTexts({ oneOf: [{ type: "integer", minimum: 3 }, { type: "integer", maximum: 5 }] }, ["2", "6"], ["3", "4", "5"]);
    expectTexts({ oneOf: [{ type: "integer" }, { type: "number" }] }, ["1.5", "-0.25"], ["1", "1.0", "0"]);
    expectTexts({ oneOf: [{ type: "integer" }, { type: "number", minimum: 2 }] }, ["1", "2.5", "-7", "20.01"], ["2", "1.5", "30"]);
    expectTexts({ oneOf: [{ enum: [1, 2] }, { enum: [2, 3] }, { enum: [{ a: 1, b: 2 }] }, { const: { b: 2, a: 1 } }] }, ["1", "3"], ["2", '{"a": 1, "b": 2}']);
  });

  test("oneOf of required properties", () => {
    const schema = { type: "object", properties: { a: true, b: { type: "null" } }, oneOf: [{ required: ["a"] }, { required: ["b"] }] };
    expectTexts(schema, ['{"a": 1}', '{"b": null}', '{"a": 1, "c": 2}'], ["{}", '{"a": 1, "b": null}', '{"c": 1}']);
  });

  test("oneOf told apart by what stands beside it", () => {
    const members = [["a", "x"], ["b", "y"]].map(([kind, name]) => ({ properties: { kind: { const: kind }, [name]: { type: "integer" } }, required: [name] }));
    const schema = { type: "object", required: ["kind"], properties: { kind: { type: "string" } }, oneOf: members };
    expectTexts(schema, ['{"kind": "a", "x": 1}', '{"kind": "b", "y": 1}', '{"kind": "a", "x": 1, "y": "s"}'], ['{"kind": "a", "y": 1}', '{"kind": "c", "x": 1}', '{"x": 1}']);
  });

  test("oneOf of closed objects", () => {
    const closed = ["a", "b"].map((name) => ({ type: "object", properties: { [name]: { type: "null" } }, additionalProperties: false }));
    expectTexts({ oneOf: closed }, ['{"a": null}', '{"b": null}'], ["{}", '{"a": null, "b": null}']);
  });

  test("if, then and else", () => {
    const schema = {
      type: "object",
      properties: { kind: { enum: ["a", "b"] }, n: { type: "integer" } },
      required: ["kind"],
      ...conditional({ properties: { kind: { const: "a" } } }, { required: ["n"] }, { properties: { n: { maximum: 5 } } }),
    };
    expectTexts(schema, ['{"kind": "a", "n": 9}', '{"kind": "b"}', '{"kind": "b", "n": 5}'], ['{"kind": "a"}', '{"kind": "b", "n": 6}']);
    expectTexts(conditional({ type: "string" }, undefined, { type: "null" }), ['"a"', "null"], ["1"]);
    expectTexts({ type: "null", ...conditional(undefined, false, false) }, ["null"], []);
  });

  test("many conditions on one discriminator", () => {
    const kinds = Array.from({ length: 30 }, (_, index) => `k${index}`);
    const allOf = kinds.map((kind, index) => conditional({ properties: { kind: { const: kind } }, required: ["kind"] }, { properties: { n: { const: index } }, required: ["n"] }));
    const schema = { type: "object", properties: { kind: { enum: kinds } }, required: ["kind"], allOf };
    expectTexts(schema, ['{"kind": "k7", "n": 7}', '{"kind": "k29", "n": 29}'], ['{"kind": "k7", "n": 8}', '{"kind": "k7"}', '{"kind": "x"}']);
  });
});

describe("negations", () => {
  test("of scalars", () => {
    expectTexts({ type: ["string", "integer", "null"], not: { enum: ["a", 1, null] } }, ['"b"', '"ab"', "2", "11"], ['"a"', "1", "null"]);
    expectTexts({ type: "string", not: { pattern: "^a" } }, ['""', '"ba"'], ['"a"', '"ab"']);
    expectTexts({ type: "integer", not: { minimum: 3, maximum: 5 } }, ["2", "6"], ["3", "4", "5"]);
    expectTexts({ not: { type: ["object", "array", "string", "number"] } }, ["true", "null"], ["1", "{}", "[]", '""']);
    expectTexts({ not: { type: "integer" } }, ["1.5", "null"], ["1", "-3"]);
    expectTexts({ not: { not: { type: "integer", minimum: 2 } } }, ["2"], ["1", "null"]);
  });

  test("of objects", () => {
    expectTexts({ type: "object", not: { required: ["a"] } }, ["{}", '{"b": 1}'], ['{"a": 1}']);
    expectTexts({ type: "object", not: { required: ["a", "b"] } }, ["{}", '{"a": 1}', '{"b": 1}'], ['{"a": 1, "b": 2}']);
    expectTexts({ type: "object", not: { properties: { a: { type: "null" } } } }, ['{"a": 1}'], ["{}", '{"a": null}', '{"b": 1}']);
    expectTexts({ type: "object", not: { anyOf: [{ required: ["a"] }, { maxProperties: 0 }] } }, ['{"b": 1}'], ["{}", '{"a": 1}']);
    expectTexts({ type: "object", not: { properties: { a: { type: "null" } }, additionalProperties: false } }, ['{"b": 1}', '{"a": null, "b": 1}', '{"a": 1}'], ["{}", '{"a": null}']);
    expectTexts({ type: "object", not: { const: { a: 1 } } }, ["{}", '{"a": 2}', '{"b": 1}', '{"a": 1, "b": 1}'], ['{"a": 1}']);
  });

  test("of arrays", () => {
    expectTexts({ type: "array", not: { items: { type: "integer" } } }, ["[null]", "[1, null]"], ["[]", "[1]"]);
    expectTexts({ type: "array", not: { contains: { const: 1 } } }, ["[]", "[2, 3]"], ["[1]", "[2, 1]"]);
    expectTexts({ type: "array", not: { minItems: 2, maxItems: 3 } }, ["[]", "[1]", "[1, 2, 3, 4]"], ["[1, 2]", "[1, 2, 3]"]);
    expectTexts({ type: "array", items: { type: "integer" }, not: { const: [1, 2] } }, ["[]", "[1]", "[1, 3]", "[1, 2, 3]"], ["[1, 2]"]);
  });
});

describe("objects", () => {
  test("patternProperties join what is declared and what is additional", () => {
    const schema = {
      type: "object",
      properties: { ax: { minimum: 2 } },
      patternProperties: { "^a": { type: "integer" }, "x$": { maximum: 9 } },
      additionalProperties: { type: "null" },
    };
    expectTexts(schema, ['{"ax": 9, "a": 100, "xx": "s", "b": null}'], ['{"ax": 1}', '{"ax": 10}', '{"a": "s"}', '{"xx": 10}', '{"b": 1}', '{"abx": 10}']);
    expectTexts({ type: "object", patternProperties: { "^x-": true }, additionalProperties: false }, ['{"x-a": 1}', "{}"], ['{"y": 1}']);
    expectTexts({ type: "object", required: ["b1"], patternProperties: { "^b": { type: "null" } }, additionalProperties: false }, ['{"b1": null, "b2": null}'], ['{"b2": null}', '{"b1": 1}']);
  });

  test("propertyNames", () => {
    expectTexts({ type: "object", propertyNames: { pattern: "^a", maxLength: 2 }, required: ["a"] }, ['{"a": 1, "ab": 2}'], ['{"a": 1, "abc": 1}', '{"a": 1, "b": 1}', "{}"]);
    expectTexts({ type: "object", propertyNames: { enum: ["a", "b"] }, properties: { b: { type: "null" }, c: true } }, ['{"b": null, "a": 1}', "{}"], ['{"c": 1}', '{"b": 1}', '{"d": 1}']);
    expectTexts({ type: "object", propertyNames: { not: { const: "a" } } }, ["{}", '{"b": 1}'], ['{"a": 1}']);
    expectTexts({ type: "object", propertyNames: false }, ["{}"], ['{"a": 1}']);
  });

  test("minProperties and maxProperties", () => {
    expectTexts({ type: "object", properties: { a: true, b: true }, minProperties: 2, maxProperties: 3 }, ['{"a": 1, "b": 2}', '{"b": 2, "x": 1}', '{"x": 1, "y": 2, "z": 3}'], ["{}", '{"a": 1}', '{"a": 1, "b": 2, "x": 3, "y": 4}']);
  });

  test("dependencies", () => {
    const required = { type: "object", properties: { a: true, b: true }, dependentRequired: { a: ["b"] } };
    expectTexts(required, ["{}", '{"b": 1}', '{"a": 1, "b": 1}'], ['{"a": 1}']);
    const schemas = { type: "object", properties: { a: true, b: true }, dependentSchemas: { a: { properties: { b: { type: "null" } } } }, dependencies: { b: ["c"], c: { maxProperties: 2 } } };
    expectTexts(schemas, ['{"a": 1}', '{"b": 1, "c": 1}', '{"c": 1}'], ['{"a": 1, "b": 1, "c": 1}', '{"b": 1}', '{"a": 1, "b": null, "c": 1}']);
  });

  test("unevaluatedProperties see into what stands beside them", () => {
    const schema = { type: "object", properties: { a: true }, allOf: [{ properties: { b: true } }], anyOf: [{ properties: { c: { const: 1 } }, required: ["c"] }, true], unevaluatedProperties: false };
    expectTexts(schema, ["{}", '{"a": 1, "b": 1, "c": 1}'], ['{"c": 2}', '{"d": 1}']);
    expectTexts({ type: "object", ...conditional({ required: ["a"] }, { properties: { a: true } }, { properties: { b: true } }), unevaluatedProperties: { type: "null" } }, ['{"a": 1}', '{"b": 1}', '{"a": 1, "b": null}'], ['{"a": 1, "b": 1}', '{"c": 1}']);
  });
});

describe("arrays", () => {
  test("contains", () => {
    expectTexts({ type: "array", contains: { type: "integer" } }, ["[1]", "[null, 2, null]"], ["[]", "[null]"]);
    expectTexts({ type: "array", items: { enum: [1, 2, null] }, contains: { type: "integer" }, minContains: 2, maxContains: 3 }, ["[1, 2]", "[1, null, 2, 2]"], ["[1, null]", "[1, 1, 1, 1]", "[3, 3]"]);
    expectTexts({ type: "array", contains: { const: 1 }, minContains: 0, maxContains: 1 }, ["[]", "[2, 1]"], ["[1, 1]"]);
    expectTexts({ type: "array", contains: true, minContains: 2 }, ["[1, 2]"], ["[1]"]);
  });

  test("uniqueItems compare values", () => {
    expectTexts({ type: "array", items: { type: "string", maxLength: 2 }, uniqueItems: true }, ["[]", '["a", "b"]'], ['["a", "b", "a"]', '["a", "\\u0061"]']);
    expectTexts({ type: "array", items: { type: "number" }, uniqueItems: true }, ["[1, 2, 1.5]"], ["[1, 1.0]", "[1.50, 1.5]"]);
    expectTexts({ type: "array", items: { type: "object" }, uniqueItems: true, maxItems: 1 }, ["[{}]"], ["[{}, {}]"]);
  });

  test("unevaluatedItems see into what stands beside them", () => {
    const schema = { type: "array", allOf: [{ prefixItems: [{ type: "string" }] }], contains: { const: 1 }, unevaluatedItems: { type: "null" } };
    expectTexts(schema, ['["a", 1, null]', '["a", null, 1]'], ['["a"]', '["a", 1, 2]', "[1, 1]"]);
  });
});

describe("strings and numbers", () => {
  test("patterns search, unless anchored", () => {
    expectTexts({ type: "string", pattern: "b+" }, ['"abc"', '"b"'], ['"ac"', '""']);
    expectTexts({ type: "string", pattern: "^[a-z]{2,3}$", minLength: 3 }, ['"abc"'], ['"ab"', '"abcd"']);
  });

  test("formats", () => {
    expectTexts({ type: "string", format: "email" }, ['"a@b.example"'], ['"a"', '"@b"']);
    expectTexts({ type: "string", format: "ipv4" }, ['"1.2.3.255"'], ['"1.2.3.256"', '"1.2.3"']);
    expectTexts({ type: "string", format: "date-time" }, ['"2024-02-29T10:00:00Z"'], ['"2023-02-29T10:00:00Z"', '"2024-02-29"']);
  });

  test("multiples and draft 4's exclusive bounds", () => {
    expectTexts({ type: "number", multipleOf: 0.01, minimum: 0, maximum: 1 }, ["0.25", "1", "0.1"], ["0.255", "1.01"]);
    expectTexts({ type: "integer", minimum: 1, exclusiveMinimum: true, maximum: 5, exclusiveMaximum: false }, ["2", "5"], ["1", "6"]);
  });
});

describe("references", () => {
  test("to identifiers and anchors", () => {
    const schema = {
      $id: "https://example.org/root",
      type: "array",
      prefixItems: [{ $ref: "item" }, { $ref: "#name" }, { $ref: "https://example.org/item#/$defs/flag" }, { $ref: "item#inner" }],
      items: false,
      $defs: {
        item: { $id: "item", type: "integer", $defs: { flag: { type: "boolean" }, inner: { $anchor: "inner", type: "null" } } },
        name: { $anchor: "name", type: "string" },
      },
    };
    expectTexts(schema, ['[1, "a", true, null]'], ['["a"]', "[1, 1]", '[1, "a", 1]', '[1, "a", true, 1]']);
  });

  test("dynamic ones take the outermost anchor", () => {
    const schema = {
      $id: "https://example.org/strings",
      $ref: "list",
      $defs: {
        item: { $dynamicAnchor: "item", type: "string" },
        list: { $id: "list", type: "array", items: { $dynamicRef: "#item" }, $defs: { item: { $dynamicAnchor: "item" } } },
      },
    };
    expectTexts(schema, ['["a"]', "[]"], ["[1]"]);
  });
});

const text = { type: "string" };
test.each<[path: string, schema: JsonSchema]>([
  ["/$ref", { $ref: "#" }],
  ["/$ref", { $ref: "other.json#/a" }],
  ["/$ref", { $ref: "#/$defs/missing", $defs: {} }],
  ["/$defs/b/$ref", { type: "array", items: { $ref: "#/$defs/a" }, $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } } }],
  ["/properties/a~1b/pattern", { type: "object", properties: { "a/b": { type: "string", pattern: "(a)\\1" } } }],
  ["/patternProperties/(", { type: "object", patternProperties: { "(": true } }],
  ["/format", { type: "string", format: "regex" }],
  ["/uniqueItems", { type: "array", items: { type: "array" }, uniqueItems: true }],
  ["/uniqueItems", { type: "array", items: text, uniqueItems: true, minItems: 1000 }],
  ["/uniqueItems", { type: "array", items: text, uniqueItems: true, contains: { const: "a" } }],
  ["/uniqueItems", { type: "array", prefixItems: [{ const: "a" }], items: { enum: ["a", "b"] }, uniqueItems: true, minItems: 2 }],
  ["/minProperties", { type: "object", minProperties: 1000 }],
  ["/maxProperties", { type: "object", properties: Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`p${i}`, text])), maxProperties: 1000 }],
  ["/allOf/1/contains", { type: "array", allOf: [{ contains: { const: 1 } }, { contains: { const: 2 } }] }],
  ["/not", { type: "object", not: { additionalProperties: { type: "null" } } }],
  ["/not", { type: "number", not: { multipleOf: 2 } }],
  ["/x-verbatim", { type: "string", "x-verbatim": true }],
  ["/type", { type: "text" }],
  ["/type", { type: [] }],
  ["/minLength", { type: "string", minLength: -1 }],
  ["/minLength", { type: "string", minLength: "3" }],
  ["/multipleOf", { type: "number", multipleOf: 0 }],
  ["/required", { type: "object", required: true }],
  ["/enum", { enum: "a" }],
  ["/anyOf", { anyOf: [] }],
  ["/uniqueItems", { type: "array", uniqueItems: 1 }],
  ["/properties/a", { type: "object", properties: { a: "string" } }],
  ["/allOf/0/properties", { allOf: [{ properties: [] }] }],
])("%s is refused by its path", (path, schema) => {
  let error: unknown;
  try {
    compileJsonSchema(schema, vocabulary);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(UnsupportedSchemaError);
  expect(error).toMatchObject({ path, code: "UNSUPPORTED_SCHEMA", keyword: path.split("/").at(-1) });
});

test.each<JsonSchema>([
  { allOf: [text, { type: "integer" }] },
  { allOf: [{ type: "string", pattern: "^a$" }, { pattern: "^b$" }] },
  { type: "object", required: ["a"], propertyNames: { maxLength: 0 } },
  { type: "object", required: ["a"], not: { required: ["a"] } },
  { type: "array", contains: { type: "null" }, items: { type: "string" } },
  { type: "object", minProperties: 2, properties: { a: true }, additionalProperties: false },
  { not: {} },
  { oneOf: [text, text] },
])("no value fits %j", (schema) => {
  expect(() => compileJsonSchema(schema, vocabulary)).toThrow(UnsatisfiableSchemaError);
});

function warningsOf(schema: JsonSchema, onUnsupported: "refuse" | "validate" = "refuse"): string[] {
  return compileJsonSchema(schema, vocabulary, { onUnsupported }).warnings.map(({ path }) => path).toSorted();
}

describe("what is not enforced", () => {
  test("unknown keywords and formats are annotations, and named", () => {
    expect(warningsOf({ type: "string", surprise: 1, format: "colour" })).toEqual(["/format", "/surprise"]);
    expect(warningsOf({ type: "object", properties: { a: { nullable: true } }, "x-note": 1, title: "t" })).toEqual(["/properties/a/nullable"]);
  });

  test("on request, what cannot be enforced is left out, and named", () => {
    const unique = { type: "array", items: { type: "array", maxItems: 0 }, uniqueItems: true, maxItems: 2 };
    expect(warningsOf(unique, "validate")).toEqual(["/uniqueItems"]);
    const grammar = compileJsonSchema(unique, vocabulary, { onUnsupported: "validate" });
    expect(["[[], []]", "[[], [], []]", "[[1]]"].map((value) => acceptsText(grammar, value))).toEqual([true, false, false]);
  });

  test("where a negation holds such a keyword, the whole negation is left out", () => {
    const schema = { type: "string", maxLength: 3, not: { pattern: "(a)\\1", minLength: 2 } };
    const grammar = compileJsonSchema(schema, vocabulary, { onUnsupported: "validate" });
    expect(grammar.warnings.length).toBeGreaterThan(0);
    expect(['"aa"', '"ab"', '"a"', '"abcd"'].map((value) => acceptsText(grammar, value))).toEqual([true, true, true, false]);
    const remote = compileJsonSchema({ type: "integer", not: { $ref: "elsewhere.json" } }, vocabulary, { onUnsupported: "validate" });
    expect(["1", '"a"'].map((value) => acceptsText(remote, value))).toEqual([true, false]);
  });
});

/** Whether it has a first mask, or is refused. */
function isAnswered(schema: JsonSchema): boolean {
  try {
    return compileJsonSchema(schema, vocabulary).start().mask().length > 0;
  } catch (error) {
    if (error instanceof UnsupportedSchemaError) return true;
    throw error;
  }
}

function nest(depth: number, wrap: (inner: JsonSchema) => JsonSchema): JsonSchema {
  let schema: JsonSchema = { type: "null" };
  for (let i = 0; i < depth; i++) schema = wrap(schema);
  return schema;
}

describe("schemas made to be hard are answered or refused", () => {
  test.each<[what: string, schema: () => JsonSchema]>([
    ["deep items", () => nest(10_000, (items) => ({ type: "array", items }))],
    ["deep anyOf", () => nest(10_000, (inner) => ({ anyOf: [inner, { const: 1 }] }))],
    ["deep not", () => nest(10_000, (not) => ({ not }))],
    ["deep allOf", () => nest(10_000, (inner) => ({ allOf: [inner] }))],
    ["a chain of references", () => ({ $ref: "#/$defs/d0", $defs: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`d${i}`, i === 9999 ? text : { $ref: `#/$defs/d${i + 1}` }])) })],
    ["a product of alternatives", () => ({ type: "object", allOf: Array.from({ length: 30 }, (_, i) => ({ anyOf: [{ required: [`a${i}`] }, { required: [`b${i}`] }] })) })],
    ["conditions without end", () => ({ type: "object", allOf: Array.from({ length: 30 }, (_, i) => conditional({ required: [`a${i}`] }, { required: [`b${i}`] })) })],
    ["10,000 properties", () => ({ type: "object", properties: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`p${i}`, { type: "integer" }])) })],
    ["100,000 values", () => ({ enum: Array.from({ length: 100_000 }, (_, i) => `value ${i}`) })],
    ["values that are all excluded", () => ({ type: "string", not: { enum: Array.from({ length: 100_000 }, (_, i) => `value ${i}`) } })],
    ["overlapping patterns", () => ({ type: "object", patternProperties: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`a.{${i}}b`, { minimum: i }])) })],
    ["a oneOf of 300 objects", () => ({ oneOf: Array.from({ length: 300 }, (_, i) => ({ type: "object", properties: { [`p${i}`]: text }, required: [`p${i}`] })) })],
  ])("%s", { timeout: 30_000 }, (_, schema) => {
    expect(isAnswered(schema())).toBe(true);
  });
});
