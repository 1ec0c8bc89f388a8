// Counts the characters (code points) of a JSON string as its bytes come, escapes and surrogate pairs counted once.

const BACKSLASH = 0x5c;

/** Immutable. */
export class CharacterCount {
  static readonly none = new CharacterCount(0, "");

  private constructor(
    readonly count: number,
    /** What is written of an open escape. */
    private readonly escape: string,
  ) {}

  /** @param isOpening whether the byte is the quote that opens the string */
  after(byte: number, isOpening: boolean): CharacterCount {
    if (isOpening) return CharacterCount.none;
    if (this.escape !== "") return this.#inEscape(String.fromCharCode(byte));
    if (byte === BACKSLASH) return new CharacterCount(this.count + 1, "\\");
    return (byte & 0xc0) === 0x80 ? this : new CharacterCount(this.count + 1, "");
  }

  #inEscape(character: string): CharacterCount {
    const escape = this.escape + character;
    if (!escape.startsWith("\\u")) return new CharacterCount(this.count, "");
    // The second half of a pair adds nothing to the first.
    const count = /^\\u[dD][c-fC-F]$/.test(escape) ? this.count - 1 : this.count;
    return new CharacterCount(count, escape.length === 6 ? "" : escape);
  }
}
