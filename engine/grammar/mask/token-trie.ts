// Token bytes as one trie in flat depth-first arrays: walking it is a loop, leaving a branch is one jump.
import { compareBytes } from "../lexeme/word-list.js";

export interface TokenTrie {
  readonly length: number;
  /** Byte of each node. */
  readonly bytes: Uint8Array;
  /** Depth of each node; 0 is a first byte. */
  readonly depths: Uint16Array;
  /** The token that ends at each node, or -1. */
  readonly tokens: Int32Array;
  /** The first node after each node's branch. */
  readonly skips: Int32Array;
  /** Pairs (token in the trie, further token with the same bytes), flat. */
  readonly twins: Int32Array;
  readonly longestBytes: number;
  /** The node of each first byte, or -1. */
  readonly roots: Int32Array;
}

/** @param ids the tokens to hold, none of them empty */
export function createTokenTrie(tokenBytes: readonly (Uint8Array | undefined)[], ids: readonly number[]): TokenTrie {
  const bytesOf = (id: number) => tokenBytes[id]!;
  const sorted = ids.toSorted((a, b) => compareBytes(bytesOf(a), bytesOf(b)) || a - b);
  const capacity = sorted.reduce((sum, id) => sum + bytesOf(id).length, 0);
  const bytes = new Uint8Array(capacity);
  const depths = new Uint16Array(capacity);
  const tokens = new Int32Array(capacity).fill(-1);
  const skips = new Int32Array(capacity);
  const twins: number[] = [];
  const path: number[] = [];
  let length = 0;
  let longestBytes = 0;
  let previous = new Uint8Array(0);
  for (const id of sorted) {
    const current = bytesOf(id);
    let shared = 0;
    while (shared < previous.length && shared < current.length && previous[shared] === current[shared]) shared++;
    while (path.length > shared) skips[path.pop()!] = length;
    for (let depth = shared; depth < current.length; depth++) {
      bytes[length] = current[depth];
      depths[length] = depth;
      path.push(length++);
    }
    const last = path[path.length - 1];
    if (tokens[last] < 0) tokens[last] = id;
    else twins.push(tokens[last], id);
    longestBytes = Math.max(longestBytes, current.length);
    previous = current as Uint8Array<ArrayBuffer>;
  }
  while (path.length > 0) skips[path.pop()!] = length;
  const roots = new Int32Array(256).fill(-1);
  for (let node = 0; node < length; node = skips[node]) roots[bytes[node]] = node;
  return {
    length,
    roots,
    bytes: bytes.slice(0, length),
    depths: depths.slice(0, length),
    tokens: tokens.slice(0, length),
    skips: skips.slice(0, length),
    twins: Int32Array.from(twins),
    longestBytes,
  };
}

/** The node below `parent` (-1 for the root) whose byte is `byte`, or -1. */
export function trieChild(trie: TokenTrie, parent: number, byte: number): number {
  if (parent < 0) return trie.roots[byte];
  const end = trie.skips[parent];
  for (let node = parent + 1; node < end; node = trie.skips[node]) {
    if (trie.bytes[node] === byte) return node;
    if (trie.bytes[node] > byte) return -1;
  }
  return -1;
}
