// Text of a token stream as it grows: a character may be spread over several tokens.
import type { Tokenizer } from "./tokenizer.js";

export interface StreamDecoder {
  /** The text that became complete with this token; may be empty. */
  push(token: number): string;
  /** What is left: U+FFFD where the stream ended inside a character. */
  end(): string;
}

/** The pieces, joined, are `tokenizer.decode` of all tokens. */
export function createStreamDecoder(tokenizer: Pick<Tokenizer, "tokenBytes">): StreamDecoder {
  // `ignoreBOM: true` keeps U+FEFF in the text.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return {
    push: (token) => decoder.decode(tokenizer.tokenBytes[token] ?? new Uint8Array(), { stream: true }),
    end: () => decoder.decode(),
  };
}
