// A text that strings are copied from: prepared once, for all fields and calls.
import { FoldedText, type Folding } from "./folded-text.js";
import type { VerbatimLexeme } from "./verbatim-lexeme.js";

/** Lexemes kept; a schema has few kinds of verbatim strings. */
const KEPT_LEXEMES = 16;

/**
 * Prepares itself when first used: about 20 bytes a character, and per kind of string copied from it 4 bytes a
 * word and 32 bytes a place where candidates part.
 */
export class SourceText {
  readonly #folded = new Map<Folding, FoldedText>();
  /** By their options, the latest last. */
  readonly #lexemes = new Map<string, VerbatimLexeme>();

  /** @param text nothing is copied across U+0000: it may stand for what is not to be copied */
  constructor(readonly text: string) {}

  folded(folding: Folding): FoldedText {
    let folded = this.#folded.get(folding);
    if (!folded) this.#folded.set(folding, (folded = new FoldedText(this.text, folding)));
    return folded;
  }

  /** The lexeme of that key, kept so that its candidates and masks serve all grammars. */
  lexeme(key: string, create: () => VerbatimLexeme): VerbatimLexeme {
    const lexeme = this.#lexemes.get(key) ?? create();
    this.#lexemes.delete(key);
    this.#lexemes.set(key, lexeme);
    if (this.#lexemes.size > KEPT_LEXEMES) this.#lexemes.delete(this.#lexemes.keys().next().value!);
    return lexeme;
  }
}
