// When two values count as the same: numbers by value, words up to case, space and punctuation.
import { isPlainObject } from "../result/field-tree.js";
import { parseNumber } from "../result/normalize-number.js";

/** Equal for values that agree. Kinds never agree with one another: the number 5 is not the string "5". */
export function valueKey(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(valueKey).join(",")}]`;
  if (isPlainObject(value)) {
    const keys = Object.keys(value).toSorted();
    return `{${keys.map((key) => `${JSON.stringify(key)}:${valueKey(value[key])}`).join(",")}}`;
  }
  if (typeof value === "string") return JSON.stringify(wordsKey(value));
  if (value === null || value === undefined) return "null";
  if (value instanceof Date) return `date ${value.toISOString()}`;
  return `${typeof value} ${String(value)}`;
}

/** What of a string counts when it is compared. */
export function wordsKey(text: string): string {
  const folded = text.normalize("NFKC").toLowerCase().trim();
  // 1,234.50 agrees with 1234.5; an identifier such as 007 does not agree with 7.
  if (/\d/u.test(folded) && !/^0\d/u.test(folded) && folded.length <= 15) {
    const number = parseNumber(text);
    if (number !== undefined) return `${number}${currencyOf(folded)}`;
  }
  // Between digits punctuation carries meaning (1.2.3), and so do signs such as % and $ anywhere.
  const bare = folded.replaceAll(/(?<!\d)[\s\p{P}]+|[\s\p{P}]+(?!\d)/gu, (run) => run.replaceAll(/[^%‰]/gu, ""));
  return bare === "" ? folded : bare;
}

/** What is no digit, separator or bracket in a number: its currency and unit. */
function currencyOf(number: string): string {
  return number.replaceAll(/[\s\d.,'’()+−–-]/gu, "");
}
