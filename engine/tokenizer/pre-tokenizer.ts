// Cuts text into the words inside which byte pairs are merged; one pattern per value of `tokenizer.ggml.pre`.
import { TokenizerError } from "../error/tokenizer-error.js";

// `\s` is written as \p{White_Space}: JavaScript's own holds U+FEFF and lacks U+0085, the references' the reverse.
// Every pattern matches every character, so no text falls between two words.

/** Of tokenizer.json of Qwen2. Contractions are ASCII only, as in llama.cpp (Oniguruma would also take U+017F for s). */
const QWEN2 =
  "'(?:[sdmtSDMT]|[lL][lL]|[vV][eE]|[rR][eE])|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\p{White_Space}\\p{L}\\p{N}]+[\\r\\n]*" +
  "|\\p{White_Space}*[\\r\\n]+|\\p{White_Space}+(?!\\P{White_Space})|\\p{White_Space}+";

/** GPT-2's pattern after each digit was split off: the text before a digit ends there, which the lookahead says. */
const SMOLLM =
  "'(?:[sdmt]|ll|ve|re)| ?\\p{L}+|\\p{N}| ?[^\\p{White_Space}\\p{L}\\p{N}]+" +
  "|\\p{White_Space}+(?![^\\p{White_Space}\\p{N}])|\\p{White_Space}+";

const PATTERNS: ReadonlyMap<string, string> = new Map([
  ["qwen2", QWEN2],
  ["deepseek-r1-qwen", QWEN2],
  ["smollm", SMOLLM],
]);

/** Calls `visit` with each word of a well-formed text, in order. */
export type PreTokenizer = (text: string, visit: (word: string) => void) => void;

/** @throws TokenizerError where the name is none of the known ones. */
export function createPreTokenizer(name: string): PreTokenizer {
  const source = PATTERNS.get(name);
  if (!source) {
    throw new TokenizerError(`The model's pre-tokenizer (${name}) is not supported.`, {
      hint: `Use a model with one of these: ${[...PATTERNS.keys()].join(", ")}.`,
    });
  }
  const pattern = new RegExp(source, "gu");
  return (text, visit) => {
    try {
      for (const match of text.matchAll(pattern)) visit(match[0]);
    } catch (cause) {
      // V8 keeps a place to go back to for every character of a run, in memory that is bounded.
      if (!(cause instanceof RangeError)) throw cause;
      throw new TokenizerError("The text holds a run of millions of characters without a break.", {
        cause,
        hint: "Cut the text into parts.",
      });
    }
  };
}
