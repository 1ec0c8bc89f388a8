// The body of a free property name: any string but the names the schema already gives a meaning to.
import type { WordList } from "./word-list.js";
import { Lexeme } from "./lexeme.js";
import { StringLexeme } from "./string-lexeme.js";

interface KeyState {
  body: number;
  /** The known names that begin with what is written; empty once none does. */
  low: number;
  high: number;
  position: number;
}

/** Only canonical escapes are accepted: a known name cannot slip in under another spelling. */
export class KeyLexeme extends Lexeme {
  override readonly isStringBody = true;
  override readonly detourBytes: number;
  readonly start: number;
  readonly #body: StringLexeme;
  readonly #states: KeyState[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #distances = new Map<number, number>();

  /** @param known bodies of known names, as JSON writes them, without quotes */
  constructor(
    readonly known: WordList,
    private readonly minLength: number,
    private readonly maxLength: number,
  ) {
    super();
    // Exact counting: a bounded name is short, and an unbounded one has nothing to count.
    const saturation = maxLength === Infinity ? 1 : maxLength + 1;
    this.#body = new StringLexeme({ minLength, maxLength, saturation, escapes: "canonical" });
    this.detourBytes = known.words.length + 1;
    this.start = this.#intern({ body: this.#body.start, low: 0, high: known.words.length, position: 0 });
  }

  step(state: number, byte: number): number {
    const next = this.#advance(state, byte);
    return next < 0 || (this.maxLength !== Infinity && this.distance(next) === Infinity) ? -1 : next;
  }

  isWhole(state: number): boolean {
    const { body, low, high, position } = this.#states[state];
    return this.#body.isWhole(body) && !(low < high && this.known.words[low].length === position);
  }

  distance(state: number): number {
    if (this.minLength > this.maxLength) return Infinity;
    if (this.isWhole(state)) return 0;
    const { body, low, high } = this.#states[state];
    if (low === high) return this.#body.distance(body);
    let best = this.#distances.get(state) ?? Infinity;
    if (this.#distances.has(state)) return best;
    for (let byte = 0x20; byte < 0xf5 && best > 1; byte++) {
      const next = this.#advance(state, byte);
      if (next >= 0) best = Math.min(best, 1 + this.distance(next));
    }
    this.#distances.set(state, best);
    return best;
  }

  override plainRoom(state: number): number {
    const isCounted = this.maxLength !== Infinity;
    return isCounted ? -1 : this.#body.plainRoom(this.#states[state].body);
  }

  #advance(state: number, byte: number): number {
    const from = this.#states[state];
    const body = this.#body.step(from.body, byte);
    if (body < 0) return -1;
    const [low, high] = this.known.narrow(from.low, from.high, from.position, byte);
    return this.#intern({ body, low, high, position: low < high ? from.position + 1 : 0 });
  }

  #intern(state: KeyState): number {
    const { body, low, high, position } = state.low < state.high ? state : { ...state, low: 0, high: 0 };
    const key = `${body},${low},${high},${position}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#states.length;
      this.#states.push({ body, low, high, position });
      this.#numbers.set(key, number);
    }
    return number;
  }
}
