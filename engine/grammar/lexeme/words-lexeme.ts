// One of a closed set of texts, as a lexical form.
import { Lexeme } from "./lexeme.js";
import type { WordList } from "./word-list.js";

interface WordsState {
  low: number;
  high: number;
  position: number;
}

export class WordsLexeme extends Lexeme {
  readonly start = 0;
  readonly #states: WordsState[];
  readonly #numbers = new Map<string, number>();

  constructor(readonly words: WordList) {
    super();
    this.#states = [{ low: 0, high: words.words.length, position: 0 }];
  }

  step(state: number, byte: number): number {
    const from = this.#states[state];
    const [low, high] = this.words.narrow(from.low, from.high, from.position, byte);
    return low < high ? this.#intern(low, high, from.position + 1) : -1;
  }

  isWhole(state: number): boolean {
    const { low, high, position } = this.#states[state];
    return low < high && this.words.words[low].length === position;
  }

  distance(state: number): number {
    const { low, high, position } = this.#states[state];
    return this.words.shortest(low, high) - position;
  }

  #intern(low: number, high: number, position: number): number {
    const key = `${low},${high},${position}`;
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#states.push({ low, high, position }) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }
}
