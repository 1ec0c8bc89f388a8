// A small byte machine for one lexical form (string body, number, date); the automaton runs it between two pieces of structure.
import type { WordTree } from "./word-tree.js";

/** A state of a form that is another form without some words. */
export interface Exceptions {
  /** The other form, and its state. */
  lexeme: Lexeme;
  state: number;
  /**
   * What is left of the words that may still be completed, if any. Tokens that are no beginning of one of these and
   * that begin with none of them fare as they do under `lexeme`.
   */
  words: WordTree | undefined;
}

/**
 * States are non-negative integers that mean something to the machine alone. A state without a way to a
 * whole form must never be returned by `step`: the automaton relies on it to have no dead ends.
 * Lexemes know no grammar: one serves all grammars that need its form, and so do the masks kept for it.
 */
export abstract class Lexeme {
  abstract readonly start: number;
  /** The state after `byte`, or -1. */
  abstract step(state: number, byte: number): number;
  abstract isWhole(state: number): boolean;
  /**
   * A rank: 0 exactly where the form is whole; elsewhere some byte leads to a state of smaller rank. It is at
   * least the bytes of the way it so describes. Infinity only at the start of a form that has none.
   */
  abstract distance(state: number): number;

  /**
   * An equal state of a simpler lexeme, where there is one: the same texts follow it. Whoever keeps states by
   * lexeme should keep that one, so that masks are shared.
   */
  reduce(state: number): { lexeme: Lexeme; state: number } {
    return { lexeme: this, state };
  }

  /** The same values in one spelling each, the one of JSON.stringify: what the words of an `ExceptLexeme` need. */
  canonical(): Lexeme {
    return this;
  }

  /** Where this is a simpler form but for a few words, which: masks can be made from the simpler form's. */
  exceptions(_state: number): Exceptions | undefined {
    return undefined;
  }

  /** Whether this is the body of a JSON string, whose characters the matcher counts. */
  readonly isStringBody: boolean = false;

  /**
   * How many plain characters (no quote, escape or control) may follow whatever they are, all texts of equally many
   * leading to one state; -1 inside an escape or a character, and where it depends on the characters.
   */
  plainRoom(_state: number): number {
    return -1;
  }

  /** The character count above which `settle` must be called; see `StringLexeme` on saturated counters. */
  settleAbove(_state: number): number {
    return Infinity;
  }

  /** The state with its saturated counter made exact, `characters` being written so far. */
  settle(state: number, _characters: number): number {
    return state;
  }
}
