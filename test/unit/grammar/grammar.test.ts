// The grammar's promises one by one: what each keyword lets through, what is refused and where, how texts are forced and closed.
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { UnsatisfiableSchemaError } from "../../../engine/error/unsatisfiable-schema-error.js";
import { compileChoice } from "../../../engine/grammar/choice.js";
import { compileJsonSchema } from "../../../engine/grammar/json-schema.js";
import type { Grammar, Matcher } from "../../../engine/grammar/matcher.js";
import { createVocabulary } from "../../../engine/grammar/mask/vocabulary.js";
import type { JsonSchema } from "../../../engine/request.js";
import { allowedTokens, grammarVocabulary } from "../../fixtures/grammar-vocabulary.js";

const vocabulary = grammarVocabulary();
const compile = (schema: JsonSchema) => compileJsonSchema(schema, vocabulary);

/** The matcher after `text`, byte by byte; undefined where a byte does not fit. */
function after(grammar: Grammar, text: string): Matcher | undefined {
  let matcher = grammar.start();
  for (const token of vocabulary.encode(text)) {
    if (!allowedTokens(matcher.mask()).includes(token)) return undefined;
    matcher = matcher.accept(token);
  }
  return matcher;
}

function forcedText(matcher: Matcher): string {
  return new TextDecoder().decode(matcher.forced());
}

function accepts(schema: JsonSchema, text: string): boolean {
  return after(compile(schema), text)?.isComplete() ?? false;
}

function expectTexts(schema: JsonSchema, valid: readonly string[], invalid: readonly string[]): void {
  expect(valid.filter((text) => !accepts(schema, text))).toEqual([]);
  expect(invalid.filter((text) => accepts(schema, text))).toEqual([]);
}

describe("numbers", () => {
  test("integers within bounds", () => {
    expectTexts({ type: "integer", minimum: -12, maximum: 105 }, ["-12", "-1", "0", "9", "99", "105"], ["-13", "-0", "106", "1e1", "1.0", "01", "1000", "-"]);
    expectTexts({ type: "integer", exclusiveMinimum: 0, exclusiveMaximum: 10 }, ["1", "9"], ["0", "10", "-1"]);
    expectTexts({ type: "integer", minimum: 0.5, maximum: 2.5 }, ["1", "2"], ["0", "3"]);
    expectTexts({ type: "integer" }, ["9007199254740991", "-9007199254740991"], ["9007199254740992", "-9007199254740992", "12345678901234567"]);
  });

  test("decimals within bounds", () => {
    expectTexts({ type: "number", minimum: 0, maximum: 1 }, ["0", "0.000", "0.75", "1", "1.00", "1e0", "2.5e-9"], ["-0.1", "1.01", "2", "1.1e0", "1e1", "-0"]);
    expectTexts({ type: "number", exclusiveMinimum: 0.05, maximum: 12.5 }, ["0.051", "0.06", "12.5", "12.50", "9"], ["0.05", "0.050", "0", "12.51", "13", "100"]);
    expectTexts({ type: "number", minimum: -2.5, exclusiveMaximum: -1e-7 }, ["-2.5", "-0.1", "-0.0000002"], ["0", "-0.0000001", "-2.51", "-3", "1"]);
    expectTexts({ type: "number", exclusiveMinimum: 0 }, ["0.01", "5e-3", "123"], ["0", "0.00", "-1"]);
    expectTexts({ type: "number", minimum: 1e6 }, ["1000000", "1000000.5", "20000000"], ["999999", "999999.99"]);
  });

  test("numbers always end", () => {
    expectTexts({ type: "number" }, ["0", "-1.5E+10", "1e-99", "1.7976931348623157e+307", "123456789012345678901"], ["-0", "1e308", "1234567890123456789012", "0.123456789012345678", "1.", ".5", "+1", "00"]);
  });
});

describe("strings", () => {
  test("length counts code points, an escape is one", () => {
    const two = { type: "string", minLength: 2, maxLength: 2 };
    expectTexts(two, ['"ab"', '"中文"', '"😀😀"', '"\\n\\""', '"\\ud83d\\ude00x"', '"\\u00e9é"'], ['"a"', '"abc"', '"😀"', '"\\ud83d\\ude00"']);
  });

  test("only JSON's escapes, no raw control characters, no lone surrogates", () => {
    expectTexts({ type: "string" }, ['"\\b\\f\\n\\r\\t\\/\\\\"', '"\\uDBFF\\uDFFF"', '"\u007f"'], ['"\\x41"', '"\n"', '"\t"', '"\\ud83d"', '"\\ude00"', '"\\ud83d\\u0041"', '"\\u12"']);
  });

  test("bytes that are no UTF-8 cannot be written", () => {
    const inString = after(compile({ type: "string" }), '"')!;
    const allowed = new Set(allowedTokens(inString.mask()).filter((token) => token < 256));
    expect([0x80, 0xbf, 0xc0, 0xc1, 0xf5, 0xff].filter((byte) => allowed.has(byte))).toEqual([]);
    const bytesAfter = (byte: number) => allowedTokens(inString.accept(byte).mask()).filter((token) => token < 256);
    expect([Math.min(...bytesAfter(0xe0)), Math.max(...bytesAfter(0xe0))]).toEqual([0xa0, 0xbf]);
    expect([Math.min(...bytesAfter(0xed)), Math.max(...bytesAfter(0xed))]).toEqual([0x80, 0x9f]);
    expect([Math.min(...bytesAfter(0xf4)), Math.max(...bytesAfter(0xf4))]).toEqual([0x80, 0x8f]);
  });

  test("a bound far beyond any token is kept to the character", () => {
    const grammar = compile({ type: "string", maxLength: 500 });
    const full = after(grammar, `"${"é\\n".repeat(249)}ab`)!;
    expect(allowedTokens(full.mask()).every((token) => vocabulary.tokenBytes[token]![0] === 0x22)).toBe(true);
    expect(accepts({ type: "string", minLength: 400 }, `"${"x".repeat(399)}"`)).toBe(false);
    expect(accepts({ type: "string", minLength: 400 }, `"${"x".repeat(400)}"`)).toBe(true);
  });

  test("dates are those of the calendar", () => {
    const valid = ["2024-02-29", "2000-02-29", "1999-12-31", "2023-04-30", "0001-01-01"];
    const invalid = ["2023-02-29", "1900-02-29", "2023-04-31", "2023-13-01", "2023-00-10", "2023-01-00", "2023-1-1", "2023-01-32", "2023-01-011"];
    expectTexts({ type: "string", format: "date" }, valid.map((text) => `"${text}"`), invalid.map((text) => `"${text}"`));
  });
});

describe("objects and arrays", () => {
  test("properties in the schema's order, optional ones may be left out", () => {
    const schema = { type: "object", properties: { a: { type: "null" }, b: { type: "null" }, c: { type: "null" } }, required: ["b"], additionalProperties: false };
    expectTexts(schema, ['{"b": null}', '{"a": null, "b": null}', '{"b": null, "c": null}'], ["{}", '{"a": null}', '{"b": null, "a": null}', '{"b": null,"c": null}', '{"b":null}', '{"b": null, }', '{"b": null, "d": null}']);
  });

  test("free properties come last and never take a known name, however it is spelled", () => {
    const schema = { type: "object", properties: { name: { type: "integer" } }, additionalProperties: { type: "boolean" } };
    const valid = ['{"name": 1, "other": true}', '{"nam": true}', '{"names": true, "": false}', '{"中 \\"x\\"": true}'];
    expectTexts(schema, valid, ['{"name": true}', '{"n\\u0061me": true}', '{"other": 1}', '{"other": true, "name": 1}']);
  });

  test("maps over listed names, bounded names, required names without a schema", () => {
    const listed = z.toJSONSchema(z.record(z.enum(["a", "b"]), z.number().positive())) as JsonSchema;
    expectTexts(listed, ['{"a": 1, "b": 2.5}'], ['{"a": 1}', '{"a": 0, "b": 1}', '{"a": 1, "b": 1, "c": 1}']);
    const bounded = { type: "object", properties: { ab: { type: "null" } }, propertyNames: { minLength: 2, maxLength: 3 }, additionalProperties: { type: "null" } };
    expectTexts(bounded, ["{}", '{"ab": null}', '{"abc": null, "中文": null}'], ['{"a": null}', '{"abcd": null}']);
    expectTexts({ type: "object", required: ["id"] }, ['{"id": [1, {"x": null}]}', '{"id": 1, "y": "z"}'], ["{}", '{"y": 1}']);
  });

  test("array bounds and tuples", () => {
    expectTexts({ type: "array", items: { type: "integer" }, minItems: 1, maxItems: 3 }, ["[1]", "[1, 2, 3]"], ["[]", "[1, 2, 3, 4]", "[1,2]", "[1, ]"]);
    const tuple = z.toJSONSchema(z.tuple([z.string(), z.int()])) as JsonSchema;
    expectTexts(tuple, ['["a", 1]'], ['["a"]', '["a", 1, 2]', '[1, "a"]']);
    expectTexts({ type: "array", items: [{ type: "null" }], additionalItems: { type: "boolean" } }, ["[]", "[null, true]"], ["[true]", "[null, null]"]);
  });

  test("what cannot be filled is left out", () => {
    expectTexts(z.toJSONSchema(z.object({ a: z.never().optional(), b: z.null() })) as JsonSchema, ['{"b": null}'], ['{"a": 1, "b": null}']);
    expectTexts({ type: "array", items: false }, ["[]"], ["[1]"]);
  });

  test("compact style", () => {
    const grammar = compileJsonSchema({ type: "object", properties: { a: { const: { x: [1, "y"] } } }, required: ["a"], additionalProperties: false }, vocabulary, { style: "compact" });
    expect(new TextDecoder().decode(grammar.start().forced())).toBe('{"a":{"x":[1,"y"]}}');
  });
});

describe("alternatives", () => {
  test("enumerations are filtered by what stands beside them", () => {
    expectTexts({ type: ["string", "integer"], enum: ["a", "abcd", 1, 1.5, null], maxLength: 3 }, ['"a"', "1"], ['"abcd"', "1.5", "null"]);
    expectTexts({ enum: ["a", "b"], const: "b" }, ['"b"'], ['"a"']);
  });

  test("oneOf where a constant tells the members apart", () => {
    const a = z.object({ t: z.literal("a"), x: z.int() });
    const b = z.object({ t: z.literal("b"), y: z.string().optional() });
    const schema = z.toJSONSchema(z.discriminatedUnion("t", [a, b])) as JsonSchema;
    expectTexts(schema, ['{"t": "a", "x": 5}', '{"t": "b"}', '{"t": "b", "y": "z"}'], ['{"t": "a"}', '{"t": "b", "x": 5}']);
  });

  test("recursion", () => {
    const tree = z.object({
      v: z.string(),
      get kids() {
        return z.array(tree);
      },
    });
    expectTexts(z.toJSONSchema(tree) as JsonSchema, ['{"v": "a", "kids": [{"v": "b", "kids": []}, {"v": "c", "kids": []}]}'], ['{"v": "a", "kids": [{}]}']);
    const escaped = { $ref: "#/$defs/a~1b%20c", $defs: { "a/b c": { type: "null" } } };
    expectTexts(escaped, ["null"], ["1"]);
  });

  test("any value nests without end", () => {
    expect(accepts(true, '{"a": [1, {"b": null}], "a": "twice"}')).toBe(true);
    expect(accepts({}, `${"[".repeat(200)}1${"]".repeat(200)}`)).toBe(true);
    expect(accepts({}, `${"[".repeat(200)}1${"]".repeat(199)}`)).toBe(false);
  });
});

test("annotations are ignored", () => {
  const notes = { $schema: "s", $id: "i", $comment: "c", title: "t", description: "d", default: 1, examples: [], deprecated: true, readOnly: true, writeOnly: true, "x-source": 1 };
  expect(accepts({ ...notes, type: "null" }, "null")).toBe(true);
});

test.each<JsonSchema>([
  false,
  { type: "string", minLength: 3, maxLength: 2 },
  { type: "integer", minimum: 1.2, maximum: 1.8 },
  { type: "number", minimum: 2, exclusiveMaximum: 2 },
  { type: "object", properties: { a: false }, required: ["a"] },
  { type: "object", required: ["a"], additionalProperties: false },
  { type: "array", items: false, minItems: 1 },
  { type: "object", properties: { next: { $ref: "#" } }, required: ["next"] },
  { type: "string", enum: [1, 2] },
  { enum: [] },
])("no value fits %j", (schema) => {
  expect(() => compile(schema)).toThrow(UnsatisfiableSchemaError);
});

describe("matchers", () => {
  const grammar = compile({ type: "object", properties: { name: { enum: ["abc", "abd"] }, k1: { type: "null" } }, required: ["name", "k1"], additionalProperties: false });

  test("forced bytes go as far as there is no choice", () => {
    expect(forcedText(grammar.start())).toBe('{"name": "ab');
    expect(forcedText(after(grammar, '{"name": "abd')!)).toBe('", "k1": null}');
    expect(forcedText(after(grammar, '{"name": "abd", "k1": null}')!)).toBe("");
  });

  test("a token that does not fit is refused, and leaves the matcher as it was", () => {
    const start = grammar.start();
    const before = start.mask().slice();
    for (const token of [0x5b, vocabulary.endToken, vocabulary.endToken - 1, -1, 1e6]) expect(() => start.accept(token)).toThrow(RangeError);
    expect(start.mask()).toEqual(before);
  });

  test("nothing but the end may follow the end", () => {
    const ended = after(compile({ type: "integer" }), "12")!.accept(vocabulary.endToken);
    expect(allowedTokens(ended.mask())).toEqual([vocabulary.endToken]);
    expect([ended.isComplete(), ended.minimumTokens()]).toEqual([true, 0]);
  });

  test("a spent budget leads along a shortest way", () => {
    let matcher = after(compile({ type: "array", items: { type: "array", items: { type: "string", minLength: 3 }, minItems: 1 }, minItems: 2 }), '[["long')!;
    const least = matcher.minimumTokens();
    for (let left = least; left > 0; left--) {
      expect(matcher.minimumTokens()).toBe(left);
      matcher = matcher.accept(allowedTokens(matcher.mask(0))[0]);
    }
    expect(matcher.isComplete()).toBe(true);
    expect(least).toBeLessThan('"], ["   "]]'.length);
  });
});

test("choices hold options that begin alike", () => {
  const grammar = compileChoice(["yes", "yes, but", "no"], vocabulary);
  expect(after(grammar, "yes")!.isComplete()).toBe(true);
  expect(after(grammar, "yes, bu")!.isComplete()).toBe(false);
  expect(after(grammar, "nope")).toBeUndefined();
  expect(() => compileChoice([], vocabulary)).toThrow(RangeError);
});

test("a vocabulary without single bytes is refused", () => {
  const bytes = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
  expect(() => createVocabulary(bytes.toSpliced(0x22, 1), [0])).toThrow("0x22");
  const withoutLead = createVocabulary(bytes.toSpliced(0xf1, 1), [0]);
  expect(() => compileJsonSchema({ const: "\u{40000}" }, withoutLead)).toThrow("0xf1");
});

test("thousands of states beyond the cap change nothing", () => {
  const grammar = compile({ type: "array", maxItems: 4000, items: { enum: ["abcdefghijklmnop"] } });
  const text = `[${Array.from({ length: 4000 }, () => '"abcdefghijklmnop"').join(", ")}`;
  let matcher = grammar.start();
  for (const token of vocabulary.encode(text)) matcher = matcher.accept(token);
  expect(allowedTokens(matcher.mask()).map((token) => String.fromCharCode(...vocabulary.tokenBytes[token]!))).toEqual(["]"]);
});
