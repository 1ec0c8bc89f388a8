// A number as a document prints it -> its value.
import { findNumberWords, findNumbers } from "./evidence/printed-numbers.js";

/**
 * The value of a printed number: `1,234.50`, `1.234,50 €`, `(1,234)` and `1,234-` (negative), `2.5 million`, `3.2亿`,
 * `叁拾万`. Full-width digits, currency signs and white space are understood; of `12.5%` the value is 12.5. Where separators
 * leave a doubt, a single comma before three digits groups them (`1,234` is 1234) and a single point does not.
 * Undefined where the text is not exactly one number.
 */
export function parseNumber(text: string): number | undefined {
  const trimmed = text.trim();
  for (const find of [findNumbers, findNumberWords]) {
    const [first, ...others] = find(trimmed);
    if (first?.start === 0 && first.end === trimmed.length && others.length === 0) {
      const [reading] = first.readings;
      if (covers(reading, first, trimmed)) return reading.value;
    }
  }
  return undefined;
}

/** Whether a reading leaves no digit of the number out, as the parts of `1.2.3` do. */
function covers(reading: { start: number; end: number }, whole: { start: number; end: number }, text: string): boolean {
  return !/\d/u.test(text.slice(whole.start, reading.start) + text.slice(reading.end, whole.end));
}
