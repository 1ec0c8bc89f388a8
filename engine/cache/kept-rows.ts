// Keys and values of a prompt's beginning that lie in a file, to be read into a tree once there is one for them.
import type { KvRows } from "./kv-buffer.js";

/** A shorter common beginning is not worth keeping, reading or waiting for. */
export const SHORTEST_SHARED_TOKENS = 16;

export interface KeptRows {
  /** As `KvBuffer.exportRows` gives them; undefined where they cannot be read. Never rejects. */
  read(): Promise<KvRows | undefined>;
  /** How many of them belong to the prompt, from the first. */
  count: number;
}

/** How many of the first `limit` tokens are the same. */
export function commonLength(a: ArrayLike<number>, b: ArrayLike<number>, limit: number): number {
  const end = Math.min(a.length, b.length, limit);
  let length = 0;
  while (length < end && a[length] === b[length]) length++;
  return length;
}
