// Finds the dates a text prints, with every day each may mean; date search and parseDate both stand on it.
import type { TextRange } from "../locate-leaves.js";
import { chineseNumeralSigns, parseChineseNumeral } from "./chinese-numeral.js";
import { foldWidth } from "./fold-width.js";

/** Readings are ISO dates (YYYY-MM-DD); of an ambiguous 3/4/2024 the day-first one comes first. */
export interface PrintedDate extends TextRange {
  readings: string[];
}

const monthNames = [
  ["january", "jan", "januar", "jänner"],
  ["february", "feb", "februar"],
  ["march", "mar", "märz", "maerz", "mär"],
  ["april", "apr"],
  ["may", "mai"],
  ["june", "jun", "juni"],
  ["july", "jul", "juli"],
  ["august", "aug"],
  ["september", "sept", "sep"],
  ["october", "oct", "oktober", "okt"],
  ["november", "nov"],
  ["december", "dec", "dezember", "dez"],
];
const monthNumbers = new Map(monthNames.flatMap((names, index) => names.map((name) => [name, index + 1] as const)));
const month = `(?<month>${[...monthNumbers.keys()].toSorted((a, b) => b.length - a.length).join("|")})`;
const chineseNumber = `\\d{1,4}|[${chineseNumeralSigns}]{1,4}`;

/** Each pattern names the parts it knows; `first` and `second` are in either order. Bounded gaps keep the search linear. */
const patterns = [
  String.raw`(?<!\d)(?<year>\d{4})(?<separator>[-/.])(?<monthNumber>\d{1,2})\k<separator>(?<day>\d{1,2})(?!\d)`,
  String.raw`(?<![\d.])(?<first>\d{1,2})(?<separator>[-/.])(?<second>\d{1,2})\k<separator>(?<year>\d{4}|\d{2})(?!\d)`,
  String.raw`(?<!\d)(?<day>\d{1,2})(?:st|nd|rd|th|\.)?[\s\-/]{0,9}(?:(?:day\s{1,9})?of\s{1,9})?${month}\.?\s{0,9},?[\s\-/]{0,9}(?<year>\d{4}|\d{2})(?!\d)`,
  String.raw`(?<!\p{L})${month}\.?[\s\-]{0,9}(?<day>\d{1,2})(?:st|nd|rd|th)?(?:\s{0,9},\s{0,9}|[\s\-]{1,9})(?<year>\d{4})(?!\d)`,
  String.raw`(?<!\d)(?<year>\d{4})[\s\-]{1,9}${month}\.?[\s\-]{1,9}(?<day>\d{1,2})(?!\d)`,
  String.raw`(?<!\d)(?<year>(?:19|20)\d{2})(?<monthNumber>\d{2})(?<day>\d{2})(?!\d)`,
  String.raw`(?<!\d)(?<year>${chineseNumber})\s{0,9}年\s{0,9}(?<monthNumber>${chineseNumber})\s{0,9}月\s{0,9}(?<day>${chineseNumber})\s{0,9}[日号號]`,
].map((source) => new RegExp(source, "giu"));

export function findDates(text: string): PrintedDate[] {
  const folded = foldWidth(text);
  const found: PrintedDate[] = [];
  for (const pattern of patterns) {
    for (const match of folded.matchAll(pattern)) {
      const readings = readingsOf(match.groups as Record<string, string | undefined>);
      if (readings.length > 0) found.push({ start: match.index, end: match.index + match[0].length, readings });
    }
  }
  return found;
}

function readingsOf(parts: Record<string, string | undefined>): string[] {
  const year = fullYear(parts.year!);
  const named = parts.month === undefined ? undefined : monthNumbers.get(parts.month.toLowerCase());
  const candidates =
    parts.first === undefined
      ? [iso(year, named ?? numberOf(parts.monthNumber), numberOf(parts.day))]
      : [iso(year, numberOf(parts.second), numberOf(parts.first)), monthFirst(year, parts)];
  return [...new Set(candidates.filter((date) => date !== undefined))];
}

/** Points are written between day and month only where the day comes first. */
function monthFirst(year: number | undefined, parts: Record<string, string | undefined>): string | undefined {
  return parts.separator === "." ? undefined : iso(year, numberOf(parts.first), numberOf(parts.second));
}

function iso(year: number | undefined, monthNumber: number | undefined, day: number | undefined): string | undefined {
  if (year === undefined || monthNumber === undefined || day === undefined) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, monthNumber - 1, day);
  // 30 February would roll over into March.
  if (date.getUTCMonth() !== monthNumber - 1 || date.getUTCDate() !== day) return undefined;
  return `${String(year).padStart(4, "0")}-${String(monthNumber).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

/** Two digits mean 1970 to 2069, as POSIX nearly has it. */
function fullYear(text: string): number | undefined {
  const year = numberOf(text);
  if (year === undefined || text.length > 2) return year;
  return year < 70 ? 2000 + year : 1900 + year;
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d+$/u.test(text) ? Number(text) : parseChineseNumeral(text);
}
