// Further properties whose names must differ: what each costs at least.
import type { FreeProperties, JsonStyle } from "../../shape.js";
import { ExceptLexeme } from "../../lexeme/except-lexeme.js";
import { WordList } from "../../lexeme/word-list.js";
import { wayText } from "./unique-items.js";

/** More further names than this are not looked for ahead: none may be needed. */
const MAX_NEEDED_NAMES = 64;

/**
 * Bytes of the `count` shortest further properties with different names, ascending, comma included; fewer where there
 * are no more, or too many are wanted. With n names written, whichever they are, the shortest other one costs no more than number n + 1.
 */
export function freeCosts(free: readonly FreeProperties[], style: JsonStyle, count: number): number[] {
  const joints = 2 + style.colon.length + style.comma.length;
  const names: string[] = [];
  const costs: number[] = [];
  while (costs.length < Math.min(count, MAX_NEEDED_NAMES)) {
    const options = free.map(({ key, value }) => {
      const lexeme = names.length === 0 ? key : new ExceptLexeme(key, new WordList(names));
      return { lexeme, bytes: lexeme.distance(lexeme.start) + value.minimumBytes + joints };
    });
    const best = options.reduce((a, b) => (b.bytes < a.bytes ? b : a), options[0]);
    if (!best || best.bytes === Infinity) break;
    costs.push(best.bytes);
    if (costs.length < count) names.push(Buffer.from(wayText(best.lexeme, best.lexeme.start), "latin1").toString());
  }
  return costs;
}
