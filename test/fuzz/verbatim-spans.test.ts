// Verbatim strings over random small documents: exactly the substrings, at exactly their places, and never a dead end.
import { expect, test } from "vitest";
import { SourceText } from "../../engine/grammar/verbatim/source-text.js";
import { createVerbatimLexeme } from "../../engine/grammar/verbatim/verbatim-keyword.js";
import type { VerbatimLexeme } from "../../engine/grammar/verbatim/verbatim-lexeme.js";
import { createRandomSource, type RandomSource } from "../fixtures/random-source.js";
import { allSpans, foldText, type ReferenceOptions } from "../fixtures/verbatim-reference.js";

const PIECES = [
  "a", "b", "A", "ab", "the ", "The ", " ", "  ", "\n", "\r\n", "\t", "1", "2", "12", "1,2", "1.5", ".", ",", "\u00ad", "-", "（", "(", "１", "Ａ", "ｂ", "　",
  "中", "中文", "文", "，", "。", "\"", "\\", "\u0001", "\0", "/", "é", "É", "e\u0301", "ß", "Σ", "ς", "σ", "K", "\u212a", "İ", "😀", "\ud800", "\ufeff", "ไทย", "か",
];

function randomDocument(random: RandomSource): string {
  const few = Array.from({ length: 2 + random.below(6) }, () => random.pick(PIECES));
  return Array.from({ length: 1 + random.below(9) }, () => random.pick(few)).join("");
}

interface Reached {
  /** A way of writing what leads here, in bytes. */
  bytes: number[];
}

/** Walks every byte from every state, once a state. */
function explore(lexeme: VerbatimLexeme, onState: (state: number, reached: Reached) => void): void {
  const seen = new Map<number, Reached>([[lexeme.start, { bytes: [] }]]);
  for (const [state, reached] of seen) {
    onState(state, reached);
    let nearer = 0;
    for (let byte = 0; byte < 256; byte++) {
      const next = lexeme.step(state, byte);
      if (next < 0) continue;
      if (lexeme.distance(next) < lexeme.distance(state)) nearer++;
      const bytes = [...reached.bytes, byte];
      const known = seen.get(next);
      if (!known) seen.set(next, { bytes });
      else if (isText(bytes) && isText(known.bytes)) expect(foldWritten(bytes)).toBe(foldWritten(known.bytes));
    }
    expect(nearer > 0).toBe(!lexeme.isWhole(state));
    expect(lexeme.isWhole(state)).toBe(lexeme.distance(state) === 0);
  }
}

function isText(bytes: readonly number[]): boolean {
  try {
    return typeof JSON.parse(`"${new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes))}"`) === "string";
  } catch {
    return false;
  }
}

function foldWritten(bytes: readonly number[]): string {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes));
  // Folding trims, and what is written so far may end in a space.
  return foldText(`${JSON.parse(`"${text}"`) as string}|`).slice(0, -1);
}

function lexemeOf(text: string, { wholeWords, minLength, maxLength }: ReferenceOptions): VerbatimLexeme {
  const sources = { document: new SourceText(text) };
  return createVerbatimLexeme({ keyword: { wholeWords }, path: "", sources }, { minLength, maxLength });
}

test("all and only the substrings, with all their places, whatever the options", () => {
  let spanCount = 0;
  let repeated = 0;
  for (let seed = 0; seed < 1500; seed++) {
    const random = createRandomSource(seed);
    const text = randomDocument(random);
    const options = { wholeWords: random.chance(0.6), minLength: random.below(4), maxLength: random.chance(0.5) ? Infinity : 1 + random.below(8) };
    let lexeme = lexemeOf(text, options);
    const expected = allSpans(text, options);
    if (expected.size > 0 && random.chance(0.3)) {
      const banned = random.pick([...expected.keys()]);
      expected.delete(banned);
      lexeme = lexeme.without([JSON.stringify(banned).slice(1, -1)]);
    }
    const accepted = new Map<string, unknown>();
    if (lexeme.distance(lexeme.start) < Infinity) {
      explore(lexeme, (state, { bytes }) => {
        if (lexeme.isWhole(state)) accepted.set(foldWritten(bytes), lexeme.spansOf(state));
      });
    }
    expect([...accepted.keys()].toSorted(), JSON.stringify({ text, options })).toEqual([...expected.keys()].toSorted());
    for (const [folded, spans] of expected) {
      expect(accepted.get(folded), JSON.stringify({ text, folded })).toEqual(spans);
      spanCount += spans.length;
      repeated += spans.length > 1 ? 1 : 0;
    }
  }
  expect(spanCount).toBeGreaterThan(5000);
  expect(repeated).toBeGreaterThan(500);
});

test("any letter case and width of the source's characters is a copy of it", () => {
  const lexeme = lexemeOf("Ｈi\u00ad gh “ß” K\u212a ς", { wholeWords: true, minLength: 0, maxLength: Infinity });
  const accepts = (text: string): boolean => {
    let state = lexeme.start;
    for (const byte of Buffer.from(JSON.stringify(text).slice(1, -1))) if ((state = lexeme.step(state, byte)) < 0) return false;
    return lexeme.isWhole(state);
  };
  for (const text of ["hi gh", "HI GH", "ｈＩ ｇＨ", "“ß” kk", "“ß” \u212aＫ Σ", "ς", "σ"]) expect(accepts(text), text).toBe(true);
  for (const text of ["hig", "hi\u00ad gh", "hi  gh", "“ss”", "\"ß\"", " hi", "h", ""]) expect(accepts(text), text).toBe(false);
});
