// Tokens by what they write after the end of a lexical form: few suffixes, many tokens.
import type { TokenTrie } from "./token-trie.js";

export class SuffixNode {
  readonly bytes: number[] = [];
  readonly children: SuffixNode[] = [];
  /** Tokens that end here. */
  readonly tokens: number[] = [];

  child(byte: number): SuffixNode {
    const index = this.bytes.indexOf(byte);
    if (index >= 0) return this.children[index];
    const child = new SuffixNode();
    this.bytes.push(byte);
    this.children.push(child);
    return child;
  }

  /** Adds all tokens of the branch of `trie` that begins with `node`: their suffixes begin with its byte. */
  addBranch(trie: TokenTrie, node: number): void {
    const path: SuffixNode[] = [this];
    const base = trie.depths[node];
    for (let i = node; i < trie.skips[node]; i++) {
      const depth = trie.depths[i] - base;
      const at = path[depth].child(trie.bytes[i]);
      path[depth + 1] = at;
      if (trie.tokens[i] >= 0) at.tokens.push(trie.tokens[i]);
    }
  }
}
