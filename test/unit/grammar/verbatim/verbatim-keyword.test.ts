// The keyword x-verbatim on real texts: options, patterns, refusals; copies and near-copies of sampled passages.
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { UnsupportedSchemaError } from "../../../../engine/error/unsupported-schema-error.js";
import { SourceText } from "../../../../engine/grammar/verbatim/source-text.js";
import { createVerbatimLexeme, type StringBounds } from "../../../../engine/grammar/verbatim/verbatim-keyword.js";
import type { VerbatimLexeme } from "../../../../engine/grammar/verbatim/verbatim-lexeme.js";
import { createRandomSource } from "../../../fixtures/random-source.js";

const unbounded: StringBounds = { minLength: 0, maxLength: Infinity };

function compile(keyword: unknown, text: string | SourceText, bounds = unbounded): VerbatimLexeme {
  const document = typeof text === "string" ? new SourceText(text) : text;
  return createVerbatimLexeme({ keyword, path: "", sources: { document } }, bounds);
}

/** The texts it found, by their places; undefined where `written` is no copy. */
function copy(lexeme: VerbatimLexeme, written: string, source: string): string[] | undefined {
  let state = lexeme.start;
  for (const byte of Buffer.from(JSON.stringify(written).slice(1, -1))) if ((state = lexeme.step(state, byte)) < 0) return undefined;
  return lexeme.isWhole(state) ? lexeme.spansOf(state).map(({ start, end }) => source.slice(start, end)) : undefined;
}

function isWhole(text: string, start: number, end: number): boolean {
  return !/\p{L}/u.test(text[start - 1] ?? "") && !/\p{L}/u.test(text[end] ?? "");
}

function refusal(run: () => unknown): UnsupportedSchemaError {
  try {
    run();
  } catch (error) {
    if (error instanceof UnsupportedSchemaError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("passages of real texts", () => {
  const texts = [
    { name: "an English contract with broken lines", file: "test/fixtures/perplexity/contract-en.txt", wholeWords: true },
    { name: "a Chinese contract", file: "examples/documents/contract.zh.txt", wholeWords: false },
  ];

  test.each(texts)("$name: copies are found everywhere, changed ones nowhere", async ({ file, wholeWords }) => {
    const text = await readFile(file, "utf8");
    const lexeme = compile({ wholeWords }, text);
    const random = createRandomSource(7);
    let several = 0;
    for (let round = 0; round < 400; round++) {
      const edges = [...text.matchAll(wholeWords ? /(?<=\s)\p{L}+(?=\s)/gu : /[^\s]/gu)];
      const first = random.below(edges.length - 6);
      const last = edges[first + random.below(6)];
      const start = edges[first].index;
      const passage = text.slice(start, last.index + last[0].length);
      const written = random.pick([passage, passage.toLowerCase(), passage.toUpperCase()]).replaceAll(/\s+/gu, " ");
      const places = copy(lexeme, written, text)!;
      const sought = passage.replaceAll(/[.*+?^${}()|[\]\\/]/gu, String.raw`\$&`).replaceAll(/\s+/gu, String.raw`\s+`);
      // Ahead, because places may overlap.
      const expected = [...text.matchAll(new RegExp(`(?=(${sought}))`, "giu"))].filter(
        ({ index, 1: { length } }) => !wholeWords || isWhole(text, index, index + length),
      );
      expect(places).toEqual(expected.map(([, found]) => found));
      expect(places).toContain(passage);
      several += places.length > 1 ? 1 : 0;
      expect(copy(lexeme, `${written}§`, text)).toBeUndefined();
      expect(copy(lexeme, `${written.slice(0, -1)}¤${written.slice(-1)}`, text)).toBeUndefined();
    }
    expect(several).toBeGreaterThan(50);
  });
});

describe("patterns", () => {
  const source = "Net 1,234.50\nVAT (19 %) 234,56\nTotal EUR 1,469.06; ref 2024-0001, EUR\n77.10";

  test("only what the pattern finds, as it finds it", () => {
    const lexeme = compile({ pattern: String.raw`eur\s+[\d.,]*\d`, flags: "i" }, source);
    expect(copy(lexeme, "EUR 1,469.06", source)).toEqual(["EUR 1,469.06"]);
    expect(copy(lexeme, "eur 77.10", source)).toEqual(["EUR\n77.10"]);
    for (const other of ["EUR", "1,469.06", "EUR 1,469", "EUR 77.1", "Total"]) expect(copy(lexeme, other, source)).toBeUndefined();
  });

  test("whole words are asked for apart", () => {
    const text = "A12 and 12";
    expect(copy(compile({ pattern: "2" }, text), "2", text)).toHaveLength(2);
    expect(compile({ pattern: "2", wholeWords: true }, text).distance(0)).toBe(Infinity);
  });

  test("a test of the schema holds for the text as it is written", () => {
    const bounds = { minLength: 0, maxLength: 9, test: { key: "capitals", passes: (text: string) => /^[A-Z]+$/u.test(text) } };
    const lexeme = compile(true, "Total EUR or ＥＵＲ, total USD", bounds);
    expect(copy(lexeme, "EUR", "Total EUR or ＥＵＲ, total USD")).toEqual(["EUR"]);
    for (const other of ["eur", "ＥＵＲ", "Total", "E"]) expect(copy(lexeme, other, "")).toBeUndefined();
  });

  test("one that would have to be tried on too many spans is refused", async () => {
    const text = await readFile("test/fixtures/perplexity/contract-en.txt", "utf8");
    const bounds = { ...unbounded, test: { key: "any", passes: () => true } };
    expect(refusal(() => compile(true, text, bounds))).toMatchObject({ path: "/pattern", keyword: "pattern" });
    expect(compile(true, text, { ...bounds, maxLength: 60 }).distance(0)).toBeLessThan(Infinity);
  });
});

describe("bounds", () => {
  test("of the keyword and of the schema both hold", () => {
    const text = "one two three four";
    const lexeme = compile({ maxLength: 10 }, text, { minLength: 5, maxLength: 13 });
    expect(["one two", "two three", "three"].map((words) => copy(lexeme, words, text))).toEqual([["one two"], ["two three"], ["three"]]);
    for (const other of ["one", "four", "three four ", "one two three"]) expect(copy(lexeme, other, text)).toBeUndefined();
  });

  test("a soft hyphen is one character of the source's own form and none of the written one", () => {
    const text = "agree\u00adment";
    expect(copy(compile(true, text, { minLength: 0, maxLength: 10 }), "agreement", text)).toEqual([text]);
    expect(compile(true, text, { minLength: 0, maxLength: 9 }).distance(0)).toBe(Infinity);
    expect(compile(true, text, { minLength: 10, maxLength: 20 }).distance(0)).toBe(Infinity);
  });

  test("a text without words has no spans", () => {
    for (const text of ["", " \n", "\u00ad"]) expect(compile(true, text).distance(0)).toBe(Infinity);
  });
});

describe("without some texts", () => {
  test("none of their places is left, however they are written; longer and shorter spans stay", () => {
    const text = "Acme Inc and ACME inc. of Acme";
    const lexeme = compile(true, text).without(["acme inc", "nothing of it"]);
    for (const banned of ["Acme Inc", "ACME INC", "acme inc"]) expect(copy(lexeme, banned, text)).toBeUndefined();
    expect(copy(lexeme, "acme", text)).toHaveLength(3);
    expect(copy(lexeme, "acme inc and", text)).toEqual(["Acme Inc and"]);
    expect(copy(lexeme, "acme inc.", text)).toEqual(["ACME inc."]);
  });

  test("where nothing else is left, the form is empty", () => {
    expect(compile(true, "Acme").without(["ACME"]).distance(0)).toBe(Infinity);
  });
});

describe("what cannot be", () => {
  test.each([
    [7, "must be true or an object"],
    [{ sources: "a" }, 'no option "sources", only source, wholeWords, maxLength, pattern and flags'],
    [{ source: 1 }, '"source" must be a string'],
    [{ wholeWords: "yes" }, '"wholeWords"'],
    [{ maxLength: 0 }, '"maxLength"'],
    [{ flags: "g" }, '"flags"'],
    [{ pattern: "(" }, "its pattern cannot be read"],
    [{ source: "toString" }, 'no source of the name "toString"'],
  ])("%j is refused", (keyword, reason) => {
    const error = refusal(() => compile(keyword, "text"));
    expect(error).toMatchObject({ path: "/x-verbatim", keyword: "x-verbatim" });
    expect(error.message).toContain(reason);
  });
});

test("equal strings of one source share their machine, others do not", () => {
  const source = new SourceText("some text");
  expect(compile(true, source)).toBe(compile({}, source));
  expect(compile({ maxLength: 5 }, source)).toBe(compile(true, source, { minLength: 0, maxLength: 5 }));
  expect(compile({ wholeWords: false }, source)).not.toBe(compile(true, source));
});
