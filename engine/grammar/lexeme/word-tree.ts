// A set of byte strings that grows without changing: a trie that shares with its predecessor all but the way to the new word.

const NONE: readonly never[] = [];

/** Immutable but for its memories. A node is the set of what may follow its prefix. */
export class WordTree {
  /** Bytes of words, and the sets after them; of a sole word they are made when asked for. */
  #bytes: readonly number[] | undefined;
  #children: readonly WordTree[] | undefined;

  private constructor(
    /** How many words there are. */
    readonly count: number,
    readonly isWord: boolean,
    /** The sole word, from `from` on. */
    private readonly sole: Uint8Array | undefined,
    private readonly from: number,
  ) {}

  static empty(): WordTree {
    return WordTree.#branching(0, false, NONE, NONE);
  }

  static of(words: Iterable<Uint8Array>): WordTree {
    let tree = WordTree.empty();
    for (const word of words) tree = tree.with(word);
    return tree;
  }

  /** The bytes that words begin with, in no order. */
  get bytes(): readonly number[] {
    return (this.#bytes ??= this.isWord ? NONE : [this.sole![this.from]]);
  }

  child(byte: number): WordTree | undefined {
    const index = this.bytes.indexOf(byte);
    if (index < 0) return undefined;
    this.#children ??= [WordTree.#rest(this.sole!, this.from + 1)];
    return this.#children[index];
  }

  /** The set with one word more. */
  with(word: Uint8Array): WordTree {
    const path: WordTree[] = [this];
    // Loops, so that no word is too long for the call stack.
    for (const byte of word) {
      const child = path.at(-1)!.child(byte);
      if (!child) break;
      path.push(child);
    }
    const last = path.at(-1)!;
    const isInside = path.length > word.length;
    if (isInside && last.isWord) return this;
    let tree = isInside ? WordTree.#branching(last.count + 1, true, last.bytes, last.#childrenOf()) : WordTree.#rest(word, path.length);
    for (let i = Math.min(path.length, word.length) - 1; i >= 0; i--) tree = path[i].#replacing(word[i], tree);
    return tree;
  }

  #childrenOf(): readonly WordTree[] {
    return this.bytes.map((byte) => this.child(byte)!);
  }

  #replacing(byte: number, child: WordTree): WordTree {
    const index = this.bytes.indexOf(byte);
    const children = this.#childrenOf();
    if (index < 0) return WordTree.#branching(this.count + 1, this.isWord, [...this.bytes, byte], [...children, child]);
    return WordTree.#branching(this.count + 1, this.isWord, this.bytes, children.with(index, child));
  }

  static #rest(word: Uint8Array, from: number): WordTree {
    return new WordTree(1, from === word.length, word, from);
  }

  static #branching(count: number, isWord: boolean, bytes: readonly number[], children: readonly WordTree[]): WordTree {
    const tree = new WordTree(count, isWord, undefined, 0);
    tree.#bytes = bytes;
    tree.#children = children;
    return tree;
  }
}
