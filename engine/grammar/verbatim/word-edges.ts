// Where words begin and end. Letters and digits make words; scripts without spaces, and signs, can be parted anywhere.

const OTHER = 0, LETTER = 1, DIGIT = 2, MARK = 3, POINT = 4;

const unspaced = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]/u;

/**
 * Before each character and at the end: 1 where a word may begin or end. Runs of letters and runs of digits are words;
 * a point or comma between two digits parts nothing, so that no amount is cut; combining marks stay with their letter.
 *
 * @param characters ids, the key of `alphabet`, which has their code points
 */
export function findWordEdges(characters: Int32Array, alphabet: readonly number[]): Uint8Array {
  const kinds = alphabet.map(kindOf);
  const { length } = characters;
  const edges = new Uint8Array(length + 1).fill(1);
  /** Kind of the previous character; of a mark, that of its letter. */
  let before = OTHER;
  for (let at = 0; at < length; at++) {
    const kind = kinds[characters[at]];
    if (kind === MARK) {
      if (at > 0) edges[at] = 0;
      continue;
    }
    if (kind === before && (kind === LETTER || kind === DIGIT)) edges[at] = 0;
    if (kind === POINT && before === DIGIT && at + 1 < length && kinds[characters[at + 1]] === DIGIT) {
      edges[at] = 0;
      edges[at + 1] = 0;
    }
    before = kind;
  }
  return edges;
}

function kindOf(character: number): number {
  const text = String.fromCodePoint(character);
  if (text === "." || text === ",") return POINT;
  if (/\p{M}/u.test(text)) return MARK;
  if (/\p{Nd}/u.test(text)) return DIGIT;
  return /\p{L}/u.test(text) && !unspaced.test(text) ? LETTER : OTHER;
}
