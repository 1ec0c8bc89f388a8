// The tokens of one reply as they are written: other replies to the same prompt, and the rest of this one, may repeat them.
import { type Repeat, RepeatIndex } from "./repeat-index.js";

/** Tokens of context that count. */
const CONTEXT = 16;

export class ReplyTokens {
  readonly #index = new RepeatIndex({ runs: [4, 2], maxMatch: CONTEXT, size: 256 });

  push(id: number): void {
    this.#index.append(id);
  }

  /** The last tokens. */
  get end(): Int32Array {
    return this.#index.slice(Math.max(0, this.#index.length - CONTEXT), this.#index.length);
  }

  /** The place that agrees longest with the last tokens of a reply, for two tokens at least. */
  find(tokens: ArrayLike<number>): Repeat | undefined {
    return this.#index.find(tokens);
  }

  ids(start: number, end: number): number[] {
    return Array.from(this.#index.slice(start, end));
  }
}
