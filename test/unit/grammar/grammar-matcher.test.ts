// Rollback, bans and memory of matchers, and regular expressions as grammars.
import { expect, test } from "vitest";
import { UnsatisfiableSchemaError } from "../../../engine/error/unsatisfiable-schema-error.js";
import { UnsupportedSchemaError } from "../../../engine/error/unsupported-schema-error.js";
import { compileJsonSchema } from "../../../engine/grammar/json-schema.js";
import type { Matcher } from "../../../engine/grammar/matcher.js";
import { compileRegex } from "../../../engine/grammar/regex-grammar.js";
import { acceptsToken } from "../../fixtures/accepts-text.js";
import { allowedTokens, grammarVocabulary } from "../../fixtures/grammar-vocabulary.js";

const vocabulary = grammarVocabulary();

function start(schema: { [keyword: string]: unknown }): Matcher {
  return compileJsonSchema(schema, vocabulary).start();
}

function write(matcher: Matcher, text: string): Matcher {
  return vocabulary.encode(text).reduce((at, token) => at.accept(token), matcher);
}

function takes(matcher: Matcher, text: string): boolean {
  try {
    return write(matcher, text).isComplete();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return false;
  }
}

const record = {
  type: "object",
  properties: { name: { type: "string", maxLength: 400 }, total: { type: "number" }, kind: { enum: ["a", "ab", 3] } },
  required: ["name", "total", "kind"],
  additionalProperties: false,
};

test("at() gives each earlier position, which goes on as it did", () => {
  const text = '{"name": "x", "total": 12, "kind": "a"}';
  const tokens = vocabulary.encode(text);
  const passed = [start(record)];
  for (const token of tokens) passed.push(passed.at(-1)!.accept(token));
  const end = passed.at(-1)!;
  expect(end.position).toBe(tokens.length);
  for (const [position, matcher] of passed.entries()) {
    const earlier = end.at(position);
    expect(allowedTokens(earlier.mask())).toEqual(allowedTokens(matcher.mask()));
    expect(takes(earlier, text.slice(position))).toBe(true);
  }
  expect(takes(end.at(10), 'another name", "total": 1, "kind": 3}')).toBe(true);
  expect(() => end.at(tokens.length + 1)).toThrow(RangeError);
  expect(() => end.at(-1)).toThrow(RangeError);
});

test("counters of long strings are right again after a rollback", () => {
  const filled = write(start(record), `{"name": "${"x".repeat(399)}`);
  const full = write(filled, "y");
  expect(() => full.accept(vocabulary.encode("z")[0])).toThrow(RangeError);
  expect(write(full.at(filled.position), "z").minimumTokens()).toBe(full.minimumTokens());
  expect(takes(full.at(400), 'ab", "total": 1, "kind": "a"}')).toBe(true);
});

test("a banned value cannot be written, in no spelling; others can", () => {
  const name = write(start(record), '{"name": ').without(["ab", "a"]);
  const rest = ', "total": 1, "kind": "a"}';
  for (const text of ['"ab"', '"a"', '"\\u0061b"', '"a\\u0062"']) expect(takes(name, text + rest), text).toBe(false);
  for (const text of ['""', '"abc"', '"aa"', '"b"']) expect(takes(name, text + rest), text).toBe(true);
  const total = write(start(record), '{"name": "x", "total": ').without([12, 1.5]);
  for (const text of ["12", "12.0", "1.5", "1.50", "1.2e1"]) expect(takes(total, `${text}, "kind": "a"}`), text).toBe(false);
  for (const text of ["1", "123", "12.5", "-12"]) expect(takes(total, `${text}, "kind": "a"}`), text).toBe(true);
  const kind = write(start(record), '{"name": "x", "total": 1, "kind": ').without(["a", 3]);
  expect(kind.forced().length).toBeGreaterThan(0);
  expect(takes(kind, '"ab"}')).toBe(true);
  expect(takes(kind, '"a"}')).toBe(false);
  expect(takes(kind, "3}")).toBe(false);
});

test("masks of a ban hold just what may still be written, and lead to an end", () => {
  const banned = write(start(record), '{"name": ').without(["a", "ab", "abc", ""]);
  let matcher = banned;
  for (const byte of vocabulary.encode('"ab')) {
    expect(allowedTokens(matcher.mask())).toEqual(
      vocabulary.tokenBytes.flatMap((bytes, token) => (bytes && acceptsToken(matcher, token) ? [token] : [])),
    );
    matcher = matcher.accept(byte);
  }
  for (let steps = 0; !matcher.isComplete(); steps++) {
    expect(steps).toBeLessThan(60);
    matcher = matcher.accept(allowedTokens(matcher.mask(0))[0]);
  }
});

test("bans that leave nothing, or stand where no value begins, are refused", () => {
  const kind = write(start(record), '{"name": "x", "total": 1, "kind": ');
  expect(() => kind.without(["a", "ab", 3])).toThrow(/No other value/);
  expect(() => start(record).without(["a"])).toThrow(/No string, number or listed value/);
  const bounded = write(start({ type: "array", items: { type: "integer", minimum: 1, maximum: 3 } }), "[");
  expect(takes(bounded.without([1, 3]), "2]")).toBe(true);
  const unique = write(start({ type: "array", items: { type: "string" }, uniqueItems: true, minItems: 1 }), "[");
  expect(takes(unique.without(["a"]), '["a"]'.slice(1))).toBe(false);
  expect(takes(unique.without(["a"]), '"b", "a"]')).toBe(true);
  expect(takes(unique.without(["a"]), '"b", "b"]')).toBe(false);
});

test.each([
  [{ type: "integer", minimum: 1e16 }, 1e16],
  [{ type: "number", multipleOf: 1e-7 }, 0.5],
])("a ban among numbers that cannot be told apart is refused: %j", (schema, banned) => {
  const number = start(schema);
  expect(() => number.without([banned])).toThrow(RangeError);
  expect(() => number.without([banned])).toThrow(/^No number can be banned here: /);
  expect(takes(number.without(["text"]), String(banned))).toBe(true);
});

test("a regular expression takes the texts that match as a whole", () => {
  const grammar = compileRegex("(?:yes|no), \\d{1,3} %|中+", vocabulary);
  expect(grammar.warnings).toEqual([]);
  for (const text of ["yes, 5 %", "no, 100 %", "中", "中中中"]) expect(takes(grammar.start(), text), text).toBe(true);
  for (const text of ["", "yes", "no, 1000 %", "xyes, 5 %", "中a"]) expect(takes(grammar.start(), text), text).toBe(false);
  expect(Buffer.from(write(grammar.start(), "y").forced()).toString()).toBe("es, ");
  expect(takes(compileRegex('^[a-c"]*$', vocabulary).start(), 'ab"')).toBe(true);
});

test("regular expressions that cannot be held, or that nothing matches, are refused", () => {
  expect(() => compileRegex("(a)\\1", vocabulary)).toThrow(UnsupportedSchemaError);
  expect(() => compileRegex("[", vocabulary)).toThrow(UnsupportedSchemaError);
  expect(() => compileRegex("a(?=b)c", vocabulary)).toThrow(UnsatisfiableSchemaError);
});

function parent(rest: object): object {
  return { type: "object", properties: { child: { $ref: "#/$defs/any" }, ...rest }, required: ["child"], additionalProperties: false };
}

test("alternatives that hold each other do not multiply with depth, and each keeps its own rest", () => {
  const schema = {
    $ref: "#/$defs/any",
    $defs: {
      any: { anyOf: [{ $ref: "#/$defs/a" }, { $ref: "#/$defs/b" }, { type: "null" }] },
      a: parent({ x: { type: "string" } }),
      b: parent({ y: { type: "integer" } }),
    },
  };
  const depth = 60;
  const open = write(start(schema), '{"child": '.repeat(depth));
  const rests = Array.from({ length: depth }, (_, level) => (level % 3 === 0 ? "}" : level % 3 === 1 ? ', "x": "1"}' : ', "y": 1}'));
  expect(takes(open, `null${rests.join("")}`)).toBe(true);
  expect(takes(open, `null, "x": 1${rests.join("")}`)).toBe(false);
  expect(takes(open, `null, "x": "1", "y": 1${rests.join("")}`)).toBe(false);
  const arrays = { $ref: "#/$defs/v", $defs: { v: { anyOf: [{ type: "null" }, ...[0, 1, 2].map((minItems) => ({ type: "array", items: { $ref: "#/$defs/v" }, minItems }))] } } };
  expect(takes(write(start(arrays), "[".repeat(depth)), "]".repeat(depth))).toBe(true);
});
