// The lexemes of one vocabulary: equal forms are one object, so that all grammars share their states and masks.
import type { Regex, RegexStore } from "../regex/regex-store.js";
import { RegexLexeme } from "../regex/regex-lexeme.js";
import { ExceptLexeme } from "./except-lexeme.js";
import type { Lexeme } from "./lexeme.js";
import { NumberLexeme, type NumberLexemeOptions } from "./number/number-lexeme.js";
import { StringLexeme } from "./string-lexeme.js";
import { WordList } from "./word-list.js";

const MAX_LEXEMES = 2000;
const MAX_KEY_CHARACTERS = 16 << 20;

export interface StringForm {
  /** In code points. */
  minLength: number;
  /** In code points; Infinity where there is no bound. */
  maxLength: number;
  /** The texts are those that this matches as a whole. */
  regex?: { store: RegexStore; regex: Regex };
  /**
   * Texts that may not be written; an empty list where each text is to have one spelling only.
   * Without it, plain strings take any escapes that JSON has.
   */
  except?: readonly string[];
}

export interface NumberForm extends NumberLexemeOptions {
  /** Numbers that may not be written. The form is then the canonical one. */
  except?: readonly number[];
}

/** Bounded: the least recently used lexeme goes first. Grammars keep those they use. */
export class LexemeStore {
  readonly #lexemes = new Map<string, Lexeme>();
  #keyCharacters = 0;

  /** @param longestCharacters characters in the longest token */
  constructor(private readonly longestCharacters: number) {}

  /** The body of a JSON string, without quotes. */
  string(form: StringForm): Lexeme {
    const { except, regex, minLength, maxLength } = form;
    const escapes = except || regex ? "canonical" : "any";
    // Whether a room that runs out leaves a text that is not excluded takes exact counting.
    const isExact = regex !== undefined && except !== undefined && maxLength < Infinity;
    const key = `string ${escapes} ${isExact} ${minLength} ${maxLength} ${regex?.regex.key ?? ""}\0`;
    const base = () => this.#share(key, () => {
      const saturation = isExact ? maxLength + 1 : this.#saturation;
      if (!regex) return new StringLexeme({ minLength, maxLength, saturation, escapes });
      return new RegexLexeme(regex.store, regex.regex, { minLength, maxLength, saturation, escapes: "json" });
    });
    if (!except || except.length === 0) return base();
    const texts = [...new Set(except)].toSorted().map((text) => JSON.stringify(text));
    return this.#share(key + texts.join(""), () => new ExceptLexeme(base(), new WordList(texts.map((text) => text.slice(1, -1)))));
  }

  /** @throws LexemeLimitError where the multiples have too many remainders */
  number(form: NumberForm): Lexeme {
    const { except = [], multiplesOf = [], isInteger, minimum, isMinimumOpen, maximum, isMaximumOpen } = form;
    const spelling = except.length > 0 || form.form === "canonical" ? "canonical" : "any";
    const range = [isInteger, minimum, isMinimumOpen, maximum, isMaximumOpen].join(" ");
    const key = `number ${spelling} ${range} ${multiplesOf.toSorted((a, b) => a - b).join()}`;
    const base = () => this.#share(key, () => new NumberLexeme({ ...form, form: spelling }));
    if (except.length === 0) return base();
    const texts = [...new Set(except.map((value) => JSON.stringify(value)))].toSorted();
    return this.#share(`${key} but ${texts.join()}`, () => new ExceptLexeme(base(), new WordList(texts)));
  }

  /** One more than a token can take: see `ExceptLexeme`. */
  get #saturation(): number {
    return this.longestCharacters + 1;
  }

  #share(key: string, create: () => Lexeme): Lexeme {
    let lexeme = this.#lexemes.get(key);
    if (lexeme) this.#lexemes.delete(key);
    else {
      lexeme = create();
      this.#keyCharacters += key.length;
    }
    this.#lexemes.set(key, lexeme);
    while (this.#lexemes.size > MAX_LEXEMES || (this.#keyCharacters > MAX_KEY_CHARACTERS && this.#lexemes.size > 1)) {
      const oldest = this.#lexemes.keys().next().value!;
      this.#lexemes.delete(oldest);
      this.#keyCharacters -= oldest.length;
    }
    return lexeme;
  }
}
