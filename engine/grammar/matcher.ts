// The seam between constrained decoding and the step loop: what may come next, and what has come.

/**
 * One position in a grammar. Immutable: `accept` returns the next position, so that fork and rollback
 * are free and a matcher may be kept for as long as it is useful.
 */
export interface Matcher {
  /**
   * The tokens that may come next, one bit per token id: bit `id & 31` of word `id >>> 5`.
   *
   * With `budgetTokens` (tokens that may still be written, this one included) only those tokens are
   * allowed after which the text can still be completed within the budget. If even the shortest
   * completion no longer fits, the mask holds the tokens of a shortest completion.
   * The end token is allowed exactly where `isComplete()`.
   *
   * @returns `ceil(vocabularySize / 32)` words, owned by the matcher: read, do not write.
   */
  mask(budgetTokens?: number): Uint32Array;
  /** The position after `token`. Throws a RangeError where the token is not allowed here. */
  accept(token: number): Matcher;
  /** The bytes that must come next whatever the model wants; empty where there is a choice. */
  forced(): Uint8Array;
  /** Whether the text so far is a whole value. */
  isComplete(): boolean;
  /** An upper bound, in tokens, of the shortest way to a complete value (0 where complete). */
  minimumTokens(): number;
}

/** A compiled grammar: reusable, shared by all sequences that decode under it. */
export interface Grammar {
  start(): Matcher;
}
