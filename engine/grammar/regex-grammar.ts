// A regular expression as a grammar of plain text.
import { UnsatisfiableSchemaError } from "../error/unsatisfiable-schema-error.js";
import { UnsupportedSchemaError } from "../error/unsupported-schema-error.js";
import { AutomatonGrammar } from "./automaton-grammar.js";
import { Automaton } from "./automaton/automaton.js";
import type { Vocabulary } from "./mask/vocabulary.js";
import type { Grammar } from "./matcher.js";
import { RegexLexeme } from "./regex/regex-lexeme.js";
import { RegexError, RegexStore } from "./regex/regex-store.js";
import { SPACED } from "./shape.js";

/**
 * A grammar of the texts (not JSON) that match `pattern` as a whole: an ECMA-262 regular expression in Unicode mode.
 *
 * @throws UnsupportedSchemaError where the pattern cannot be enforced
 * @throws UnsatisfiableSchemaError where no text matches
 */
export function compileRegex(pattern: string, vocabulary: Vocabulary): Grammar {
  const lexeme = readPattern(pattern, vocabulary.longestCharacters);
  if (lexeme.distance(lexeme.start) === Infinity) throw new UnsatisfiableSchemaError();
  const root = { kind: "lexeme", lexeme, isQuoted: false, type: "string", minimumBytes: lexeme.distance(lexeme.start) } as const;
  return new AutomatonGrammar(new Automaton(root, SPACED), vocabulary);
}

function readPattern(pattern: string, saturation: number): RegexLexeme {
  const store = new RegexStore();
  try {
    return new RegexLexeme(store, store.parse(`^(?:${pattern})$`), { minLength: 0, maxLength: Infinity, saturation, escapes: "none" });
  } catch (error) {
    if (error instanceof RegexError) throw new UnsupportedSchemaError("/pattern", "pattern", error.message);
    throw error;
  }
}
