// Counts the characters (code points) of a JSON string as its bytes come, escapes and surrogate pairs counted once.

const BACKSLASH = 0x5c;

/** Immutable. */
export interface CharacterCount {
  readonly count: number;
  /** What is written of an open escape. */
  readonly escape: string;
}

export const NO_CHARACTERS: CharacterCount = { count: 0, escape: "" };

/** @param byte inside the string */
export function countCharacter(before: CharacterCount, byte: number): CharacterCount {
  const { count, escape } = before;
  if (escape !== "") return continueEscape(count, escape + String.fromCharCode(byte));
  if (byte === BACKSLASH) return { count: count + 1, escape: "\\" };
  return (byte & 0xc0) === 0x80 ? before : { count: count + 1, escape: "" };
}

function continueEscape(count: number, escape: string): CharacterCount {
  if (!escape.startsWith("\\u")) return { count, escape: "" };
  // The second half of a pair adds nothing to the first.
  const isSecondHalf = /^\\u[dD][c-fC-F]$/.test(escape);
  return { count: isSecondHalf ? count - 1 : count, escape: escape.length === 6 ? "" : escape };
}
