// A closed set of plain texts as a grammar.
import { AutomatonGrammar } from "./automaton-grammar.js";
import { Automaton } from "./automaton/automaton.js";
import type { Grammar } from "./matcher.js";
import { SPACED, wordsShape } from "./shape.js";
import { requireBytes, type Vocabulary } from "./mask/vocabulary.js";

/**
 * A grammar of exactly these texts, as they are (not JSON).
 *
 * @throws RangeError without options, or where one holds a byte that the vocabulary has no token for
 */
export function compileChoice(options: readonly string[], vocabulary: Vocabulary): Grammar {
  if (options.length === 0) throw new RangeError("A choice needs at least one option.");
  const root = wordsShape(options);
  for (const word of root.words.words) requireBytes(word, vocabulary);
  return new AutomatonGrammar(new Automaton(root, SPACED), vocabulary);
}
