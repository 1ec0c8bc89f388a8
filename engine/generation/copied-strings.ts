// Places of copied strings in the reply: from bytes, which the grammar counts, to the text's UTF-16 code units.
import type { VerbatimMatch } from "../grammar/matcher.js";
import type { CopiedString } from "../request.js";

/** Strings that a cut reply leaves open are not among the matches. */
export function copiedStrings(text: string, matches: readonly VerbatimMatch[]): CopiedString[] {
  let bytes = 0;
  let units = 0;
  const unitsAt = (place: number): number => {
    for (; bytes < place; units++) {
      const unit = text.charCodeAt(units);
      // A pair of surrogates is four bytes.
      bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 2 : 3;
    }
    return units;
  };
  return matches.map(({ startByte, endByte, source, spans }) => {
    const start = unitsAt(startByte);
    return { start, end: unitsAt(endByte), source, spans };
  });
}
