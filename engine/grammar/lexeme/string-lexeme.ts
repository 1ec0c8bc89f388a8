// The body of a JSON string with bounds on its length in code points.
import { Lexeme } from "./lexeme.js";
import { BYTES_LEFT, CHARACTER_STATES, CHARACTER_TABLES, type EscapeStyle, PLAIN } from "./string-escape.js";

export interface StringLexemeOptions {
  minLength: number;
  /** Infinity where there is no bound. */
  maxLength: number;
  /**
   * No token holds more characters than this. A room at least as large is not counted down inside the
   * automaton ("saturated"), so a string of any length needs only a handful of states; the matcher
   * counts instead and calls `settle` once the exact room matters.
   */
  saturation: number;
  escapes: EscapeStyle;
}

/** A state packs (characters still needed, room left, place inside a character). */
export class StringLexeme extends Lexeme {
  override readonly isStringBody = true;
  readonly start: number;
  readonly #table: Int8Array;
  readonly #rooms: number;
  readonly #saturated: number;
  readonly #maxLength: number;
  readonly #isEmpty: boolean;
  #canonical: Lexeme | undefined;

  constructor(private readonly options: StringLexemeOptions) {
    super();
    const { minLength, maxLength, saturation, escapes } = options;
    this.#table = CHARACTER_TABLES[escapes];
    this.#maxLength = maxLength;
    const room = Math.min(maxLength, saturation);
    this.#rooms = room + 1;
    this.#saturated = maxLength >= saturation ? saturation : -1;
    this.#isEmpty = minLength > maxLength;
    this.start = this.#pack(minLength, room, PLAIN);
  }

  step(state: number, byte: number): number {
    const place = state % CHARACTER_STATES;
    const next = this.#table[(place << 8) | byte];
    if (next < 0) return -1;
    if (place !== PLAIN) return state - place + next;
    const room = this.#room(state);
    if (room === 0) return -1;
    const need = Math.max(0, this.need(state) - 1);
    return this.#pack(need, room === this.#saturated ? room : room - 1, next);
  }

  isWhole(state: number): boolean {
    return state % CHARACTER_STATES === PLAIN && this.need(state) === 0;
  }

  distance(state: number): number {
    return this.#isEmpty ? Infinity : this.need(state) + BYTES_LEFT[state % CHARACTER_STATES];
  }

  /** Characters that must still be begun. */
  need(state: number): number {
    return Math.floor(state / (CHARACTER_STATES * this.#rooms));
  }

  override canonical(): Lexeme {
    if (this.options.escapes === "canonical") return this;
    return (this.#canonical ??= new StringLexeme({ ...this.options, escapes: "canonical" }));
  }

  override plainRoom(state: number): number {
    if (state % CHARACTER_STATES !== PLAIN) return -1;
    const room = this.#room(state);
    return room === this.#saturated ? Infinity : room;
  }

  override settleAbove(state: number): number {
    return this.#room(state) === this.#saturated ? this.#maxLength - this.#saturated : Infinity;
  }

  override settle(state: number, characters: number): number {
    if (characters <= this.settleAbove(state)) return state;
    return this.#pack(this.need(state), this.#maxLength - characters, state % CHARACTER_STATES);
  }

  #room(state: number): number {
    return Math.floor(state / CHARACTER_STATES) % this.#rooms;
  }

  #pack(need: number, room: number, place: number): number {
    return (need * this.#rooms + room) * CHARACTER_STATES + place;
  }
}
