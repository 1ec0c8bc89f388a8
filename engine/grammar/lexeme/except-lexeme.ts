// A lexical form without some of its texts: free property names, bans, items that must differ.
import { type Exceptions, Lexeme } from "./lexeme.js";
import type { WordList } from "./word-list.js";

/** A place inside the beginnings of excluded words. */
interface Branch {
  inner: number;
  /** The words that begin with what is written, `written` bytes. */
  low: number;
  high: number;
  written: number;
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
/** More words than this cost as much as a look at each token. */
const MAX_REMAINDERS = 256;

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
  readonly #branches: Branch[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #ranks = new Map<number, number>();

  constructor(
    readonly inner: Lexeme,
    readonly words: WordList,
  ) {
    super();
    this.isStringBody = inner.isStringBody;
    this.start = this.#intern({ inner: inner.start, low: 0, high: words.words.length, written: 0 });
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
    return this.#ranks.get(state) ?? this.#rank(state);
  }

  override reduce(state: number): { lexeme: Lexeme; state: number } {
    return isInner(state) ? this.inner.reduce(state / 2) : { lexeme: this, state };
  }

  override exceptions(state: number): Exceptions | undefined {
    if (isInner(state)) return { lexeme: this.inner, state: state / 2, remainders: [] };
    const { inner, low, high, written } = this.#branch(state);
    if (high - low > MAX_REMAINDERS) return undefined;
    const remainders = this.words.words.slice(low, high).map((word) => word.subarray(written));
    return { lexeme: this.inner, state: inner, remainders };
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
    return isInner(state) ? inner * 2 : this.#intern({ ...this.#branch(state), inner });
  }

  /** Iterative: words may be longer than the call stack is deep. */
  #rank(state: number): number {
    const searches = [this.#search(state)];
    for (let search = searches.at(-1); search; search = searches.at(-1)) {
      const branch = this.#isFound(search) ? undefined : search.branches.pop();
      if (branch === undefined) {
        this.#ranks.set(search.state, search.best);
        searches.pop();
        continue;
      }
      const rank = this.isWhole(branch) ? 0 : this.#ranks.get(branch);
      if (rank !== undefined) search.best = Math.min(search.best, 1 + rank);
      else {
        search.branches.push(branch);
        searches.push(this.#search(branch));
      }
    }
    return this.#ranks.get(state)!;
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
    const { low, high } = this.#branch(state);
    return best <= goal || (best < Infinity && high - low > MANY_WORDS);
  }

  #advance(state: number, byte: number): number {
    const inner = this.inner.step(this.#innerState(state), byte);
    if (inner < 0) return -1;
    if (isInner(state)) return inner * 2;
    const from = this.#branch(state);
    const [low, high] = this.words.narrow(from.low, from.high, from.written, byte);
    return this.#intern({ inner, low, high, written: from.written + 1 });
  }

  #innerState(state: number): number {
    return isInner(state) ? state / 2 : this.#branch(state).inner;
  }

  #isWord(state: number): boolean {
    if (isInner(state)) return false;
    const { low, written } = this.#branch(state);
    // A word that ends here sorts before all that go on.
    return this.words.words[low].length === written;
  }

  #branch(state: number): Branch {
    return this.#branches[(state - 1) / 2];
  }

  #intern(branch: Branch): number {
    const { inner, low, high, written } = branch;
    if (low === high) return inner * 2;
    const key = `${inner},${low},${high},${written}`;
    let index = this.#numbers.get(key);
    if (index === undefined) {
      index = this.#branches.push(branch) - 1;
      this.#numbers.set(key, index);
    }
    return index * 2 + 1;
  }
}

function isInner(state: number): boolean {
  return state % 2 === 0;
}
