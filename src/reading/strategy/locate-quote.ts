// Where a clause that the model copied stands in the document, widened to its sentences.
import type { Document } from "../../input/document.js";
import { sentenceAround } from "../../input/sentences.js";
import { TextIndex } from "../../result/evidence/text-index.js";
import type { TextRange } from "../../result/locate-leaves.js";

/** Shorter beginnings of a quote stand in many places. */
const MIN_ANCHOR_CHARS = 30;

/**
 * The sentences that hold the quote. A copy that drifts from the source is anchored by its longest beginning of at
 * least 30 characters that stands there; undefined where none does.
 */
export function locateQuote(quote: string, document: Document, index = new TextIndex(document.text)): TextRange | undefined {
  const range = index.exact(quote)[0] ?? index.loose(quote)[0] ?? anchor(quote, index);
  return range && trimmed(document.text, sentenceAround(document.text, range.start, range.end, document.language));
}

function anchor(quote: string, index: TextIndex): TextRange | undefined {
  const ends = [...quote.matchAll(/[\p{Script=Han}]|[^\s\p{Script=Han}]+/gu)].map((word) => word.index + word[0].length);
  const candidates = ends.filter((end) => end >= MIN_ANCHOR_CHARS && end < quote.length);
  let best: TextRange | undefined;
  let low = 0;
  let high = candidates.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = index.loose(quote.slice(0, candidates[middle]))[0];
    if (found) best = found;
    if (found) low = middle + 1;
    else high = middle - 1;
  }
  return best;
}

function trimmed(text: string, { start, end }: TextRange): TextRange {
  const sentence = text.slice(start, end);
  return { start: start + sentence.length - sentence.trimStart().length, end: end - (sentence.length - sentence.trimEnd().length) };
}
