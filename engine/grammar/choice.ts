// A closed set of plain texts as a grammar.
import { AutomatonGrammar } from "./automaton-grammar.js";
import { Automaton } from "./automaton.js";
import type { Grammar } from "./matcher.js";
import { SPACED, wordsShape } from "./shape.js";
import type { Vocabulary } from "./vocabulary.js";

/**
 * A grammar of exactly these texts, as they are (not JSON).
 *
 * @throws RangeError without options, or where one holds a control byte that the vocabulary has no token for
 */
export function compileChoice(options: readonly string[], vocabulary: Vocabulary): Grammar {
  if (options.length === 0) throw new RangeError("A choice needs at least one option.");
  const root = wordsShape(options);
  const single = new Set(vocabulary.tokenBytes.filter((bytes) => bytes?.length === 1).map((bytes) => bytes![0]));
  const missing = root.words.words.flatMap((word) => [...word]).find((byte) => !single.has(byte));
  if (missing !== undefined) throw new RangeError(`The vocabulary has no token for the byte 0x${missing.toString(16)} of an option.`);
  return new AutomatonGrammar(new Automaton(root, SPACED), vocabulary);
}
