// The exponent of a JSON number (`e-7`, `E+21`) within an interval of exponents.

/** Doubles have all digits from 1e-307 to 9.99e307: nothing rounds to zero or infinity. */
export const MAX_EXPONENT = 307;
const MAX_DIGITS = 3;
/** JSON.stringify writes an exponent from this one on, and from this one down. */
const CANONICAL_ABOVE = 21;
const CANONICAL_BELOW = 7;

export interface ExponentState {
  phase: "exponent" | "exponent-sign" | "exponent-digits";
  /** The exponents allowed. */
  lowest: number;
  highest: number;
  isCanonical: boolean;
  /** Whether a minus was written, and the digits after it. */
  isBelow: boolean;
  value: number;
  digits: number;
}

/** After the letter; undefined where no exponent is allowed. */
export function beginExponent(lowest: number, highest: number, isCanonical: boolean): ExponentState | undefined {
  const state: ExponentState = { phase: "exponent", lowest, highest, isCanonical, isBelow: false, value: 0, digits: 0 };
  return exponentDistance(state) < Infinity ? state : undefined;
}

/** The state after a sign or a digit; it may be dead. */
export function stepExponent(state: ExponentState, character: string): ExponentState | undefined {
  if (character === "+" || character === "-") {
    return state.phase === "exponent" ? { ...state, phase: "exponent-sign", isBelow: character === "-" } : undefined;
  }
  if (character < "0" || character > "9" || state.digits === MAX_DIGITS) return undefined;
  if (state.isCanonical && (state.phase === "exponent" || (state.digits === 0 && character === "0"))) return undefined;
  return { ...state, phase: "exponent-digits", value: state.value * 10 + Number(character), digits: state.digits + 1 };
}

/** Bytes to the end of an allowed exponent; Infinity where there is none. */
export function exponentDistance(state: ExponentState): number {
  if (state.phase !== "exponent") return missingDigits(state);
  const signed = 1 + Math.min(missingDigits(state), missingDigits({ ...state, isBelow: true }));
  return state.isCanonical ? signed : Math.min(signed, missingDigits(state));
}

function missingDigits({ lowest, highest, isCanonical, isBelow, value, digits }: ExponentState): number {
  const least = Math.max(isCanonical ? (isBelow ? CANONICAL_BELOW : CANONICAL_ABOVE) : 0, isBelow ? -highest : lowest);
  const most = isBelow ? -lowest : highest;
  for (let more = digits === 0 ? 1 : 0; digits + more <= MAX_DIGITS; more++) {
    const first = isCanonical && digits === 0 ? 10 ** (more - 1) : value * 10 ** more;
    if (Math.max(first, least) <= Math.min((value + 1) * 10 ** more - 1, most)) return more;
  }
  return Infinity;
}
