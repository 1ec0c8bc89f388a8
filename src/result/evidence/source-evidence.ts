// Everything that can be looked up in one document: words, numbers and dates, each indexed on first use.
import type { Document } from "../../input/document.js";
import type { TextRange } from "../locate-leaves.js";
import { parseNumber } from "../normalize-number.js";
import { findDates } from "./printed-dates.js";
import { findNumbers, findNumberWords, type PrintedNumber } from "./printed-numbers.js";
import { isWholeWord, TextIndex } from "./text-index.js";

type RangesBy<Key> = ReadonlyMap<Key, readonly TextRange[]>;

export class SourceEvidence {
  private readonly words: TextIndex;
  private numbers: RangesBy<number> | undefined;
  private numberWords: RangesBy<number> | undefined;
  private dates: RangesBy<string> | undefined;

  constructor(private readonly document: Document) {
    this.words = new TextIndex(document.text);
  }

  /** Places in the document's text where the value stands, in the order of the text. */
  find(value: string | number): readonly TextRange[] {
    return typeof value === "number" ? this.findNumber(value) : this.findString(value);
  }

  /** Places where the words stand on their own. */
  findWords(value: string): readonly TextRange[] {
    const exact = this.words.exact(value);
    return (exact.length > 0 ? exact : this.words.loose(value)).filter((range) => isWholeWord(this.document.text, range));
  }

  private findString(value: string): readonly TextRange[] {
    const exact = this.words.exact(value);
    if (exact.length > 0) return exact;
    const days = readWhole(findDates(value), value);
    if (days) return days.readings.flatMap((day) => this.findDate(day));
    const number = isIdentifier(value) ? undefined : parseNumber(value);
    if (number !== undefined) return this.findNumber(number);
    const loose = this.words.loose(value);
    return loose.length > 0 ? loose : this.findQuantity(value);
  }

  /** Of `3 years`: also "three (3) years" and "three-year". */
  private findQuantity(value: string): readonly TextRange[] {
    const [, amount, name] = /^(.+?)[\s-]*([\p{Script=Latin}]{3,}?)s?$/u.exec(value) ?? [];
    const count = amount === undefined ? undefined : parseNumber(amount);
    if (count === undefined) return [];
    const { text } = this.document;
    const follows = new RegExp(`^[\\s\\-]*(?:\\(.{1,12}?\\))?\\)?[\\s\\-]*${name}s?(?!\\p{L})`, "iu");
    for (const places of [this.findNumberWord(count), this.findDigits(count)]) {
      const ranges = places.flatMap(({ start, end }) => {
        const tail = follows.exec(text.slice(end, end + 40));
        return tail ? [{ start, end: end + tail[0].length }] : [];
      });
      if (ranges.length > 0) return ranges;
    }
    return [];
  }

  private findNumber(value: number): readonly TextRange[] {
    const digits = this.findDigits(value);
    return digits.length > 0 ? digits : this.findNumberWord(value);
  }

  private findDigits(value: number): readonly TextRange[] {
    this.numbers ??= byValue(findNumbers(this.document.text));
    return this.numbers.get(value) ?? [];
  }

  private findNumberWord(value: number): readonly TextRange[] {
    this.numberWords ??= byValue(findNumberWords(this.document.text));
    return this.numberWords.get(value) ?? [];
  }

  private findDate(day: string): readonly TextRange[] {
    this.dates ??= group(findDates(this.document.text).map((date) => ({ range: date, keys: date.readings })));
    return this.dates.get(day) ?? [];
  }
}

/** Digits that name something rather than count it: 007, an account number beyond a double's precision. */
function isIdentifier(value: string): boolean {
  return /^0\d/u.test(value) || value.replaceAll(/\D/gu, "").length > 15;
}

function readWhole<Match extends TextRange>(matches: readonly Match[], value: string): Match | undefined {
  return matches.find(({ start, end }) => start === 0 && end === value.length);
}

function byValue(numbers: readonly PrintedNumber[]): RangesBy<number> {
  return group(
    numbers.flatMap(({ readings }) => readings.map(({ value, start, end }) => ({ range: { start, end }, keys: [value] }))),
  );
}

function group<Key>(entries: readonly { range: TextRange; keys: readonly Key[] }[]): RangesBy<Key> {
  const groups = new Map<Key, TextRange[]>();
  for (const { range, keys } of entries) {
    for (const key of keys) {
      const known = groups.get(key);
      if (!known) groups.set(key, [range]);
      else if (known.at(-1)!.start !== range.start || known.at(-1)!.end !== range.end) known.push(range);
    }
  }
  return groups;
}
