// The reply's text with the place of each token in it. `write.ts` fills it.
import type { OutputToken } from "../request.js";
import { createStreamDecoder, type StreamDecoder } from "../tokenizer/stream-decoder.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import { ForcedText } from "./forced-text.js";

export class ReplyText {
  readonly #tokenizer: Tokenizer;
  readonly #decoder: StreamDecoder;
  readonly tokens: OutputToken[] = [];
  readonly forced: ForcedText;
  text = "";
  /** Tokens from this index on end inside a character that is not complete yet. */
  #open = 0;

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
    this.#decoder = createStreamDecoder(tokenizer);
    this.forced = new ForcedText(tokenizer);
  }

  /** Takes over what is given of the reply; its tokens are not the model's. */
  begin(tokens: readonly number[]): string {
    for (const id of tokens) {
      this.#extend(this.#decoder.push(id));
      this.forced.push(id);
    }
    return this.text;
  }

  push({ id, logprob, isForced }: Omit<OutputToken, "start" | "end">): string {
    const start = this.text.length;
    const delta = this.#decoder.push(id);
    this.tokens.push({ id, start, end: start, logprob, isForced });
    this.forced.push(id);
    if (delta) this.#extend(delta);
    if (delta && endsInsideCharacter(this.#tokenizer.tokenBytes[id])) this.#open--;
    return delta;
  }

  /** What is left where the reply ends inside a character. */
  end(): string {
    const rest = this.#decoder.end();
    this.#extend(rest);
    return rest;
  }

  #extend(delta: string): void {
    this.text += delta;
    for (; this.#open < this.tokens.length; this.#open++) this.tokens[this.#open].end = this.text.length;
  }
}

/** Whether a token that begins a character (of UTF-8) leaves it incomplete. */
function endsInsideCharacter(bytes: Uint8Array = new Uint8Array()): boolean {
  const lead = bytes.findLastIndex((byte) => (byte & 0xc0) !== 0x80);
  if (lead < 0 || bytes[lead] < 0xc0) return false;
  const length = bytes[lead] < 0xe0 ? 2 : bytes[lead] < 0xf0 ? 3 : 4;
  return bytes.length - lead < length;
}
