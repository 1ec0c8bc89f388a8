// Finds where a value stands in a text, white space aside: built once per document, asked once per leaf.
import type { TextRange } from "../locate-leaves.js";

/** A folded copy of the text and, for each of its code units, the stretch of the text it came from. */
interface FoldedText {
  text: string;
  starts: Uint32Array;
  ends: Uint32Array;
}

export class TextIndex {
  private readonly spaced: FoldedText;
  private loosened: FoldedText | undefined;

  constructor(private readonly text: string) {
    this.spaced = fold(text, spacedUnit);
  }

  /** Places where `value` stands letter by letter, runs of white space being equal. */
  exact(value: string): TextRange[] {
    return this.search(this.spaced, collapseSpace(value));
  }

  /** Places where it stands up to letter case, width, kind of quote or dash, stops and commas, and any white space. */
  loose(value: string): TextRange[] {
    this.loosened ??= fold(this.text, looseUnit);
    // The stop that closes "Inc." was folded away; it belongs to the place where the text has it too.
    const stop = /[.。]$/u.exec(value.trim())?.[0];
    return this.search(this.loosened, fold(value, looseUnit).text).map(({ start, end }) => ({
      start,
      end: stop !== undefined && this.text[end] === stop ? end + 1 : end,
    }));
  }

  private search(folded: FoldedText, needle: string): TextRange[] {
    const ranges: TextRange[] = [];
    if (needle === "") return ranges;
    for (let at = folded.text.indexOf(needle); at >= 0; at = folded.text.indexOf(needle, at + 1)) {
      const range = { start: folded.starts[at], end: folded.ends[at + needle.length - 1] };
      if (!this.cutsWord(range)) ranges.push(range);
    }
    return ranges;
  }

  /**
   * Whether the range is a mere piece of a word or number: "male" in "female", 12 in 123. A longer word's
   * beginning passes, so that "infection" is found in "infections".
   */
  private cutsWord({ start, end }: TextRange): boolean {
    if (joined(this.text[start - 1], this.text[start]) || this.cutsNumber(start - 1) || this.cutsNumber(end)) return true;
    const inflected = end - start >= 4 && isLetter(this.text[end]);
    return !inflected && joined(this.text[end - 1], this.text[end]);
  }

  /** Whether a decimal point or a group separator stands here: "5" is no value of "12.5". */
  private cutsNumber(at: number): boolean {
    return /[.,]/u.test(this.text[at] ?? "") && isDigit(this.text[at - 1]) && isDigit(this.text[at + 1]);
  }
}

/** Whether the range is bounded by something other than letters and digits of its own kind on both sides. */
export function isWholeWord(text: string, { start, end }: TextRange): boolean {
  return !joined(text[start - 1], text[start]) && !joined(text[end - 1], text[end]);
}

export function collapseSpace(text: string): string {
  return text.trim().replaceAll(/\s+/gu, " ");
}

function joined(before: string | undefined, after: string | undefined): boolean {
  return (isLetter(before) && isLetter(after)) || (isDigit(before) && isDigit(after));
}

/** Letters of scripts that put spaces between words. */
function isLetter(sign: string | undefined): boolean {
  return sign !== undefined && /[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]/u.test(sign);
}

function isDigit(sign: string | undefined): boolean {
  return sign !== undefined && /\p{Nd}/u.test(sign);
}

/** Takes a character, what stands before it in the folded text and after it in the text; returns what to add. */
type FoldUnit = (character: string, previous: string | undefined, next: string | undefined) => string;

function fold(text: string, unit: FoldUnit): FoldedText {
  const pieces: string[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  let position = 0;
  let previous: string | undefined;
  for (const character of text) {
    const piece = unit(character, previous, text[position + character.length]);
    for (let index = 0; index < piece.length; index++) {
      starts.push(position);
      ends.push(position + character.length);
    }
    if (piece !== "") {
      pieces.push(piece);
      previous = piece;
    }
    position += character.length;
  }
  return { text: pieces.join(""), starts: Uint32Array.from(starts), ends: Uint32Array.from(ends) };
}

function spacedUnit(character: string, previous: string | undefined): string {
  if (!/\s/u.test(character)) return character;
  return previous === " " ? "" : " ";
}

function looseUnit(character: string, previous: string | undefined, next: string | undefined): string {
  if (character >= "a" && character <= "z") return character;
  // Between digits a stop means something.
  if (/[.,;:，。；：、]/u.test(character) && !(isDigit(previous) && isDigit(next))) return "";
  if (/[\s\u00ad\u200b-\u200d\ufeff]/u.test(character)) return "";
  if (/[‘’‚‛′`´]/u.test(character)) return "'";
  if (/[“”„‟″«»]/u.test(character)) return '"';
  if (/[\p{Pd}−]/u.test(character)) return "-";
  return character.normalize("NFKC").toLowerCase();
}
