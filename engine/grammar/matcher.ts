// The seam between constrained decoding and the step loop: what may come next, and what has come.

/** A place in a source text, in UTF-16 code units, end excluded. */
export interface SourceSpan {
  start: number;
  end: number;
}

/** A string that was copied from a source. */
export interface VerbatimMatch {
  /** Bytes of the text before the string's opening quote, and before what follows its closing quote. */
  startByte: number;
  endByte: number;
  /** The name of the source. */
  source: string;
  /** All places where the source has it, in order. */
  spans: readonly SourceSpan[];
}

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
   * @returns `ceil(vocabularySize / 32)` words, to be read only, and before some thousand other masks are made: then they may be used again.
   */
  mask(budgetTokens?: number): Uint32Array;
  /** The position after `token`. Throws a RangeError where the token is not allowed here. */
  accept(token: number): Matcher;
  /** The bytes that must come next whatever the model wants, the first `maxBytes` of them; empty where there is a choice. */
  forced(maxBytes?: number): Uint8Array;
  /** Whether the text so far is a whole value. */
  isComplete(): boolean;
  /** An upper bound, in tokens, of the shortest way to a complete value (0 where complete). */
  minimumTokens(): number;
  /** Tokens accepted so far. */
  readonly position: number;
  /** This matcher as it was after `position` tokens. Throws a RangeError where that many were not accepted. */
  at(position: number): Matcher;
  /**
   * This position without some values: where a string or number may begin, these may not be written. Throws a
   * RangeError where no such value begins here or nothing else is left.
   */
  without(values: readonly (string | number)[]): Matcher;
  /** The strings copied from a source so far, in order. */
  verbatim(): readonly VerbatimMatch[];
  /** Where the open string stands in its source as far as it is written; empty outside of such a string. */
  candidates(): readonly SourceSpan[];
}

/** A keyword that the grammar does not enforce. */
export interface GrammarWarning {
  /** JSON pointer to the keyword. */
  path: string;
  keyword: string;
  reason: string;
}

/** A compiled grammar: reusable, shared by all sequences that decode under it. */
export interface Grammar {
  start(): Matcher;
  /** Empty for a grammar that enforces all that its schema says. */
  readonly warnings: readonly GrammarWarning[];
}
