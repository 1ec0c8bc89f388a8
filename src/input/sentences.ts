// Sentences of English and Chinese text, as ranges of it. Quotes of clauses are widened to them.
import type { Language } from "./document.js";

export interface SentenceRange { start: number; end: number }

/** Abbreviations that never end a sentence: something always follows. */
const OPEN_ABBREVIATION = /^(?:mr|mrs|ms|dr|prof|messrs|st|no|nos|sec|sect|secs|art|arts|para|paras|cl|ch|fig|figs|vol|pp|p|vs|v|cf|approx|e\.g|i\.e|jan|feb|mar|apr|jun|jul|aug|sept|sep|oct|nov|dec|[a-z])$/i;
/** Abbreviations that may end one: the next word decides. */
const CLOSE_ABBREVIATION = /^(?:inc|ltd|co|corp|bros|jr|sr|etc|al|dept|ave|blvd|est|ph\.d|(?:[a-z]\.)+[a-z])$/i;
const SENTENCE_OPENER = /^["“'(]*(?:The|This|These|That|Those|If|Each|Either|Neither|Any|No|In|All|Such|For|It|Upon|A|An|As|At|By|On|To|We|You|They|He|She|Both|Every|Except|Notwithstanding|Unless|However|Subject|When|Where|During|After|Before|Without|With|Nothing)\b/;
/** A heading's or a clause's number, alone before its text: "1.", "2.1", "(a)", "IV.". */
const ENUMERATOR = /^[(（]?(?:\d+(?:\.\d+)*|[a-z]|[ivxlc]+)[.)）]?$/i;
/** A line that opens something of its own. */
const LINE_OPENER = /^(?:[(（]?(?:\d+(?:\.\d+)*|[a-z]|[ivxlc]+)[.)）、]|\d+(?:\.\d+)+\s|[-*•–#|>]|(?:section|article|exhibit|schedule)\b|第.{1,6}[条章节款])/i;
const WRAPPED_LINE_CHARS = 60;
/** Longer than any abbreviation or clause number. */
const MAX_WORD_CHARS = 40;

/**
 * The sentences of `text` in order, without the white space around them. A line break ends one, unless an English
 * line was only wrapped; numbered headings and clauses begin their own.
 */
export function splitSentences(text: string, language: Language): SentenceRange[] {
  return lineRanges(text, language).flatMap((range) => (language === "zh" ? splitChinese(text, range) : splitEnglish(text, range)));
}

/** Widens a range to the whole sentences it touches; where it touches none it stays. */
export function sentenceAround(text: string, start: number, end: number, language: Language): SentenceRange {
  const touched = splitSentences(text, language).filter((sentence) => sentence.start < end && sentence.end > start);
  if (touched.length === 0) return { start, end };
  return { start: Math.min(start, touched[0].start), end: Math.max(end, touched[touched.length - 1].end) };
}

/** Lines, with the wrapped lines of one English paragraph joined. */
function lineRanges(text: string, language: Language): SentenceRange[] {
  const lines: SentenceRange[] = [];
  let start = 0;
  for (const { index, 0: lineBreak } of text.matchAll(/\r\n|[\n\r\u2028\u2029]|$/g)) {
    lines.push({ start, end: index });
    start = index + lineBreak.length;
  }
  if (language === "zh") return lines;
  const paragraphs = [lines[0]];
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index];
    if (isWrapped(text, lines[index - 1], line)) paragraphs[paragraphs.length - 1] = { start: paragraphs[paragraphs.length - 1].start, end: line.end };
    else paragraphs.push(line);
  }
  return paragraphs;
}

/** Whether the next line only goes on with the sentence of a line. */
function isWrapped(text: string, { start, end }: SentenceRange, following: SentenceRange): boolean {
  const line = text.slice(start, end).trim();
  const next = text.slice(following.start, following.end).trim();
  // Columns side by side, as in a signature block, are no running text.
  if (line === "" || next === "" || LINE_OPENER.test(next) || line.startsWith("|") || /\S {3,}\S/.test(line)) return false;
  if (/^[a-z]/.test(next)) return true;
  return line.length >= WRAPPED_LINE_CHARS && !/[.;:!?]["”’)]*$/.test(line) && line !== line.toUpperCase();
}

function splitChinese(text: string, range: SentenceRange): SentenceRange[] {
  return splitAt(text, range, [...text.slice(range.start, range.end).matchAll(/[。！？；!?;…]+[”’」』）)]*/g)]
    .map((match) => range.start + match.index + match[0].length));
}

function splitEnglish(text: string, range: SentenceRange): SentenceRange[] {
  const stretch = text.slice(range.start, range.end);
  const ends: number[] = [];
  let start = 0;
  for (const match of stretch.matchAll(/(?<![.!?])([.!?]+)(["”’)\]]*)\s+(?=["“‘'([]*[\p{Lu}\d])|[。！？]/gu)) {
    const end = match.index + (match[1] ?? match[0]).length + (match[2] ?? "").length;
    if (match[1] === "." && !endsSentence(stretch.slice(Math.max(start, match.index - MAX_WORD_CHARS), match.index), stretch.slice(end, end + 40).trimStart())) continue;
    ends.push(range.start + end);
    start = end;
  }
  return splitAt(text, range, ends);
}

/** Whether the full stop behind `before`, the end of the sentence so far, closes it, with `after` to follow. */
function endsSentence(before: string, after: string): boolean {
  const sentence = before.trim();
  if (ENUMERATOR.test(sentence)) return false;
  const word = sentence.slice(sentence.search(/[^\s"“”‘’'(]+$/)).replace(/^["“‘'(]+/, "");
  if (OPEN_ABBREVIATION.test(word)) return false;
  return !CLOSE_ABBREVIATION.test(word) || SENTENCE_OPENER.test(after);
}

function splitAt(text: string, range: SentenceRange, ends: number[]): SentenceRange[] {
  const sentences: SentenceRange[] = [];
  let start = range.start;
  for (const end of [...ends, range.end]) {
    const piece = text.slice(start, end);
    const trimmedStart = start + (piece.length - piece.trimStart().length);
    const trimmedEnd = start + piece.trimEnd().length;
    if (trimmedStart < trimmedEnd) sentences.push({ start: trimmedStart, end: trimmedEnd });
    start = end;
  }
  return sentences;
}
