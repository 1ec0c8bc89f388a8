// A small byte machine for one lexical form (string body, number, date); the automaton runs it between two pieces of structure.

/**
 * States are non-negative integers that mean something to the machine alone. A state without a way to a
 * whole form must never be returned by `step`: the automaton relies on it to have no dead ends.
 */
export abstract class Lexeme {
  abstract readonly start: number;
  /** The state after `byte`, or -1. */
  abstract step(state: number, byte: number): number;
  abstract isWhole(state: number): boolean;
  /** Bytes of the shortest way to a whole form; Infinity only at the start of a form that has none. */
  abstract distance(state: number): number;

  /** Whether this is the body of a JSON string, whose characters the matcher counts. */
  readonly isStringBody: boolean = false;
  /** Bytes by which a plain character can at most lengthen the way to a whole form. */
  readonly detourBytes: number = 0;

  /** How many plain characters (no quote, escape or control) may follow; -1 inside an escape or a character. */
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
