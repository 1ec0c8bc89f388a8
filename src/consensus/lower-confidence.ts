// Two opinions on how sure a value is -> one.

/** The lower of both; an unknown one does not count. */
export function lowerConfidence(first: number | undefined, second: number | undefined): number | undefined {
  if (first === undefined) return second;
  return second === undefined ? first : Math.min(first, second);
}
