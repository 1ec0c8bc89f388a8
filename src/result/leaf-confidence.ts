// Lays the probabilities of tokens over the values they wrote.
import type { GeneratedToken } from "../model/language-model.js";
import { locateLeaves, type TextRange } from "./locate-leaves.js";

/**
 * For each leaf of a JSON reply, the probability of the least likely token that wrote any part of it
 * (a token that also holds the closing quote or a comma counts). The minimum told right from wrong values better
 * than the mean. Leaves that no token overlaps are left out: their confidence is unknown.
 *
 * @param tokens in the order of the text.
 * @throws {SyntaxError} where the text is no JSON.
 */
export function leafConfidence(jsonText: string, tokens: readonly GeneratedToken[]): Map<string, number> {
  const confidences = new Map<string, number>();
  if (tokens.length === 0) return confidences;
  let first = 0;
  for (const [pointer, range] of locateLeaves(jsonText)) {
    while (first < tokens.length && endOf(tokens[first]) <= range.start) first++;
    const lowest = lowestLogprob(tokens, first, range);
    if (lowest !== undefined) confidences.set(pointer, Math.min(1, Math.exp(lowest)));
  }
  return confidences;
}

function lowestLogprob(tokens: readonly GeneratedToken[], first: number, range: TextRange): number | undefined {
  let lowest: number | undefined;
  for (let at = first; at < tokens.length && tokens[at].start < range.end; at++) {
    lowest = Math.min(lowest ?? 0, tokens[at].logprob);
  }
  return lowest;
}

/** A token that holds only the beginning of a character has no width of its own; it belongs where it starts. */
function endOf(token: GeneratedToken): number {
  return Math.max(token.end, token.start + 1);
}
