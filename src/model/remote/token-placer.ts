// Gives the tokens of a server's reply their offsets in the reply's text.
import type { GeneratedToken } from "../language-model.js";
import type { ServerToken } from "./remote-protocol.js";

/** A token of the reply's content; `start` and `end` are UTF-16 offsets into it. */
export type PlacedToken = GeneratedToken & { server: ServerToken };

export interface TokenPlacer {
  readonly placed: PlacedToken[];
  push(content: string, tokens: readonly ServerToken[]): void;
}

/**
 * Gives tokens their offsets chunk by chunk. Where a chunk's tokens do not spell its text (a server that
 * holds back half a character, or withholds a mark), the chunk counts as one stretch.
 */
export function createTokenPlacer(): TokenPlacer {
  const placed: PlacedToken[] = [];
  let textLength = 0;
  let heldLogprob = 0;

  function push(content: string, tokens: readonly ServerToken[]): void {
    if (content === "") {
      for (const token of tokens) heldLogprob += token.logprob;
      return;
    }
    const spelled = Buffer.concat(tokens.map(bytesOf));
    if (tokens.length > 0 && spelled.equals(Buffer.from(content))) {
      let sizeBytes = 0;
      let start = textLength;
      for (const token of tokens) {
        sizeBytes += bytesOf(token).length;
        const end = textLength + wholeCharacters(spelled, sizeBytes);
        placed.push({ start, end, logprob: token.logprob + heldLogprob, server: token });
        heldLogprob = 0;
        start = end;
      }
    } else if (tokens.length > 0) {
      const logprob = tokens.reduce((sum, token) => sum + token.logprob, heldLogprob);
      placed.push({ start: textLength, end: textLength + content.length, logprob, server: tokens[0] });
      heldLogprob = 0;
    }
    textLength += content.length;
  }
  return { placed, push };
}

function bytesOf(token: ServerToken): Uint8Array {
  return token.bytes ? Uint8Array.from(token.bytes) : Buffer.from(token.token);
}

/** UTF-16 length of the first bytes, rounded up to the end of the character they end in. */
function wholeCharacters(bytes: Buffer, sizeBytes: number): number {
  let end = sizeBytes;
  while (end < bytes.length && (bytes[end] & 0xc0) === 0x80) end += 1;
  return bytes.toString("utf8", 0, end).length;
}
