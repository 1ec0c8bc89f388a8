// Finds the tokens that a grammar leaves no choice about, cut as the tokenizer would cut them. `write.ts` appends them unsampled.
import type { Matcher } from "../grammar/matcher.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import type { GrammarPlace } from "./reply-prefix.js";

export interface ForcedToken {
  id: number;
  /** The grammar after it. */
  matcher: Matcher;
}

/**
 * Follows one reply. A run of forced text is cut together with what was written before it, and only ids that stay
 * whatever follows are taken: they are those of the finished text. Where the model cut the text before it in another
 * way than the tokenizer would, the run waits until both cuts meet again.
 */
export class ForcedText {
  readonly #tokenizer: Tokenizer;
  /** In bytes. */
  readonly #longestToken: number;
  /** Bytes of the reply from a place on where one word ends and another begins. */
  #tail: number[] = [];
  /** How much of the tail is known to stay cut as it is, once it is written. */
  #settledBytes = 0;
  /** Bytes left of a run of which nothing fits the budget: it is not looked at again. */
  #hopelessBytes = 0;

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
    this.#longestToken = tokenizer.tokenBytes.reduce((longest, bytes) => Math.max(longest, bytes?.length ?? 0), 0);
  }

  /** Takes note of a token of the reply. */
  push(id: number): void {
    this.#tail.push(...(this.#tokenizer.tokenBytes[id] ?? []));
    this.#hopelessBytes -= this.#byteCount(id);
  }

  /** The tokens that must come next, as many as leave room to close the reply within the budget. */
  next(place: GrammarPlace, budgetTokens: number): readonly ForcedToken[] {
    if (this.#hopelessBytes > 0) return [];
    const holdBytes = budgetTokens * this.#longestToken;
    const bytes = place.forced(holdBytes + 1);
    if (bytes.length === 0) return [];
    const run = bytes.length > holdBytes ? [] : this.#run(place, bytes, budgetTokens);
    let count = run.length;
    while (count > 0 && run[count - 1].matcher.minimumTokens() > budgetTokens - count) count--;
    const isHopeless = bytes.length > holdBytes || (run.length > 0 && count === 0);
    this.#hopelessBytes = isHopeless ? bytes.length : 0;
    return run.slice(0, count);
  }

  /** The tokens that `bytes` begin with, whatever follows; no more than the budget. */
  #run(place: GrammarPlace, bytes: Uint8Array, budgetTokens: number): ForcedToken[] {
    const { ids, settledCount } = this.#cut(bytes);
    const from = this.#indexAtEnd(ids);
    const run: ForcedToken[] = [];
    for (const id of ids.slice(from, from + budgetTokens)) {
      const matcher = place.accept(id);
      run.push({ id, matcher });
      place = matcher;
    }
    const isLast = run.length > 0 && mustEnd(place, this.#tokenizer.endTokens);
    return isLast ? run : run.slice(0, Math.max(0, settledCount - from));
  }

  /** Ids of the tail and of `bytes` up to their last whole character. */
  #cut(bytes: Uint8Array): { ids: number[]; settledCount: number } {
    if (this.#tail.length >= this.#settledBytes) this.#tail.splice(0, this.#settledBytes);
    const whole = new TextDecoder("utf-8", { ignoreBOM: true }).decode(Buffer.concat([Uint8Array.from(this.#tail), bytes]), { stream: true });
    const cut = this.#tokenizer.encodeOpen(whole);
    this.#settledBytes = 0;
    for (const id of cut.ids.slice(0, cut.settledCount)) this.#settledBytes += this.#byteCount(id);
    return cut;
  }

  /** Index of the id that begins where the tail ends; all ids where none does. */
  #indexAtEnd(ids: readonly number[]): number {
    let at = 0;
    for (let end = 0; end < this.#tail.length && at < ids.length; at++) {
      end += this.#byteCount(ids[at]);
      if (end > this.#tail.length) return ids.length;
    }
    return at;
  }

  #byteCount(id: number): number {
    return this.#tokenizer.tokenBytes[id]?.length ?? 0;
  }
}

/** Whether nothing but an end token may follow: the pass that would only choose it is saved. */
export function mustEnd(place: GrammarPlace, endTokens: readonly number[]): boolean {
  if (!place.isComplete()) return false;
  const mask = place.mask();
  let allowed = 0;
  for (let word = 0; word < mask.length; word++) {
    for (let bits = mask[word]; bits !== 0; bits &= bits - 1) allowed++;
  }
  const ends = endTokens.filter((id) => (mask[id >>> 5] >>> (id & 31)) & 1);
  return allowed === ends.length;
}
