// Finds the numbers a text prints, with every value each may mean; number search and parseNumber both stand on it.
import type { TextRange } from "../locate-leaves.js";
import { chineseNumeralSigns, parseChineseNumeral } from "./chinese-numeral.js";
import { foldWidth } from "./fold-width.js";

/** One value that a stretch of the text may mean. */
export interface NumberReading extends TextRange {
  value: number;
}

/** The range covers sign, currency and unit; the likeliest reading comes first. */
export interface PrintedNumber extends TextRange {
  readings: NumberReading[];
}

const space = "[ \\u00a0\\u2007\\u2009\\u202f]";
const currency = "(?:[A-Z]{1,3}[$€£¥]|[$€£¥₩₹]|[A-Z]{2,3}|人民币|美元)";
const grouped = `\\d{1,3}(?:(?:${space}|['’])\\d{3})+(?:[.,]\\d+)?(?!\\d)`;
const numeral = `${grouped}|\\d+(?:[.,]\\d+)*|\\.\\d+`;
const factors = new Map<string, number>([
  ["k", 1e3], ["thousand", 1e3], ["tsd", 1e3], ["tausend", 1e3],
  ["m", 1e6], ["mn", 1e6], ["mio", 1e6], ["million", 1e6], ["millions", 1e6], ["millionen", 1e6],
  ["b", 1e9], ["bn", 1e9], ["mrd", 1e9], ["billion", 1e9], ["billions", 1e9], ["milliarden", 1e9],
  ["tn", 1e12], ["trillion", 1e12], ["trillions", 1e12],
]);
const words = [...factors.keys()].toSorted((a, b) => b.length - a.length).map(anyCase).join("|");
const units = `[%‰]|[十百千]?[万萬][亿億]|[十百千]?[万萬亿億]|[百千]|(?:${words})\\.?(?!\\p{L})`;
const pattern = new RegExp(
  `(?<![\\p{Script=Latin}\\d_]|\\d[.,])(?<open>\\(${space}?)?(?<sign>[-−–+]${space}?)?(?:${currency}${space}?)?(?<inner>[-−])?` +
    `(?<digits>${numeral})(?:${space}?(?<unit>${units}))?(?<trail>-(?![\\p{L}\\d]))?` +
    `(?:${space}?(?:${currency}|[元圆])(?!\\p{Script=Latin}))?(?<close>${space}?\\))?`,
  "dgu",
);

export function findNumbers(text: string): PrintedNumber[] {
  const found: PrintedNumber[] = [];
  for (const match of foldWidth(text).matchAll(pattern)) {
    const start = match.index;
    found.push({ start, end: start + match[0].length, readings: readingsOf(match as RegExpExecArray) });
  }
  return found;
}

const chinesePattern = new RegExp(`[${chineseNumeralSigns}]+`, "gu");
const small = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(" ");
const round = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const wordPattern = new RegExp(`\\b(?:(?:${round.join("|")})(?:[- ](?:${small.slice(1, 10).join("|")}))?|${small.join("|")})\\b`, "giu");

/** Numbers in words, English up to ninety-nine and Chinese: weaker evidence, since 一 and "one" have other uses. */
export function findNumberWords(text: string): PrintedNumber[] {
  const found: PrintedNumber[] = [];
  const add = (start: number, printed: string, value: number | undefined) => {
    const range = { start, end: start + printed.length };
    if (value !== undefined) found.push({ ...range, readings: [{ ...range, value }] });
  };
  for (const { 0: printed, index } of text.matchAll(chinesePattern)) add(index, printed, parseChineseNumeral(printed));
  for (const { 0: printed, index } of text.matchAll(wordPattern)) add(index, printed, wordValue(printed));
  return found;
}

function wordValue(printed: string): number {
  return printed
    .toLowerCase()
    .split(/[- ]/u)
    .reduce((sum, word) => sum + (small.includes(word) ? small.indexOf(word) : 20 + 10 * round.indexOf(word)), 0);
}

function readingsOf(match: RegExpExecArray): NumberReading[] {
  const groups = match.groups as Record<string, string | undefined>;
  const [start, end] = match.indices!.groups!.digits;
  const whole = { start: match.index, end: match.index + match[0].length };
  const core = { start, end };
  const values = digitReadings(groups.digits!);
  if (values.length === 0) return parts(groups.digits!, start);

  const measured = groups.unit ? { start, end: match.indices!.groups!.unit[1] } : core;
  const factor = unitFactor(groups.unit);
  const sign = signOf(groups);
  const readings: NumberReading[] = [];
  for (const value of values) {
    // A percentage stands for itself first, then for the share it means.
    const scaled = factor < 1 ? [value, times(value, factor)] : factor > 1 ? [times(value, factor), value] : [value];
    for (const amount of scaled) {
      const positive = amount === value ? core : measured;
      if (sign !== "plus") readings.push({ ...whole, value: -amount || 0 });
      readings.push({ ...(sign === "minus" ? whole : positive), value: amount });
    }
  }
  if (new RegExp(space, "u").test(groups.digits!)) readings.push(...parts(groups.digits!, start));
  return readings;
}

/** Brackets and a dash before a space may be a negative number's or punctuation. */
function signOf(groups: Record<string, string | undefined>): "plus" | "minus" | "unclear" {
  if (/^[-−–]$/u.test(groups.sign ?? "") || groups.inner || groups.trail) return "minus";
  if ((groups.open && groups.close) || /^[-−–]/u.test(groups.sign ?? "")) return "unclear";
  return "plus";
}

function unitFactor(unit: string | undefined): number {
  if (unit === undefined) return 1;
  if (unit === "%") return 0.01;
  if (unit === "‰") return 0.001;
  return factors.get(unit.toLowerCase().replace(".", "")) ?? parseChineseNumeral(unit) ?? 1;
}

/** The values that digits with separators may mean, likeliest first: `1,234` is 1234 before 1.234, `1.234` the reverse. */
function digitReadings(digits: string): number[] {
  const plain = digits.replaceAll(/(?<=\d)(?:\s|['’])(?=\d{3})/gu, "");
  const values: number[] = [];
  if (/^[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}(?:\.\d+)?$/u.test(plain)) values.push(Number(plain.replaceAll(",", "")));
  if (/^\d*\.?\d+$/u.test(plain)) values.push(Number(plain));
  if (/^[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?$/u.test(plain)) values.push(Number(plain.replaceAll(".", "").replace(",", ".")));
  if (/^\d+,\d+$/u.test(plain)) values.push(Number(plain.replace(",", ".")));
  return values;
}

/** Digits in a row that make no single number, such as `1, 2, 3` without spaces or the cells of a row. */
function parts(digits: string, offset: number): NumberReading[] {
  return [...digits.matchAll(/\d+/gu)].map(({ 0: part, index }) => ({
    value: Number(part),
    start: offset + index,
    end: offset + index + part.length,
  }));
}

/** Without the noise of binary fractions: 1.1 x 1e8 is 110000000. */
function times(value: number, factor: number): number {
  return Number((value * factor).toPrecision(15));
}

function anyCase(word: string): string {
  return `[${word[0]}${word[0].toUpperCase()}]${word.slice(1)}|${word.toUpperCase()}`;
}
