// JSON numbers within exact bounds: the digits are compared with the bounds' own digits as they come.
import { type Decimal, decimalOf } from "./decimal.js";
import { Lexeme } from "./lexeme.js";

export interface NumberRange {
  isInteger: boolean;
  minimum: number;
  isMinimumOpen: boolean;
  maximum: number;
  isMaximumOpen: boolean;
}

/** Two decimals of so many digits never become the same double, so an open bound stays open after parsing. */
const DIGITS = 15;
const INTEGER_DIGITS = 16;

type Phase = "start" | "sign" | "zero" | "whole" | "point" | "fraction" | "exponent" | "exponent-sign" | "exponent-digit" | "end";

interface Bound extends Decimal {
  isOpen: boolean;
}

/** The magnitudes one sign allows. */
interface Side {
  low: Bound;
  high: Bound | undefined;
}

interface NumberState {
  phase: Phase;
  isNegative: boolean;
  whole: number;
  fraction: number;
  /** -1, 0, 1: the digits so far against as many of the bound's. */
  low: number;
  high: number;
}

/**
 * Numbers have at most 15 digits, integers at most 16 and only those that a double holds exactly; an
 * exponent (two digits) only where no bound could be crossed by it. So every number ends, and none is infinite.
 */
export class NumberLexeme extends Lexeme {
  readonly start: number;
  readonly #isInteger: boolean;
  readonly #sides: { positive: Side | undefined; negative: Side | undefined };
  readonly #states: NumberState[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #distances = new Map<number, number>();

  constructor(range: NumberRange) {
    super();
    this.#isInteger = range.isInteger;
    this.#sides = sidesOf(range);
    this.start = this.#intern({ phase: "start", isNegative: false, whole: 0, fraction: 0, low: 0, high: 0 });
  }

  step(state: number, byte: number): number {
    const next = this.#advance(state, byte);
    return next >= 0 && this.distance(next) < Infinity ? next : -1;
  }

  isWhole(state: number): boolean {
    const { phase } = this.#states[state];
    if (phase === "exponent-digit" || phase === "end") return true;
    return (phase === "zero" || phase === "whole" || phase === "fraction") && this.#fits(this.#states[state]);
  }

  distance(state: number): number {
    if (this.isWhole(state)) return 0;
    const known = this.#distances.get(state);
    if (known !== undefined) return known;
    let best = Infinity;
    for (const byte of [0x2d, 0x2e, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39]) {
      const next = this.#advance(state, byte);
      if (next >= 0) best = Math.min(best, 1 + this.distance(next));
      if (best === 1) break;
    }
    this.#distances.set(state, best);
    return best;
  }

  #advance(state: number, byte: number): number {
    const from = this.#states[state];
    const digit = byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : -1;
    switch (from.phase) {
      case "start":
        if (byte === 0x2d) return this.#sides.negative ? this.#intern({ ...from, phase: "sign", isNegative: true }) : -1;
        return this.#firstDigit(from, digit);
      case "sign":
        return this.#firstDigit(from, digit);
      case "zero":
      case "whole":
        if (digit >= 0) return from.phase === "whole" ? this.#wholeDigit(from, digit) : -1;
        if (byte === 0x2e) return this.#point(from);
        return this.#exponent(from, byte);
      case "point":
      case "fraction":
        return digit >= 0 ? this.#fractionDigit(from, digit) : from.phase === "point" ? -1 : this.#exponent(from, byte);
      case "exponent":
        if (byte === 0x2b || byte === 0x2d) return this.#phase("exponent-sign");
        return digit >= 0 ? this.#phase("exponent-digit") : -1;
      case "exponent-sign":
        return digit >= 0 ? this.#phase("exponent-digit") : -1;
      case "exponent-digit":
        return digit >= 0 ? this.#phase("end") : -1;
      default:
        return -1;
    }
  }

  #firstDigit(from: NumberState, digit: number): number {
    if (digit < 0 || !this.#side(from)) return -1;
    return digit === 0 ? this.#intern({ ...from, phase: "zero" }) : this.#wholeDigit({ ...from, phase: "whole" }, digit);
  }

  #wholeDigit(from: NumberState, digit: number): number {
    if (from.whole >= (this.#isInteger ? INTEGER_DIGITS : DIGITS)) return -1;
    const { low, high } = this.#side(from)!;
    const against = (relation: number, bound: Bound | undefined) =>
      relation !== 0 || !bound || from.whole >= bound.whole.length ? relation : Math.sign(digit - Number(bound.whole[from.whole]));
    const next = { ...from, whole: from.whole + 1, low: against(from.low, low), high: against(from.high, high) };
    return high && (next.whole > high.whole.length || (next.whole === high.whole.length && next.high > 0)) ? -1 : this.#intern(next);
  }

  #point(from: NumberState): number {
    if (this.#isInteger || from.whole >= DIGITS) return -1;
    return this.#inFraction({ ...this.#closeWhole(from), phase: "point" });
  }

  #fractionDigit(from: NumberState, digit: number): number {
    if (from.whole + from.fraction >= DIGITS) return -1;
    const { low, high } = this.#side(from)!;
    const against = (relation: number, bound: Bound | undefined) =>
      relation !== 0 || !bound ? relation : Math.sign(digit - Number(bound.fraction[from.fraction] ?? 0));
    return this.#inFraction({ ...from, phase: "fraction", fraction: from.fraction + 1, low: against(from.low, low), high: against(from.high, high) });
  }

  /** Once below or above a bound in the fraction, always so. */
  #inFraction(state: NumberState): number {
    const { high } = this.#side(state)!;
    return state.low < 0 || (high && state.high > 0) ? -1 : this.#intern(state);
  }

  #exponent(from: NumberState, byte: number): number {
    if (this.#isInteger || (byte !== 0x65 && byte !== 0x45)) return -1;
    const { low, high } = this.#side(from)!;
    const isFree = !high && low.whole === "" && low.fraction === "";
    return isFree && this.#fits(from) ? this.#phase("exponent") : -1;
  }

  #phase(phase: Phase): number {
    return this.#intern({ phase, isNegative: false, whole: 0, fraction: 0, low: 0, high: 0 });
  }

  #side(state: NumberState): Side | undefined {
    return state.isNegative ? this.#sides.negative : this.#sides.positive;
  }

  /** The part before the point is whole: its length counts before its digits. */
  #closeWhole(state: NumberState): NumberState {
    if (state.phase === "fraction") return state;
    const { low, high } = this.#side(state)!;
    const against = (relation: number, bound: Bound | undefined) =>
      bound && state.whole !== bound.whole.length ? Math.sign(state.whole - bound.whole.length) : relation;
    return { ...state, low: against(state.low, low), high: against(state.high, high) };
  }

  #fits(state: NumberState): boolean {
    const { low, high } = this.#side(state)!;
    const closed = this.#closeWhole(state);
    // Equal so far, but the bound goes on: the number is the smaller one.
    const against = (relation: number, bound: Bound) => (relation === 0 && closed.fraction < bound.fraction.length ? -1 : relation);
    const above = against(closed.low, low);
    if (above < 0 || (above === 0 && low.isOpen)) return false;
    if (!high) return true;
    const below = against(closed.high, high);
    return below < 0 || (below === 0 && !high.isOpen);
  }

  #intern(state: NumberState): number {
    const key = `${state.phase},${state.isNegative},${state.whole},${state.fraction},${state.low},${state.high}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#states.length;
      this.#states.push(state);
      this.#numbers.set(key, number);
    }
    return number;
  }
}

function createBound(value: number, isOpen: boolean): Bound {
  return { ...decimalOf(value), isOpen };
}

function sidesOf(range: NumberRange): { positive: Side | undefined; negative: Side | undefined } {
  const safe = range.isInteger ? Number.MAX_SAFE_INTEGER : Infinity;
  const isMinimumOpen = range.minimum >= -safe && range.isMinimumOpen;
  const isMaximumOpen = range.maximum <= safe && range.isMaximumOpen;
  const minimum = Math.max(range.minimum, -safe);
  const maximum = Math.min(range.maximum, safe);
  const outer = (value: number, isOpen: boolean) => (Math.abs(value) === Infinity ? undefined : createBound(value, isOpen));
  const isPositive = maximum > 0 || (maximum === 0 && !isMaximumOpen);
  return {
    positive: isPositive
      ? { low: minimum >= 0 ? createBound(minimum, isMinimumOpen) : createBound(0, false), high: outer(maximum, isMaximumOpen) }
      : undefined,
    // Zero is written without a sign.
    negative:
      minimum < 0
        ? { low: maximum < 0 ? createBound(maximum, isMaximumOpen) : createBound(0, true), high: outer(minimum, isMinimumOpen) }
        : undefined,
  };
}
