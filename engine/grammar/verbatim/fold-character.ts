// Which spellings of a character count as the same: letter case and width.

const WIDE_FIRST = 0xff01;
const WIDE_LAST = 0xff5e;
const WIDE_SHIFT = 0xfee0;
const REPLACEMENT = 0xfffd;

/** One code point for one: full-width forms as plain ones, capitals as small letters. Of a lone surrogate, U+FFFD. */
export function foldCharacter(character: number): number {
  if (isSurrogate(character)) return REPLACEMENT;
  const plain = character >= WIDE_FIRST && character <= WIDE_LAST ? character - WIDE_SHIFT : character;
  // Over the capital, so that the two small sigmas are one. "ß" has no capital of one letter and stays.
  return single(upper(plain).toLowerCase()) ?? plain;
}

/** The character itself, its capital, and the full-width forms of both. */
export function spellingsOf(folded: number): number[] {
  const forms = [folded, single(upper(folded)) ?? folded];
  return [...forms, ...forms.map((form) => form + WIDE_SHIFT).filter((form) => form >= WIDE_FIRST && form <= WIDE_LAST)];
}

export function isSurrogate(character: number): boolean {
  return character >= 0xd800 && character <= 0xdfff;
}

function upper(character: number): string {
  const text = String.fromCodePoint(character);
  const capital = text.toUpperCase();
  return single(capital) === undefined ? text : capital;
}

function single(text: string): number | undefined {
  const character = text.codePointAt(0)!;
  return text.length === (character > 0xffff ? 2 : 1) ? character : undefined;
}
