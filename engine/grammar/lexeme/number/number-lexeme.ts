// JSON numbers within exact bounds: the digits are compared with the bounds' own digits as they come.
import { Lexeme } from "../lexeme.js";
import { beginExponent, exponentDistance, type ExponentState, MAX_EXPONENT, stepExponent } from "./number-exponent.js";
import { type Bound, type NumberLexemeOptions, type NumberRules, numberRules, type Side } from "./number-rules.js";

export type { NumberLexemeOptions, NumberRange } from "./number-rules.js";

/** All bytes of numbers. */
const SYMBOLS = "0123456789-.eE+";
const SYMBOL_OF_BYTE = Int8Array.from({ length: 256 }, (_, byte) => SYMBOLS.indexOf(String.fromCharCode(byte)));
const UNKNOWN = -2;

interface Mantissa {
  phase: "start" | "sign" | "zero" | "whole" | "point" | "fraction";
  isNegative: boolean;
  /** Digits before the point (none for a lone zero), after it, and from the first on that is not zero. */
  whole: number;
  fraction: number;
  significant: number;
  /** -1, 0, 1: the digits so far against as many of the bound's; 1 also where they are above it for good. */
  low: number;
  high: number;
  /** The same for the digits without regard to their place: with an exponent only they count. */
  lowDigits: number;
  highDigits: number;
  /** The last digit is a zero after the point, which canonical numbers do not end with. */
  isPadded: boolean;
  /** Of the digits so far, read as an integer, by the modulus. */
  remainder: number;
}

type NumberState = Mantissa | ExponentState;

const START: Mantissa = {
  phase: "start", isNegative: false, whole: 0, fraction: 0, significant: 0, low: 0, high: 0, lowDigits: 0, highDigits: 0, isPadded: false, remainder: 0,
};

/**
 * A number has at most 17 significant digits (those a double can print), 21 before the point and 22 after it, and may
 * have an exponent from -307 to 307 after a single digit or `d.ddd`. An integer has no fraction or exponent and lies
 * within 2 ** 53, unless a bound lies beyond. With multiples, and in canonical form, a number has at most 15
 * significant digits, which a double keeps exactly; multiples have as many decimals as they need, and no exponent.
 * Canonical numbers lie below 1e15 or from 1e21 on.
 */
export class NumberLexeme extends Lexeme {
  readonly start = 0;
  readonly #rules: NumberRules;
  /** By decimals written: the integer that the digits so far must be a multiple of. */
  readonly #moduli: number[];
  readonly #states: NumberState[] = [];
  readonly #tables: (Int32Array | undefined)[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #distances: (number | undefined)[] = [];
  #canonical: Lexeme | undefined;

  /** @throws LexemeLimitError where the multiples have too many remainders, or too many digits for canonical form */
  constructor(private readonly options: NumberLexemeOptions) {
    super();
    this.#rules = numberRules(options);
    const { modulus, scale } = this.#rules;
    this.#moduli = Array.from({ length: Math.max(scale, this.#rules.maxFraction) + 1 }, (_, decimals) => reducedModulus(modulus, scale - decimals));
    this.#intern(START);
  }

  step(state: number, byte: number): number {
    const next = this.#advance(state, SYMBOL_OF_BYTE[byte]);
    return next >= 0 && this.distance(next) < Infinity ? next : -1;
  }

  isWhole(state: number): boolean {
    return this.distance(state) === 0;
  }

  distance(state: number): number {
    return (this.#distances[state] ??= this.#distance(state));
  }

  /** @throws LexemeLimitError where numbers so large have no exact form */
  override canonical(): Lexeme {
    if (this.#rules.isCanonical) return this;
    return (this.#canonical ??= new NumberLexeme({ ...this.options, form: "canonical" }));
  }

  #distance(number: number): number {
    const state = this.#states[number];
    if (isExponent(state)) return exponentDistance(state);
    if (this.#fits(state)) return 0;
    const isFree = this.#isFree(state);
    const free = isFree ? this.#freeDistance(state) : Infinity;
    if (free < Infinity || (isFree && !this.#mayHaveExponent(state))) return free;
    const exponent = this.#advance(number, SYMBOLS.indexOf("e"));
    let best = exponent < 0 ? Infinity : 1 + this.distance(exponent);
    // Only the exponent is left then: more digits do not change which ones there are.
    if (isFree && best < Infinity) return best;
    for (let symbol = 0; symbol < SYMBOLS.length && best > 1; symbol++) {
      const next = this.#advance(number, symbol);
      if (next >= 0) best = Math.min(best, 1 + this.distance(next));
    }
    return best;
  }

  #advance(number: number, symbol: number): number {
    if (symbol < 0) return -1;
    const table = (this.#tables[number] ??= new Int32Array(SYMBOLS.length).fill(UNKNOWN));
    if (table[symbol] === UNKNOWN) {
      const next = this.#next(this.#states[number], SYMBOLS[symbol]);
      table[symbol] = next ? this.#intern(next) : -1;
    }
    return table[symbol];
  }

  #next(from: NumberState, character: string): NumberState | undefined {
    if (isExponent(from)) return stepExponent(from, character);
    const digit = character >= "0" && character <= "9" ? Number(character) : -1;
    switch (from.phase) {
      case "start":
        if (character === "-") return this.#rules.negative ? { ...from, phase: "sign", isNegative: true } : undefined;
        return this.#firstDigit(from, digit);
      case "sign":
        return this.#firstDigit(from, digit);
      case "zero":
      case "whole":
        if (digit >= 0) return from.phase === "whole" ? this.#wholeDigit(from, digit) : undefined;
        return character === "." ? this.#point(from) : this.#exponent(from, character);
      default:
        return digit >= 0 ? this.#fractionDigit(from, digit) : from.phase === "point" ? undefined : this.#exponent(from, character);
    }
  }

  #firstDigit(from: Mantissa, digit: number): Mantissa | undefined {
    if (digit < 0 || !this.#sideOf(from)) return undefined;
    return digit === 0 ? { ...from, phase: "zero" } : this.#wholeDigit({ ...from, phase: "whole" }, digit);
  }

  #wholeDigit(from: Mantissa, digit: number): Mantissa | undefined {
    const at = from.whole;
    if (at >= this.#rules.maxWhole) return undefined;
    const { low, high } = this.#side(from);
    const against = (relation: number, bound: Bound | undefined) => {
      if (!bound) return -1;
      return at >= bound.whole.length ? 1 : compareDigit(relation, digit, bound.whole, at);
    };
    const isAlone = this.#mayHaveExponent({ whole: at + 1 });
    const next: Mantissa = {
      ...from,
      whole: at + 1,
      significant: at + 1,
      low: against(from.low, low),
      high: against(from.high, high),
      lowDigits: isAlone ? reached(compareDigit(0, digit, low.digits, 0), low.digits, 1) : 0,
      highDigits: isAlone && high ? compareDigit(0, digit, high.digits, 0) : 0,
      remainder: (from.remainder * 10 + digit) % this.#rules.modulus,
    };
    const isTooLong = high !== undefined && next.whole >= high.whole.length && next.high > 0;
    return isTooLong && !this.#mayHaveExponent(next) ? undefined : next;
  }

  #point(from: Mantissa): Mantissa | undefined {
    if (from.whole + 1 > this.#rules.maxSignificant || this.#rules.maxFraction === 0) return undefined;
    const { low, high } = this.#side(from);
    // The part before the point is whole: its length counts before its digits.
    const against = (relation: number, bound: Bound) => (from.whole < bound.whole.length ? -1 : relation);
    const next: Mantissa = {
      ...from,
      phase: "point",
      low: reached(against(from.low, low), low.fraction, 0),
      high: high ? against(from.high, high) : -1,
    };
    return isOutside(next) && !this.#mayHaveExponent(next) ? undefined : next;
  }

  #fractionDigit(from: Mantissa, digit: number): Mantissa | undefined {
    const { maxFraction, maxSignificant, modulus, isCanonical } = this.#rules;
    const at = from.fraction;
    const significant = from.significant > 0 || digit > 0 ? from.significant + 1 : 0;
    if (at >= maxFraction || significant > maxSignificant) return undefined;
    // Smaller ones are written with an exponent.
    if (isCanonical && significant === 0 && at >= 5) return undefined;
    const { low, high } = this.#side(from);
    const place = from.whole + at;
    const hasDigits = this.#mayHaveExponent(from);
    const next: Mantissa = {
      ...from,
      phase: "fraction",
      fraction: at + 1,
      significant,
      low: reached(compareDigit(from.low, digit, low.fraction, at), low.fraction, at + 1),
      high: high ? compareDigit(from.high, digit, high.fraction, at) : -1,
      lowDigits: hasDigits ? reached(compareDigit(from.lowDigits, digit, low.digits, place), low.digits, place + 1) : 0,
      highDigits: hasDigits && high ? compareDigit(from.highDigits, digit, high.digits, place) : 0,
      isPadded: isCanonical && digit === 0,
      remainder: (from.remainder * 10 + digit) % modulus,
    };
    return isOutside(next) && !this.#mayHaveExponent(next) ? undefined : next;
  }

  #exponent(from: Mantissa, character: string): ExponentState | undefined {
    const { isCanonical } = this.#rules;
    const isLetter = character === "e" || (character === "E" && !isCanonical);
    if (!isLetter || !this.#mayHaveExponent(from) || from.isPadded) return undefined;
    const { low, high } = this.#side(from);
    const least = low.digits === "" ? -MAX_EXPONENT : low.order + (from.lowDigits > 0 ? 0 : 1);
    const most = !high ? MAX_EXPONENT : high.digits === "" ? -Infinity : high.order - (from.highDigits > 0 ? 1 : 0);
    return beginExponent(Math.max(least, -MAX_EXPONENT), Math.min(most, MAX_EXPONENT), isCanonical);
  }

  /** After a single digit before the point, which is no zero. */
  #mayHaveExponent({ whole }: Pick<Mantissa, "whole">): boolean {
    return whole === 1 && this.#rules.hasExponent;
  }

  /** Whether the number may end here. */
  #fits(state: Mantissa): boolean {
    const { phase, whole, isPadded } = state;
    if (phase === "start" || phase === "sign" || phase === "point" || isPadded) return false;
    if (state.remainder % this.#moduli[state.fraction] !== 0) return false;
    if (phase === "fraction") return state.low > 0 && state.high <= 0;
    const { low, high } = this.#side(state);
    const isAbove = state.low > 0 ? whole >= low.whole.length : state.low === 0 && whole === low.whole.length && low.fraction === "";
    return isAbove && (!high || whole < high.whole.length || state.high <= 0);
  }

  /** Whether the digits to come matter for the bounds by their count alone. */
  #isFree({ phase, low, high }: Mantissa): boolean {
    return (phase === "whole" || phase === "point" || phase === "fraction") && low !== 0 && high !== 0;
  }

  /** The least bytes to a number that fits, without an exponent. */
  #freeDistance(state: Mantissa): number {
    const { maxWhole, maxFraction, maxSignificant } = this.#rules;
    if (state.phase !== "whole" && isOutside(state)) return Infinity;
    if (state.phase !== "whole") return this.#freeDecimals(state, 0, Math.min(maxFraction - state.fraction, maxSignificant - state.significant));
    const { low, high } = this.#side(state);
    const shortest = Math.max(state.whole, low.whole.length + (state.low < 0 ? 1 : 0));
    const longest = Math.min(maxWhole, high ? high.whole.length - (state.high > 0 ? 1 : 0) : Infinity);
    let best = Infinity;
    for (let whole = shortest; whole <= longest && whole - state.whole < best; whole++) {
      const more = whole - state.whole;
      const room = Math.min(maxFraction, maxSignificant - whole);
      const plain = this.#hasMultiple(state, more, 0) ? more : Infinity;
      best = Math.min(best, plain, more + 1 + this.#freeDecimals(state, more, room));
    }
    return best;
  }

  /** The least count of decimals, at most so many, that reaches a multiple after `more` digits of the whole part. */
  #freeDecimals(state: Mantissa, more: number, most: number): number {
    for (let decimals = 1; decimals <= most; decimals++) {
      if (this.#hasMultiple(state, more + decimals, state.fraction + decimals)) return decimals;
    }
    return Infinity;
  }

  /** Whether some `more` digits make a multiple with so many decimals. */
  #hasMultiple(state: Mantissa, more: number, decimals: number): boolean {
    const modulus = this.#moduli[decimals];
    let remainder = state.remainder % modulus;
    for (let i = 0; i < more; i++) remainder = (remainder * 10) % modulus;
    const first = (modulus - remainder) % modulus;
    const count = 10 ** more;
    if (!this.#rules.isCanonical || decimals === 0) return first < count;
    for (let i = 0; i < 10 && first + i * modulus < count; i++) if ((first + i * modulus) % 10 !== 0) return true;
    return false;
  }

  #sideOf(state: Mantissa): Side | undefined {
    return state.isNegative ? this.#rules.negative : this.#rules.positive;
  }

  #side(state: Mantissa): Side {
    return this.#sideOf(state)!;
  }

  #intern(state: NumberState): number {
    const key = Object.values(state).join();
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#states.push(state) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }
}

/** Beyond a bound for good, unless an exponent follows. */
function isOutside({ low, high }: Mantissa): boolean {
  return low < 0 || high > 0;
}

function isExponent(state: NumberState): state is ExponentState {
  return "highest" in state;
}

/** `modulus` without what the `missing` decimals bring. */
function reducedModulus(modulus: number, missing: number): number {
  let reduced = modulus;
  for (let i = 0; i < missing; i++) for (const prime of [2, 5]) if (reduced % prime === 0) reduced /= prime;
  return reduced;
}

function compareDigit(relation: number, digit: number, digits: string, at: number): number {
  return relation !== 0 ? relation : Math.sign(digit - Number(digits[at] ?? 0));
}

/** Equal to all the digits of a lower bound: above it for good. */
function reached(relation: number, digits: string, count: number): number {
  return relation === 0 && count >= digits.length ? 1 : relation;
}
