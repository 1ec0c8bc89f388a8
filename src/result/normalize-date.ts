// A date as a document prints it -> YYYY-MM-DD.
import { findDates } from "./evidence/printed-dates.js";

export interface ParseDateOptions {
  /** How to read 3/4/2024. Without it such a date is undefined rather than guessed. */
  order?: "day-first" | "month-first";
}

/**
 * The ISO date of a printed one: `12 March 2024`, `March 12th, 2024`, `12.03.2024`, `2024年3月12日`, `二〇二四年三月十二日`,
 * `2024-03-12T09:30:00Z` (its date part as written). English, German and Chinese month names; two-digit years mean
 * 1970 to 2069. Undefined where the text is not exactly one date or leaves day and month in doubt.
 */
export function parseDate(text: string, options: ParseDateOptions = {}): string | undefined {
  const date = text.trim().replace(/(?<=\d)(?:T|,?\s+)\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:Z|[+-]\d{2}:?\d{2}|[ap]m)?$/iu, "");
  const whole = findDates(date).find(({ start, end }) => start === 0 && end === date.length);
  if (!whole) return undefined;
  const [dayFirst, monthFirst] = whole.readings;
  if (monthFirst === undefined || options.order === "day-first") return dayFirst;
  return options.order === "month-first" ? monthFirst : undefined;
}
