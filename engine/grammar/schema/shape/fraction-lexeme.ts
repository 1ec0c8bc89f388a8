// Numbers that are no integers, which a negation may ask for.
import type { Lexeme } from "../../lexeme/lexeme.js";
import { RegexLexeme } from "../../regex/regex-lexeme.js";
import type { NumberSet } from "../constraint/constraint.js";
import type { ShapeWriter } from "./shape-writer.js";

/** Few enough digits that a double keeps the fraction, without idle zeros: one spelling each. */
const FRACTIONS = "^-?(?:0|[1-9][0-9]{0,8})\\.[0-9]{0,5}[1-9]$";

/** Bounds and divisors beside are left out, where that is accepted. */
export function writeFractions(writer: ShapeWriter, set: NumberSet, path: string): Lexeme {
  const { store } = writer.texts;
  const isBound = set.minimum > -Infinity || set.maximum < Infinity || set.multiplesOf.length > 0;
  if (isBound) writer.options.leaveOut({ path, keyword: "type", reason: "numbers that are no integers are bounded." });
  const others = set.except.map((value) => store.not(store.literal(JSON.stringify(value))));
  const regex = store.and(store.parse(FRACTIONS), ...others);
  return new RegexLexeme(store, regex, { minLength: 0, maxLength: Infinity, saturation: 1, escapes: "none" });
}
