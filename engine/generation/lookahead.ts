// Between what is written and what the model has read: tokens it has yet to read, and drafted ones that it read ahead.
import type { LogitsRow } from "../sampler/logits-row.js";
import type { Generation } from "./generation.js";

export class Lookahead {
  readonly #generation: Generation;
  /** Written, and not yet read by the model. */
  #unread: number[] = [];
  /** Read by the model, and not yet written. */
  #drafted: number[] = [];
  /** The logits after the last written token, then after each drafted one. */
  #rows: readonly LogitsRow[];

  /** The model has read all that is written. */
  constructor(generation: Generation) {
    this.#generation = generation;
    this.#rows = [generation.logits];
  }

  /** The logits of the token to write next; undefined where the model has yet to read. */
  get logits(): LogitsRow | undefined {
    return this.#unread.length === 0 ? this.#rows[0] : undefined;
  }

  /** A token is written. What was drafted otherwise is taken back. */
  write(id: number): void {
    if (this.#drafted.length > 0 && this.#drafted[0] === id) {
      this.#drafted = this.#drafted.slice(1);
      this.#rows = this.#rows.slice(1);
      this.#generation.usage.acceptedTokens++;
      return;
    }
    this.discard();
    this.#unread.push(id);
  }

  /** Takes drafted tokens back that were not written. */
  discard(): void {
    if (this.#drafted.length > 0) this.#generation.rewind(this.#generation.position - this.#drafted.length);
    this.#drafted = [];
  }

  /** Lets the model read what is written, and drafted tokens after it, in one pass. */
  async read(drafted: readonly number[]): Promise<void> {
    this.#rows = await this.#generation.append([...this.#unread, ...drafted], drafted.length + 1);
    this.#unread = [];
    this.#drafted = [...drafted];
    this.#generation.usage.draftedTokens += drafted.length;
  }
}
