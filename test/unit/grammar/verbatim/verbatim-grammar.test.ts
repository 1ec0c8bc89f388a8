// Verbatim strings inside a grammar: matches and candidates as the matcher tells them, unions, unique items, bans, refusals.
import { describe, expect, test } from "vitest";
import { UnsatisfiableSchemaError } from "../../../../engine/error/unsatisfiable-schema-error.js";
import { UnsupportedSchemaError } from "../../../../engine/error/unsupported-schema-error.js";
import { compileJsonSchema, type CompileJsonSchemaOptions } from "../../../../engine/grammar/json-schema.js";
import type { Matcher } from "../../../../engine/grammar/matcher.js";
import { SourceText } from "../../../../engine/grammar/verbatim/source-text.js";
import type { JsonSchema } from "../../../../engine/request.js";
import { grammarVocabulary } from "../../../fixtures/grammar-vocabulary.js";

const vocabulary = grammarVocabulary();
const text = "Acme Inc and Beta LLC; ACME INC pays 中文";
const copied = { type: "string", "x-verbatim": true };

function start(schema: JsonSchema, options: CompileJsonSchemaOptions = {}): Matcher {
  return compileJsonSchema(schema, vocabulary, { sources: { document: new SourceText(text) }, ...options }).start();
}

function write(matcher: Matcher, reply: string): Matcher {
  return vocabulary.encode(reply).reduce((at, token) => at.accept(token), matcher);
}

function takes(matcher: Matcher, reply: string): boolean {
  try {
    return write(matcher, reply).isComplete();
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** What it says was copied: the JSON string and the texts of its places. */
function copies(matcher: Matcher, reply: string): [written: string, places: string[]][] {
  const bytes = Buffer.from(reply);
  return write(matcher, reply).verbatim().map(({ startByte, endByte, spans }) => [
    bytes.subarray(startByte, endByte).toString(),
    spans.map((span) => text.slice(span.start, span.end)),
  ]);
}

describe("matches", () => {
  const schema = { type: "object", properties: { é: { type: ["string", "null"], "x-verbatim": true }, list: { type: "array", items: copied } }, required: ["é", "list"] };

  test("each copy with all its places, the quotes at its bytes", () => {
    expect(copies(start(schema), '{"é": "acme inc", "list": ["中文", "Beta LLC"]}')).toEqual([
      ['"acme inc"', ["Acme Inc", "ACME INC"]],
      ['"中文"', ["中文"]],
      ['"Beta LLC"', ["Beta LLC"]],
    ]);
  });

  test("null is no copy", () => {
    expect(copies(start(schema), '{"é": null, "list": []}')).toEqual([]);
  });

  test("an escaped quote does not end a copy", () => {
    const quoted = 'say "yes" twice';
    const matcher = start(copied, { sources: { document: new SourceText(quoted) } });
    expect(write(matcher, String.raw`"say \"yes\" twice"`).verbatim()).toEqual([
      { startByte: 0, endByte: 19, source: "document", spans: [{ start: 0, end: quoted.length }] },
    ]);
  });

  test("candidates are those of the open string", () => {
    const open = write(start(copied), '"acme');
    expect(open.candidates()).toEqual([{ start: 0, end: 4 }, { start: 23, end: 27 }]);
    expect(write(open, ' inc a').candidates()).toEqual([{ start: 0, end: 10 }]);
    expect(write(open, ' inc"').candidates()).toEqual([]);
  });
});

describe("beside other rules", () => {
  test("a pattern and a format are tests of the copy", () => {
    const capitals = { ...copied, maxLength: 10, pattern: "^[A-Z ]+$" };
    expect(takes(start(capitals), '"ACME INC"')).toBe(true);
    for (const other of ['"Acme Inc"', '"acme inc"', '"A"', '"中文"']) expect(takes(start(capitals), other)).toBe(false);
  });

  test("excluded values are no copies", () => {
    const other = { ...copied, maxLength: 10, not: { const: "Beta LLC" } };
    expect(takes(start(other), '"Acme Inc"')).toBe(true);
    expect(takes(start(other), '"Beta LLC"')).toBe(false);
  });

  test("items that must differ still tell where they stand", () => {
    const list = { type: "array", items: { ...copied, maxLength: 9 }, uniqueItems: true, maxItems: 4 };
    const reply = '["Acme Inc", "Acme", "Beta LLC"]';
    expect(copies(start(list), reply)).toEqual([
      ['"Acme Inc"', ["Acme Inc", "ACME INC"]],
      ['"Acme"', ["Acme", "ACME"]],
      ['"Beta LLC"', ["Beta LLC"]],
    ]);
    expect(takes(start(list), '["Acme", "Acme"]')).toBe(false);
  });
});

describe("bans", () => {
  const schema = { type: "object", properties: { party: { anyOf: [copied, { type: "null" }] } }, required: ["party"], additionalProperties: false };

  test("a banned copy cannot come back in another letter case, and what is left says where it stands", () => {
    const banned = write(start(schema), '{"party": ').without(["Acme Inc"]);
    for (const spelling of ["Acme Inc", "acme inc", "ACME INC"]) expect(takes(banned, `"${spelling}"}`)).toBe(false);
    const shorter = write(banned, '"Acme"}');
    expect(shorter.verbatim()).toEqual([{ startByte: 10, endByte: 16, source: "document", spans: [{ start: 0, end: 4 }, { start: 23, end: 27 }] }]);
    expect(takes(banned, "null}")).toBe(true);
  });

  test("where nothing else is left to copy, null is", () => {
    const matcher = write(start(schema, { sources: { document: new SourceText("Acme") } }), '{"party": ').without(["ACME"]);
    expect(new TextDecoder().decode(matcher.forced())).toBe("null}");
  });
});

describe("sources", () => {
  test("without any the keyword is refused, or left to validation with a warning", () => {
    const bare = () => compileJsonSchema(copied, vocabulary);
    expect(bare).toThrow(UnsupportedSchemaError);
    const { warnings } = compileJsonSchema(copied, vocabulary, { onUnsupported: "validate" });
    expect(warnings).toMatchObject([{ path: "/x-verbatim", keyword: "x-verbatim" }]);
  });

  test("another than those given is refused by its name", () => {
    expect(() => start({ type: "string", "x-verbatim": { source: "annex" } })).toThrow(/no source of the name "annex" was given/u);
  });

  test("that have nothing to copy leave the other branches, or nothing", () => {
    const empty = { sources: { document: new SourceText(" ") } };
    expect(new TextDecoder().decode(start({ anyOf: [copied, { type: "null" }] }, empty).forced())).toBe("null");
    expect(() => start(copied, empty)).toThrow(UnsatisfiableSchemaError);
    const named = { type: "object", properties: { party: copied }, required: ["party"] };
    expect(() => start(named, empty)).toThrow("The document has nothing that could be copied at /party.");
  });

  test("of several names are told apart", () => {
    const both = { type: "array", prefixItems: [copied, { type: "string", "x-verbatim": { source: "annex" } }], minItems: 2, items: false };
    const matcher = start(both, { sources: { document: new SourceText("one"), annex: new SourceText("two") } });
    expect(write(matcher, '["one", "two"]').verbatim().map(({ source }) => source)).toEqual(["document", "annex"]);
    expect(takes(matcher, '["two", "two"]')).toBe(false);
  });
});
