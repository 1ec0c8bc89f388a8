// A lexical form without some of its texts: free property names, bans, items that must differ.
import { type Exceptions, Lexeme } from "./lexeme.js";
import type { WordList } from "./word-list.js";
import { WordTree } from "./word-tree.js";

const encoder = new TextEncoder();

/** A place inside the beginnings of excluded words. */
interface Branch {
  inner: number;
  /** What is left of the words that begin with what is written. */
  words: WordTree;
  /** -1 where it is not known. */
  rank: number;
  /** Another branch of the same words, -1 none. */
  other: number;
}

/** The branches of forms that differ in their words alone: where the same words are left, they share them. */
interface Branches {
  /** The form that stands for all of them. */
  owner: ExceptLexeme;
  all: Branch[];
  /** By the words left: the first branch. */
  numbers: Map<WordTree, number>;
}

/** The search for a way on from one branch. */
interface Search {
  state: number;
  best: number;
  /** Nothing shorter need be looked for. */
  goal: number;
  /** Ways on that are beginnings of words themselves. */
  branches: number[];
}

/** Where more words than this begin alike, any way out of them will do, short or not. */
const MANY_WORDS = 64;

/**
 * Exactly the texts of `inner` but for `words`, byte by byte: where a text has several spellings, `inner` must
 * allow only one of them. Even states are the inner form's (twice their number) once no word can match any more,
 * odd ones number the branches, which are found as they are needed.
 *
 * A string form with a saturated counter must saturate above the characters of the longest token, not at them: then
 * every saturated state has room for one character more than was counted, and that leads out of any word.
 */
export class ExceptLexeme extends Lexeme {
  override readonly isStringBody: boolean;
  readonly start: number;
  readonly #words: WordTree;
  readonly #branches: Branches;

  /** @param near the form whose words these are, and few more */
  constructor(
    readonly inner: Lexeme,
    words: WordList | WordTree,
    near?: ExceptLexeme,
  ) {
    super();
    this.isStringBody = inner.isStringBody;
    this.#branches = near ? near.#branches : { owner: this, all: [], numbers: new Map() };
    this.#words = words instanceof WordTree ? words : WordTree.of(words.words);
    this.start = this.#intern(inner.start, this.#words);
  }

  /** This form without one more text. */
  without(text: string): ExceptLexeme {
    return new ExceptLexeme(this.inner, this.#words.with(encoder.encode(text)), this);
  }

  step(state: number, byte: number): number {
    const next = this.#advance(state, byte);
    return next < 0 || isInner(next) || this.distance(next) < Infinity ? next : -1;
  }

  isWhole(state: number): boolean {
    return this.inner.isWhole(this.#innerState(state)) && !this.#isWord(state);
  }

  distance(state: number): number {
    if (isInner(state)) return this.inner.distance(state / 2);
    if (this.isWhole(state)) return 0;
    const { rank } = this.#branch(state);
    return rank >= 0 ? rank : this.#rank(state);
  }

  override reduce(state: number): { lexeme: Lexeme; state: number } {
    return isInner(state) ? this.inner.reduce(state / 2) : { lexeme: this.#branches.owner, state };
  }

  override exceptions(state: number): Exceptions {
    if (isInner(state)) return { lexeme: this.inner, state: state / 2, words: undefined };
    const { inner, words } = this.#branch(state);
    return { lexeme: this.inner, state: inner, words };
  }

  /** The inner form and its state. */
  innerAt(state: number): { lexeme: Lexeme; state: number } {
    return { lexeme: this.inner, state: this.#innerState(state) };
  }

  override plainRoom(state: number): number {
    return isInner(state) ? this.inner.plainRoom(state / 2) : -1;
  }

  override settleAbove(state: number): number {
    return this.inner.settleAbove(this.#innerState(state));
  }

  override settle(state: number, characters: number): number {
    if (characters <= this.settleAbove(state)) return state;
    const inner = this.inner.settle(this.#innerState(state), characters);
    return isInner(state) ? inner * 2 : this.#intern(inner, this.#branch(state).words);
  }

  /** Iterative: words may be longer than the call stack is deep. */
  #rank(state: number): number {
    const searches = [this.#search(state)];
    for (let search = searches.at(-1); search; search = searches.at(-1)) {
      const branch = this.#isFound(search) ? undefined : search.branches.pop();
      if (branch === undefined) {
        this.#branch(search.state).rank = search.best;
        searches.pop();
        continue;
      }
      const rank = this.isWhole(branch) ? 0 : this.#branch(branch).rank;
      if (rank >= 0) search.best = Math.min(search.best, 1 + rank);
      else {
        search.branches.push(branch);
        searches.push(this.#search(branch));
      }
    }
    return this.#branch(state).rank;
  }

  /** Looks at the ways that lead out of all words; those along words are left for later. */
  #search(state: number): Search {
    const { inner } = this.#branch(state);
    const distance = this.inner.distance(inner);
    const search: Search = { state, best: Infinity, goal: Math.max(1, distance), branches: [] };
    // An empty form may be stepped through, but never ends.
    if (distance === Infinity) return search;
    for (let byte = 0; byte < 256 && search.best > search.goal; byte++) {
      const next = this.#advance(state, byte);
      if (next < 0) continue;
      if (isInner(next)) search.best = Math.min(search.best, 1 + this.inner.distance(next / 2));
      else search.branches.push(next);
    }
    search.branches.reverse();
    return search;
  }

  #isFound({ state, best, goal }: Search): boolean {
    return best <= goal || (best < Infinity && this.#branch(state).words.count > MANY_WORDS);
  }

  #advance(state: number, byte: number): number {
    const inner = this.inner.step(this.#innerState(state), byte);
    if (inner < 0) return -1;
    if (isInner(state)) return inner * 2;
    return this.#intern(inner, this.#branch(state).words.child(byte));
  }

  #innerState(state: number): number {
    return isInner(state) ? state / 2 : this.#branch(state).inner;
  }

  #isWord(state: number): boolean {
    return !isInner(state) && this.#branch(state).words.isWord;
  }

  #branch(state: number): Branch {
    return this.#branches.all[(state - 1) / 2];
  }

  #intern(inner: number, words: WordTree | undefined): number {
    if (!words || words.count === 0) return inner * 2;
    const { all, numbers } = this.#branches;
    const first = numbers.get(words) ?? -1;
    let index = first;
    while (index >= 0 && all[index].inner !== inner) index = all[index].other;
    if (index < 0) {
      index = all.push({ inner, words, rank: -1, other: first }) - 1;
      numbers.set(words, index);
    }
    return index * 2 + 1;
  }
}

function isInner(state: number): boolean {
  return state % 2 === 0;
}
