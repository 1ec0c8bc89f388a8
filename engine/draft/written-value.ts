// The value that a reply is writing, without what JSON adds to it: to be found in a source.

const QUOTE = 0x22, BACKSLASH = 0x5c, SPACE = 0x20, SMALL_N = 0x6e, SMALL_T = 0x74;
const STRUCTURE = new Set([..."{}[]:,"].map((sign) => sign.charCodeAt(0)));
/** What is kept of a long value. */
const KEPT_BYTES = 64;

export class WrittenValue {
  readonly #isJson: boolean;
  #isInString = false;
  #isEscaped = false;
  #bytes: number[] = [SPACE];

  constructor(format: "json" | "text") {
    this.#isJson = format === "json";
  }

  /** Its last bytes, with a space before the first: values begin where words do. */
  get bytes(): readonly number[] {
    return this.#bytes;
  }

  /** Whether what comes next is written with JSON's escapes. */
  get isInString(): boolean {
    return this.#isInString;
  }

  push(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (!this.#isJson) this.#add(byte);
      else if (this.#isInString) this.#pushInString(byte);
      else this.#pushOutside(byte);
    }
    if (this.#bytes.length > 2 * KEPT_BYTES) this.#bytes = this.#bytes.slice(-KEPT_BYTES);
  }

  #pushInString(byte: number): void {
    if (this.#isEscaped) {
      this.#isEscaped = false;
      this.#add(byte === SMALL_N || byte === SMALL_T ? SPACE : byte);
    } else if (byte === BACKSLASH) this.#isEscaped = true;
    else if (byte === QUOTE) this.#begin(false);
    else this.#add(byte);
  }

  #pushOutside(byte: number): void {
    if (byte === QUOTE) this.#begin(true);
    else if (STRUCTURE.has(byte)) this.#begin(false);
    else this.#add(byte);
  }

  #begin(isInString: boolean): void {
    this.#isInString = isInString;
    this.#bytes = [SPACE];
  }

  #add(byte: number): void {
    const isSpace = byte === SPACE || (byte >= 0x09 && byte <= 0x0d);
    if (!isSpace) this.#bytes.push(byte);
    else if (this.#bytes[this.#bytes.length - 1] !== SPACE) this.#bytes.push(SPACE);
  }
}
