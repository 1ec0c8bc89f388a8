// Cuts a text that goes on after written tokens as the tokenizer would cut it there.
import type { Tokenizer } from "../tokenizer/tokenizer.js";

/**
 * @param written Ids of the last tokens: what comes next may be cut together with them.
 * @returns Ids of `next`, without those at its end that what follows could change.
 */
export function cutAfter(written: readonly number[], next: Uint8Array, { tokenBytes, encodeOpen }: Pick<Tokenizer, "tokenBytes" | "encodeOpen">): number[] {
  const before = Buffer.concat(written.map((id) => tokenBytes[id] ?? new Uint8Array()));
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const start = firstCharacter(before);
  const { ids, settledCount } = encodeOpen(decoder.decode(Buffer.concat([before.subarray(start), next]), { stream: true }));
  let at = 0;
  let bytes = start;
  for (; bytes < before.length && at < ids.length; at++) bytes += tokenBytes[ids[at]]?.length ?? 0;
  return bytes === before.length ? ids.slice(at, Math.max(at, settledCount)) : [];
}

/** Where the first character of UTF-8 begins that is not cut. */
function firstCharacter(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length && (bytes[at] & 0xc0) === 0x80) at++;
  return at;
}
