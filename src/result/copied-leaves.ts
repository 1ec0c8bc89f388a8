// The strings of a reply that the model copied under constraint, by the place of their leaf.
import type { GenerationResult } from "../model/language-model.js";
import { locateLeaves, type TextRange } from "./locate-leaves.js";

/** A string as it was written, and all its places in the document's text. */
export interface CopiedLeaf {
  written: unknown;
  places: readonly TextRange[];
}

/**
 * By JSON pointer. Empty for models that do not decode under the schema themselves.
 *
 * @throws {SyntaxError} where the reply is no JSON.
 */
export function copiedLeaves({ text, verbatim = [] }: GenerationResult): Map<string, CopiedLeaf> {
  const copies = new Map<string, CopiedLeaf>();
  if (verbatim.length === 0) return copies;
  const byStart = new Map(verbatim.map(({ start, spans }) => [start, spans]));
  for (const [pointer, { start, end }] of locateLeaves(text)) {
    const places = byStart.get(start);
    if (places) copies.set(pointer, { written: JSON.parse(text.slice(start, end)), places });
  }
  return copies;
}
