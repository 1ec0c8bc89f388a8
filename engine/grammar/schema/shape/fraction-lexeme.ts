// Numbers that are no integers, which a negation may ask for.
import { Lexeme } from "../../lexeme/lexeme.js";

const POINT = 0x2e;
const BYTES = [..."-.0123456789"].map((character) => character.charCodeAt(0));

/** The canonical numbers of `inner` that have a fraction and no exponent; a state is twice the inner one, and one more after the point. */
export class FractionLexeme extends Lexeme {
  readonly start: number;
  readonly #distances = new Map<number, number>();

  constructor(private readonly inner: Lexeme) {
    super();
    this.start = inner.start * 2;
  }

  step(state: number, byte: number): number {
    const next = this.#advance(state, byte);
    return next >= 0 && this.distance(next) < Infinity ? next : -1;
  }

  isWhole(state: number): boolean {
    return state % 2 === 1 && this.inner.isWhole((state - 1) / 2);
  }

  distance(state: number): number {
    if (this.isWhole(state)) return 0;
    let best = this.#distances.get(state);
    if (best !== undefined) return best;
    best = Infinity;
    for (const byte of BYTES) {
      const next = this.#advance(state, byte);
      if (next >= 0) best = Math.min(best, 1 + this.distance(next));
    }
    this.#distances.set(state, best);
    return best;
  }

  #advance(state: number, byte: number): number {
    if (!BYTES.includes(byte)) return -1;
    const isAfterPoint = state % 2 === 1;
    const next = this.inner.step((state - (isAfterPoint ? 1 : 0)) / 2, byte);
    return next < 0 ? -1 : next * 2 + (isAfterPoint || byte === POINT ? 1 : 0);
  }
}
