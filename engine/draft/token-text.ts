// Tokens that a reply may repeat as they are: its own, those of another reply to the same prompt, examples in the prompt.
import { type Repeat, RepeatIndex } from "./repeat-index.js";

/** Tokens of context that count. */
const CONTEXT = 16;

export class TokenText {
  readonly #index: RepeatIndex;

  /** @param size Tokens expected. */
  constructor(size = 256) {
    this.#index = new RepeatIndex({ runs: [4, 2, 1], maxMatch: CONTEXT, size });
  }

  push(id: number): void {
    this.#index.append(id);
  }

  /** The last tokens. */
  get end(): Int32Array {
    return this.#index.slice(Math.max(0, this.#index.length - CONTEXT), this.#index.length);
  }

  /** The place that agrees longest with the last tokens of a reply, for one token at least. */
  find(tokens: ArrayLike<number>): Repeat | undefined {
    return this.#index.find(tokens);
  }

  ids(start: number, end: number): number[] {
    return Array.from(this.#index.slice(start, end));
  }
}
