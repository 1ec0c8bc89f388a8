// The text of a prompt as replies copy it: bytes, with each run of white space as one space, and where parts of it end.
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import { TokenText } from "./token-text.js";
import { type Repeat, RepeatIndex } from "./repeat-index.js";

const LINE_FEED = 0x0a, SPACE = 0x20, FULL_STOP = 0x2e, SEMICOLON = 0x3b;
/** Signs of three bytes before and after which values end. */
const WIDE_SIGNS = new Set(Array.from("。；，、：（", (sign) => Buffer.from(sign).readUIntBE(0, 3)));

/** Made once per prompt, in time and memory of its length: some 20 bytes a byte. */
export class PromptText {
  /** Its tokens as they are: examples of replies are among them. */
  readonly tokens: TokenText;
  readonly #index: RepeatIndex;
  /** 1 where a line or a part of a sentence ends before the byte, or before the space that it is. */
  readonly #breaks: Uint8Array;

  constructor(prompt: readonly number[], tokenBytes: Tokenizer["tokenBytes"]) {
    const size = prompt.reduce((sum, id) => sum + (tokenBytes[id]?.length ?? 0), 0);
    this.#index = new RepeatIndex({ runs: [8, 3], maxMatch: 48, size });
    this.#breaks = new Uint8Array(size + 1);
    this.tokens = new TokenText(prompt.length);
    let before = 0;
    for (const id of prompt) {
      this.tokens.push(id);
      for (const byte of tokenBytes[id] ?? []) {
        const isSpace = byte === SPACE || (byte >= 0x09 && byte <= 0x0d);
        if (!isSpace || before !== SPACE) this.#index.append(isSpace ? SPACE : byte);
        this.#markBreaks(byte, before);
        before = isSpace ? SPACE : byte;
      }
    }
  }

  /** The place that agrees longest with the end of a value, for three bytes at least. */
  find(value: ArrayLike<number>): Repeat | undefined {
    return this.#index.find(value);
  }

  bytes(start: number, end: number): Uint8Array {
    return Uint8Array.from(this.#index.slice(start, end));
  }

  isBreak(place: number): boolean {
    return this.#breaks[place] === 1;
  }

  #markBreaks(byte: number, before: number): void {
    const { length } = this.#index;
    if (byte === LINE_FEED || (byte === SPACE && (before === FULL_STOP || before === SEMICOLON))) this.#breaks[length - 1] = 1;
    if (byte < 0x80 || length < 3) return;
    const [a, b, c] = this.#index.slice(length - 3, length);
    if (WIDE_SIGNS.has((a << 16) | (b << 8) | c)) this.#breaks[length - 3] = this.#breaks[length] = 1;
  }
}
