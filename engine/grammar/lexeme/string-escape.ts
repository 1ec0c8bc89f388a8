// The inside of a JSON string at byte level: UTF-8 (Unicode 15, table 3-7) and escapes (RFC 8259, section 7).

/** Between two characters; every other state is inside one. */
export const PLAIN = 0;
/** States are below this number. */
export const CHARACTER_STATES = 32;

const TAIL1 = 1, TAIL2 = 2, TAIL3 = 3, AFTER_E0 = 4, AFTER_ED = 5, AFTER_F0 = 6, AFTER_F4 = 7;
const ESCAPE = 8, HEX4 = 9, HEX3 = 10, HEX2 = 11, HEX1 = 12, AFTER_D = 13;
const HIGH2 = 14, HIGH1 = 15, LOW_SLASH = 16, LOW_U = 17, LOW_D = 18, LOW_C = 19;
const CONTROL4 = 20, CONTROL3 = 21, CONTROL2 = 22, AFTER_000 = 23, AFTER_001 = 24;

/** Bytes from each state to the end of its character. */
export const BYTES_LEFT: readonly number[] = [0, 1, 2, 3, 2, 2, 3, 3, 1, 4, 3, 2, 1, 3, 8, 7, 6, 5, 4, 3, 4, 3, 2, 1, 1];

export type EscapeStyle =
  /** Whatever JSON allows, surrogates only in pairs. */
  | "any"
  /** As JSON.stringify writes them, only where there is no plain form: equal texts have equal bytes. */
  | "canonical";

/** `table[state << 8 | byte]` is the next state, or -1. The closing quote is not part of the body. Do not write. */
export const CHARACTER_TABLES: Readonly<Record<EscapeStyle, Int8Array>> = {
  any: createCharacterTable("any"),
  canonical: createCharacterTable("canonical"),
};

function createCharacterTable(style: EscapeStyle): Int8Array {
  const table = new Int8Array(CHARACTER_STATES << 8).fill(-1);
  const span = (state: number, first: number, last: number, next: number) => {
    table.fill(next, (state << 8) | first, ((state << 8) | last) + 1);
  };
  const hex = (state: number, next: number) => {
    span(state, 0x30, 0x39, next);
    span(state, 0x41, 0x46, next);
    span(state, 0x61, 0x66, next);
  };
  const letters = (state: number, text: string, next: number) => {
    for (const letter of text) span(state, letter.charCodeAt(0), letter.charCodeAt(0), next);
  };
  addCharacters(span);
  letters(ESCAPE, '"\\bfnrt', PLAIN);
  if (style === "canonical") {
    // The control characters without a short escape, in lower case.
    letters(ESCAPE, "u", CONTROL4);
    letters(CONTROL4, "0", CONTROL3);
    letters(CONTROL3, "0", CONTROL2);
    letters(CONTROL2, "0", AFTER_000);
    letters(CONTROL2, "1", AFTER_001);
    letters(AFTER_000, "01234567bef", PLAIN);
    letters(AFTER_001, "0123456789abcdef", PLAIN);
    return table;
  }
  letters(ESCAPE, "/", PLAIN);
  letters(ESCAPE, "u", HEX4);
  hex(HEX4, HEX3);
  letters(HEX4, "dD", AFTER_D);
  hex(HEX3, HEX2);
  hex(HEX2, HEX1);
  hex(HEX1, PLAIN);
  // D800-DBFF must be followed by DC00-DFFF, and DC00-DFFF never stands alone.
  span(AFTER_D, 0x30, 0x37, HEX2);
  letters(AFTER_D, "89abAB", HIGH2);
  hex(HIGH2, HIGH1);
  hex(HIGH1, LOW_SLASH);
  letters(LOW_SLASH, "\\", LOW_U);
  letters(LOW_U, "u", LOW_D);
  letters(LOW_D, "dD", LOW_C);
  letters(LOW_C, "cdefCDEF", HEX2);
  return table;
}

function addCharacters(span: (state: number, first: number, last: number, next: number) => void): void {
  span(PLAIN, 0x20, 0x7f, PLAIN);
  span(PLAIN, 0x22, 0x22, -1);
  span(PLAIN, 0x5c, 0x5c, ESCAPE);
  span(PLAIN, 0xc2, 0xdf, TAIL1);
  span(PLAIN, 0xe0, 0xef, TAIL2);
  span(PLAIN, 0xe0, 0xe0, AFTER_E0);
  span(PLAIN, 0xed, 0xed, AFTER_ED);
  span(PLAIN, 0xf0, 0xf4, TAIL3);
  span(PLAIN, 0xf0, 0xf0, AFTER_F0);
  span(PLAIN, 0xf4, 0xf4, AFTER_F4);
  span(TAIL1, 0x80, 0xbf, PLAIN);
  span(TAIL2, 0x80, 0xbf, TAIL1);
  span(TAIL3, 0x80, 0xbf, TAIL2);
  span(AFTER_E0, 0xa0, 0xbf, TAIL1);
  span(AFTER_ED, 0x80, 0x9f, TAIL1);
  span(AFTER_F0, 0x90, 0xbf, TAIL2);
  span(AFTER_F4, 0x80, 0x8f, TAIL2);
}
