// What tokens do inside a lexical form, whatever stands around it: computed once per state of a lexeme, for all grammars.
import type { Lexeme } from "../lexeme/lexeme.js";
import type { WordTree } from "../lexeme/word-tree.js";
import { SuffixNode } from "./suffix-trie.js";
import { type TokenTrie, trieChild } from "./token-trie.js";

const CAPACITY_BYTES = 64 << 20;
const BYTES_PER_ID = 8;
const BYTES_PER_STATE = 48;
/** In JSON only these come after a lexical form: the quote of a string, or what ends a number. */
const ENDS_FORM = new Set([0x22, 0x2c, 0x5d, 0x7d]);

export interface LexemeState {
  lexeme: Lexeme;
  state: number;
}

/** Tokens by the state of the lexeme after them. */
export interface TokenGroup {
  state: number;
  tokens: readonly number[];
}

export interface LexemeMask {
  /** Tokens that stay inside the form: all those of `mask`, and `tokens`. */
  readonly mask: Uint32Array | undefined;
  readonly tokens: readonly number[];
  /** The states they lead to. */
  readonly after: readonly LexemeState[];
  /** None of them leads to a state of higher rank. */
  readonly mostInner: number;
  /** Tokens that leave the form, by what comes after it. */
  readonly exits: SuffixNode;
  /** Tokens of `exits` that may not come all the same. */
  readonly banned: ReadonlySet<number> | undefined;
}

/** What is needed of a vocabulary. */
export interface PlainTokens {
  readonly trie: TokenTrie;
  readonly specialTrie: TokenTrie;
  readonly longestCharacters: number;
  plainMask(characters: number): Uint32Array;
  plainTokens(characters: number): readonly number[];
}

export class LexemeMasks {
  /** By lexeme, node of the trie and state. */
  #entries = new WeakMap<Lexeme, Map<number, Map<number, LexemeMask>>>();
  #bytes = 0;

  constructor(private readonly vocabulary: PlainTokens) {}

  /** @param node of the trie, below which the tokens are looked at; -1 for all */
  of(lexeme: Lexeme, state: number, node: number): LexemeMask {
    let ofLexeme = this.#entries.get(lexeme);
    if (!ofLexeme) this.#entries.set(lexeme, (ofLexeme = new Map()));
    let ofNode = ofLexeme.get(node);
    if (!ofNode) ofLexeme.set(node, (ofNode = new Map()));
    let entry = ofNode.get(state);
    if (!entry) {
      entry = this.#compute(lexeme, state, node);
      ofNode.set(state, entry);
      this.#count(entry);
    }
    return entry;
  }

  /** The tokens that stay inside, apart by the state they lead to. */
  groups(lexeme: Lexeme, state: number, node: number): TokenGroup[] {
    const groups = new Map<number, number[]>();
    const put = (after: number, tokens: readonly number[]) => {
      const group = groups.get(after);
      if (group) for (const token of tokens) group.push(token);
      else groups.set(after, [...tokens]);
    };
    const room = node < 0 ? lexeme.plainRoom(state) : -1;
    if (room >= 0) {
      let after = state;
      for (let characters = 1; characters <= Math.min(room, this.vocabulary.longestCharacters); characters++) {
        after = lexeme.step(after, 0x61);
        put(after, this.vocabulary.plainTokens(characters));
      }
    }
    walk(room >= 0 ? this.vocabulary.specialTrie : this.vocabulary.trie, node, lexeme, { state, onToken: (token, after) => put(after, [token]) });
    return [...groups].map(([after, tokens]) => ({ state: after, tokens }));
  }

  #count(entry: LexemeMask): void {
    this.#bytes += (entry.mask?.byteLength ?? 0) + BYTES_PER_ID * entry.tokens.length + 256;
    this.#bytes += BYTES_PER_STATE * (entry.after.length + (entry.banned?.size ?? 0));
    if (this.#bytes <= CAPACITY_BYTES) return;
    this.#entries = new WeakMap();
    this.#bytes = 0;
  }

  #compute(lexeme: Lexeme, state: number, node: number): LexemeMask {
    const fewer = this.#maskButForWords(lexeme, state, node);
    if (fewer) return fewer;
    const room = node < 0 ? Math.min(lexeme.plainRoom(state), this.vocabulary.longestCharacters) : -1;
    const plain = room >= 0 ? this.vocabulary.plainMask(room) : undefined;
    // Of all tokens many may fit, of a branch few.
    const mask = node < 0 ? (plain?.slice() ?? new Uint32Array(this.vocabulary.plainMask(0).length)) : undefined;
    const tokens: number[] = [];
    const exits = new SuffixNode();
    const after = new Set<number>();
    for (let characters = 0, at = state; characters < room; characters++) after.add((at = lexeme.step(at, 0x61)));
    let last = -1;
    walk(room >= 0 ? this.vocabulary.specialTrie : this.vocabulary.trie, node, lexeme, {
      state,
      onToken: (token, next) => {
        if (mask) mask[token >>> 5] |= 1 << (token & 31);
        else tokens.push(token);
        if (next !== last) after.add((last = next));
      },
      onExit: (trie, exit) => exits.addBranch(trie, exit),
    });
    const mostInner = [...after].reduce((most, next) => Math.max(most, lexeme.distance(next)), 0);
    return { mask, tokens, after: [...after].map((next) => ({ lexeme, state: next })), mostInner, exits, banned: undefined };
  }

  /**
   * Where the form is a simpler one but for some words: that one's mask, without the tokens that complete such a word,
   * and those on the way to one that leave nothing else.
   */
  #maskButForWords(lexeme: Lexeme, state: number, node: number): LexemeMask | undefined {
    const exceptions = lexeme.exceptions(state);
    if (!exceptions) return undefined;
    const whole = this.of(exceptions.lexeme, exceptions.state, node);
    if (!exceptions.words) return whole;
    const along: AlongWords = { banned: new Set(), dead: new Set(), after: new Set() };
    this.#followWords(lexeme, { state, node, words: exceptions.words }, along);
    const { banned, dead, after } = along;
    const mostInner = [...after].reduce((most, next) => Math.max(most, lexeme.distance(next)), whole.mostInner);
    const { mask, tokens } = dead.size === 0 ? whole : withoutTokens(whole, dead);
    return { mask, tokens, after: [...whole.after, ...[...after].map((next) => ({ lexeme, state: next }))], mostInner, exits: whole.exits, banned };
  }

  /** Follows the words as far as there are tokens along them; no deeper than the longest token. */
  #followWords(lexeme: Lexeme, { state, node, words }: Words, along: AlongWords): void {
    const { trie } = this.vocabulary;
    for (const byte of words.bytes) {
      const child = trieChild(trie, node, byte);
      if (child < 0) continue;
      const after = state < 0 ? -1 : lexeme.step(state, byte);
      const token = trie.tokens[child];
      if (token >= 0 && after >= 0) along.after.add(after);
      if (token >= 0 && after < 0) along.dead.add(token);
      const left = words.child(byte)!;
      if (left.isWord) for (const end of ENDS_FORM) addBranch(trie, trieChild(trie, child, end), along.banned);
      if (trie.skips[child] > child + 1) this.#followWords(lexeme, { state: after, node: child, words: left }, along);
    }
  }
}

/** All tokens of the branch of `trie` that begins with `node`, which may be none. */
function addBranch(trie: TokenTrie, node: number, into: Set<number>): void {
  for (let i = node; i >= 0 && i < trie.skips[node]; i++) if (trie.tokens[i] >= 0) into.add(trie.tokens[i]);
}

function withoutTokens({ mask, tokens }: LexemeMask, dead: ReadonlySet<number>): Pick<LexemeMask, "mask" | "tokens"> {
  const left = mask?.slice();
  if (left) for (const token of dead) left[token >>> 5] &= ~(1 << (token & 31));
  return { mask: left, tokens: tokens.filter((token) => !dead.has(token)) };
}

/** Words that are followed from a state (-1 a dead one) and a node of the trie. */
interface Words {
  state: number;
  node: number;
  words: WordTree;
}

/** What tokens do along words. */
interface AlongWords {
  /** Those that end the form right after a word. */
  banned: Set<number>;
  /** Those that leave nothing but words. */
  dead: Set<number>;
  /** The states after the others. */
  after: Set<number>;
}

interface Walk {
  state: number;
  onToken: (token: number, after: number) => void;
  /** The branch of the trie at which the form was left. */
  onExit?: (trie: TokenTrie, node: number) => void;
}

/** Walks the tokens below `node` that begin inside the form. */
function walk(trie: TokenTrie, node: number, lexeme: Lexeme, { state, onToken, onExit }: Walk): void {
  const { bytes, depths, tokens, skips } = trie;
  const end = node < 0 ? trie.length : skips[node];
  const base = node < 0 ? 0 : depths[node] + 1;
  const stack = [state];
  for (let i = node + 1; i < end; ) {
    const depth = depths[i] - base;
    const after = lexeme.step(stack[depth], bytes[i]);
    if (after < 0) {
      if (onExit && depth > 0 && ENDS_FORM.has(bytes[i]) && lexeme.isWhole(stack[depth])) onExit(trie, i);
      i = skips[i];
      continue;
    }
    stack[depth + 1] = after;
    if (tokens[i] >= 0) onToken(tokens[i], after);
    i++;
  }
}
