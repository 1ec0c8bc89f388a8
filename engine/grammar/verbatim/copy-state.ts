// Finds the copy from a source inside a state of a lexical form, bans and unique items around it or not.
import { ExceptLexeme } from "../lexeme/except-lexeme.js";
import type { Lexeme } from "../lexeme/lexeme.js";
import { VerbatimLexeme } from "./verbatim-lexeme.js";

export interface CopyState {
  lexeme: VerbatimLexeme;
  state: number;
  /** Whether the string may end here. */
  isWhole: boolean;
}

/** None where the form copies nothing. */
export function copyStates(form: Lexeme, state: number): CopyState[] {
  const innermost = innermostOf(form);
  if (!(innermost instanceof VerbatimLexeme)) return [];
  let at = { lexeme: form, state };
  while (at.lexeme instanceof ExceptLexeme) at = at.lexeme.innerAt(at.state);
  return [{ lexeme: innermost, state: at.state, isWhole: form.isWhole(state) }];
}

function innermostOf(form: Lexeme): Lexeme {
  let lexeme = form;
  while (lexeme instanceof ExceptLexeme) lexeme = lexeme.inner;
  return lexeme;
}
