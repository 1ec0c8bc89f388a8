// What a number has to keep to: bounds as digits to compare with, multiples as one remainder, how many digits.
import { type Decimal, decimalOf } from "./decimal.js";
import { LexemeLimitError } from "../lexeme-limit-error.js";

export interface NumberRange {
  isInteger: boolean;
  minimum: number;
  isMinimumOpen: boolean;
  maximum: number;
  isMaximumOpen: boolean;
}

export interface NumberLexemeOptions extends NumberRange {
  /** The number is a multiple of each of these positive numbers, as decimals. */
  multiplesOf?: readonly number[];
  /** `canonical`: one spelling a number, the one that JSON.stringify writes. */
  form?: "any" | "canonical";
}

/** A magnitude that belongs to the range itself. */
export interface Bound extends Decimal {
  /** From the first digit that is not zero to the last; empty for zero. */
  digits: string;
  /** The power of ten of the first of them. */
  order: number;
}

/** The magnitudes of one sign. */
export interface Side {
  low: Bound;
  high: Bound | undefined;
}

export interface NumberRules {
  positive: Side | undefined;
  negative: Side | undefined;
  isCanonical: boolean;
  maxWhole: number;
  maxFraction: number;
  /** Digits from the first that is not zero on, in numbers with a fraction. */
  maxSignificant: number;
  hasExponent: boolean;
  /** The number times `10 ** scale` is a multiple of `modulus`. */
  modulus: number;
  scale: number;
}

/** So many significant digits survive a double: the double of such a decimal prints as that decimal. */
const EXACT_DIGITS = 15;
/** JSON.stringify writes a double with no more significant digits than this, */
const PRINTED_DIGITS = 17;
/** below 1e21 without exponent, */
const PRINTED_WHOLE = 21;
/** and from 1e-6 on. */
const PRINTED_FRACTION = 5 + PRINTED_DIGITS;
const CANONICAL_FRACTION = 5 + EXACT_DIGITS;
const SAFE_DIGITS = 16;
const MAX_MODULUS = 1_000_000;

/** @throws LexemeLimitError where the multiples, or canonical integers so large, are more than can be kept apart */
export function numberRules({ multiplesOf = [], form, ...range }: NumberLexemeOptions): NumberRules {
  const isCanonical = form === "canonical";
  const { modulus, scale } = commonMultiple(multiplesOf, range.isInteger);
  const hasMultiples = multiplesOf.length > 0;
  const isInteger = range.isInteger || (hasMultiples && scale === 0);
  if (isCanonical && scale > 6) throw new LexemeLimitError("multiples of so small a number are written with exponents.");
  const isExact = isCanonical || hasMultiples;
  const sides = sidesOf({ ...range, isInteger }, isExact);
  if (isInteger) {
    const maxWhole = isExact ? SAFE_DIGITS : PRINTED_WHOLE;
    return { ...sides, isCanonical, maxWhole, maxFraction: 0, maxSignificant: maxWhole, hasExponent: false, modulus, scale };
  }
  return {
    ...sides,
    isCanonical,
    maxWhole: isExact ? EXACT_DIGITS : PRINTED_WHOLE,
    maxFraction: hasMultiples ? scale : isCanonical ? CANONICAL_FRACTION : PRINTED_FRACTION,
    maxSignificant: isExact ? EXACT_DIGITS : PRINTED_DIGITS,
    hasExponent: !hasMultiples,
    modulus,
    scale,
  };
}

/** Multiples of all of `factors` are those of `modulus / 10 ** scale`. */
function commonMultiple(factors: readonly number[], isInteger: boolean): { modulus: number; scale: number } {
  if (factors.length === 0) return { modulus: 1, scale: 0 };
  const decimals = [...factors, ...(isInteger ? [1] : [])].map(decimalOf);
  let scale = decimals.reduce((most, { fraction }) => Math.max(most, fraction.length), 0);
  let modulus = 1n;
  for (const { whole, fraction } of decimals) {
    const factor = BigInt(whole + fraction.padEnd(scale, "0"));
    modulus = (modulus / greatestDivisor(modulus, factor)) * factor;
    if (modulus > BigInt(MAX_MODULUS) * 10n ** BigInt(scale)) throw new LexemeLimitError("the multiples lie too far apart.");
  }
  for (; scale > 0 && modulus % 10n === 0n; scale--) modulus /= 10n;
  if (modulus > BigInt(MAX_MODULUS) || scale > PRINTED_FRACTION) throw new LexemeLimitError("the multiples have too many digits.");
  return { modulus: Number(modulus), scale };
}

function greatestDivisor(a: bigint, b: bigint): bigint {
  while (b > 0n) [a, b] = [b, a % b];
  return a;
}

/**
 * An open bound is the closed one of the next double: every value is a double, and rounding a decimal to one
 * keeps their order, so a decimal within closed bounds is so after parsing however many digits it has.
 */
function sidesOf(range: NumberRange, isExact: boolean): { positive: Side | undefined; negative: Side | undefined } {
  const [minimum, maximum] = range.isInteger ? integerBounds(range, isExact) : closedBounds(range);
  if (minimum > maximum || minimum === Infinity || maximum === -Infinity) return { positive: undefined, negative: undefined };
  const outer = (value: number) => (Math.abs(value) === Infinity ? undefined : boundOf(value));
  // Zero is written without a sign.
  const nearest = maximum < 0 ? maximum : range.isInteger ? 1 : Number.MIN_VALUE;
  return {
    positive: maximum >= 0 ? { low: boundOf(Math.max(0, minimum)), high: outer(maximum) } : undefined,
    negative: minimum < 0 ? { low: boundOf(nearest), high: outer(minimum) } : undefined,
  };
}

function closedBounds({ minimum, isMinimumOpen, maximum, isMaximumOpen }: NumberRange): [minimum: number, maximum: number] {
  return [isMinimumOpen ? doubleAbove(minimum) : minimum, isMaximumOpen ? -doubleAbove(-maximum) : maximum];
}

/** Integers that a double may not hold exactly are left out, unless a bound asks for them. */
function integerBounds(range: NumberRange, isExact: boolean): [minimum: number, maximum: number] {
  const safe = Number.MAX_SAFE_INTEGER;
  const [closedMinimum, closedMaximum] = closedBounds(range);
  const minimum = Math.ceil(closedMinimum);
  const maximum = Math.floor(closedMaximum);
  if (isExact) {
    if (minimum > safe || maximum < -safe) throw new LexemeLimitError("integers so large have no exact form.");
    return [Math.max(minimum, -safe), Math.min(maximum, safe)];
  }
  return [
    minimum === -Infinity && maximum >= -safe ? -safe : minimum,
    maximum === Infinity && minimum <= safe ? safe : maximum,
  ];
}

function doubleAbove(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  if (Math.abs(value) === Infinity) return value;
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? 1n : -1n));
  return view.getFloat64(0);
}

function boundOf(value: number): Bound {
  const { whole, fraction } = decimalOf(value);
  const digits = (whole + fraction).replace(/^0+|0+$/g, "");
  const order = whole ? whole.length - 1 : -1 - fraction.search(/[1-9]/);
  return { whole, fraction, digits, order };
}
