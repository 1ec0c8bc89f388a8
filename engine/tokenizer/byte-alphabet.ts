// The printable characters that byte-level vocabularies write bytes with (Radford et al. 2019, GPT-2).

export interface ByteAlphabet {
  /** The character of each byte, by byte value. */
  readonly characters: readonly string[];
  /** The bytes a token's written form stands for; undefined where a character is not of the alphabet. */
  toBytes(form: string): Uint8Array | undefined;
}

/** Printable Latin-1 stands for itself; the other 68 bytes, in order, take the characters from U+0100 on. */
export function createByteAlphabet(): ByteAlphabet {
  const characters: string[] = [];
  const bytes = new Map<string, number>();
  let shifted = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    characters[byte] = String.fromCharCode(printable ? byte : shifted++);
    bytes.set(characters[byte], byte);
  }
  return {
    characters,
    toBytes(form) {
      const result = new Uint8Array(form.length);
      for (let i = 0; i < form.length; i++) {
        const byte = bytes.get(form[i]);
        if (byte === undefined) return undefined;
        result[i] = byte;
      }
      return result;
    },
  };
}
