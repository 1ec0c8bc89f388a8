// The rest of one of several texts.
import type { WordList } from "../../lexeme/word-list.js";
import { Node, type NodeMaker } from "./node.js";

/** The rest of one of the words `[low, high)`, of which `position` bytes were written; then `next`. */
export class WordsNode extends Node {
  readonly distance: number;

  constructor(
    id: number,
    private readonly maker: NodeMaker,
    readonly words: WordList,
    readonly low: number,
    readonly high: number,
    readonly position: number,
    readonly next: Node,
  ) {
    super(id);
    this.distance = words.shortest(low, high) - position + next.distance;
  }

  /** Where all words are one. */
  get soleByte(): number {
    return this.high - this.low === 1 ? (this.words.words[this.low][this.position] ?? -1) : -1;
  }

  override get reads(): boolean {
    return this.high - this.low > 1 || !this.#isWhole();
  }

  override passes(): readonly Node[] {
    return this.#isWhole() ? [this.next] : [];
  }

  step(byte: number): Node | undefined {
    const [low, high] = this.words.narrow(this.low, this.high, this.position, byte);
    return low < high ? wordsNode(this.maker, this.words, [low, high, this.position + 1], this.next) : undefined;
  }

  override rejoin(next: Node): Node {
    return wordsNode(this.maker, this.words, [this.low, this.high, this.position], next);
  }

  firstBytes(): readonly number[] {
    return this.words.bytesAt(this.low, this.high, this.position);
  }

  #isWhole(): boolean {
    return this.words.words[this.low].length === this.position;
  }
}

/** @param place low, high, position */
export function wordsNode(maker: NodeMaker, words: WordList, place: readonly [number, number, number], next: Node): Node {
  const [low, high, position] = place;
  const index = (low * (words.words.length + 1) + high) * (words.longest + 1) + position;
  return maker.intern(next, words, index, (id) => new WordsNode(id, maker, words, low, high, position, next));
}
