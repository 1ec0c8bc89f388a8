// Token masks of automaton states: one walk of the vocabulary's trie per new state, plain string text answered from prepared masks.
import type { Automaton, State } from "./automaton.js";
import type { MaskEntry } from "./mask-cache.js";
import type { ShortestWay } from "./shortest-way.js";
import type { TokenTrie } from "./token-trie.js";
import type { Vocabulary } from "./vocabulary.js";

const QUOTE = 0x22;

/** The plain tokens that a state takes without a look at each. */
interface PlainPart {
  /** All of at most so many characters, and no others. */
  characters: number;
  mostBytes: number;
  /** Whether they all leave the way to the end as it is. */
  isSteady: boolean;
}

export class TokenMasks {
  readonly #wordCount: number;
  readonly #stack: State[] = [];

  constructor(
    private readonly automaton: Automaton,
    private readonly way: ShortestWay,
    private readonly vocabulary: Vocabulary,
  ) {
    this.#wordCount = Math.ceil(vocabulary.size / 32);
  }

  /** All tokens that may come in `state`. */
  all(state: State): Uint32Array {
    return this.#entry(state).mask;
  }

  /** Those after which the text can be completed with `budgetTokens - 1` more, or along the shortest way. */
  within(state: State, budgetTokens: number): Uint32Array {
    const entry = this.#entry(state);
    if (budgetTokens - 1 >= entry.mostBytes) return entry.mask;
    const limit = Math.max(budgetTokens, this.way.tokens(state)) - 1;
    entry.mostTokens ??= this.#mostTokens(state);
    return limit >= entry.mostTokens ? entry.mask : this.#limited(state, limit);
  }

  #entry(state: State): MaskEntry {
    const { masks } = this.vocabulary;
    let entry = masks.get(state);
    if (!entry) masks.set(state, (entry = this.#compute(state)));
    return entry;
  }

  #compute(state: State): MaskEntry {
    const plain = this.#plainPart(state);
    const mask = plain ? this.vocabulary.plainMask(plain.characters).slice() : new Uint32Array(this.#wordCount);
    let mostBytes = plain?.mostBytes ?? 0;
    const trie = plain ? this.vocabulary.specialTrie : this.vocabulary.trie;
    this.#walk(trie, state, (token, after) => {
      mask[token >>> 5] |= 1 << (token & 31);
      if (after.distance > mostBytes) mostBytes = after.distance;
    });
    this.#complete(mask, state, trie);
    return { mask, mostBytes, mostTokens: undefined };
  }

  #limited(state: State, limit: number): Uint32Array {
    const plain = this.#plainPart(state);
    const isSteady = plain?.isSteady ?? false;
    const takesPlain = plain && isSteady && this.way.tokens(state) <= limit;
    const mask = takesPlain ? this.vocabulary.plainMask(plain.characters).slice() : new Uint32Array(this.#wordCount);
    const trie = isSteady ? this.vocabulary.specialTrie : this.vocabulary.trie;
    this.#walk(trie, state, (token, after) => {
      if (this.way.tokens(after) <= limit) mask[token >>> 5] |= 1 << (token & 31);
    });
    this.#complete(mask, state, trie);
    return mask;
  }

  #mostTokens(state: State): number {
    const isSteady = this.#plainPart(state)?.isSteady ?? false;
    let most = isSteady ? this.way.tokens(state) : 0;
    this.#walk(isSteady ? this.vocabulary.specialTrie : this.vocabulary.trie, state, (_token, after) => {
      most = Math.max(most, this.way.tokens(after));
    });
    return most;
  }

  #complete(mask: Uint32Array, state: State, { twins }: TokenTrie): void {
    for (let i = 0; i < twins.length; i += 2) {
      if ((mask[twins[i] >>> 5] >>> (twins[i] & 31)) & 1) mask[twins[i + 1] >>> 5] |= 1 << (twins[i + 1] & 31);
    }
    if (!state.isComplete) return;
    for (const token of this.vocabulary.endTokens) mask[token >>> 5] |= 1 << (token & 31);
  }

  #walk(trie: TokenTrie, start: State, onToken: (token: number, after: State) => void): void {
    const { length, bytes, depths, tokens, skips } = trie;
    const stack = this.#stack;
    stack[0] = start;
    for (let i = 0; i < length; ) {
      const depth = depths[i];
      const after = this.automaton.next(stack[depth], bytes[i]);
      if (after === null) {
        i = skips[i];
        continue;
      }
      stack[depth + 1] = after;
      if (tokens[i] >= 0) onToken(tokens[i], after);
      i++;
    }
  }

  /**
   * Where a state is inside a string body, its plain tokens need no walk: a single body takes them up to
   * its room, several take all where none of them counts. Nothing else in the state may begin with plain text.
   */
  #plainPart(state: State): PlainPart | undefined {
    if (!state.isPlain) return undefined;
    let bodies = 0;
    let room = Infinity;
    let distance = Infinity;
    let onlyQuotes = true;
    let isSteady = true;
    for (const node of state.nodes) {
      if (node.kind === "lexeme" && node.lexeme.plainRoom(node.state) >= 0) {
        bodies++;
        room = Math.min(room, node.lexeme.plainRoom(node.state));
        distance = Math.min(distance, node.distance + node.lexeme.detourBytes);
        isSteady &&= node.lexeme.isWhole(node.state) && node.lexeme.detourBytes === 0;
      } else if (node.kind !== "words" || node.high - node.low > 1 || node.words.words[node.low][node.position] !== QUOTE) {
        onlyQuotes = false;
      }
    }
    if (room < Infinity && (bodies > 1 || !onlyQuotes)) return undefined;
    return { characters: Math.min(room, this.vocabulary.longestCharacters), mostBytes: distance, isSteady: isSteady && onlyQuotes };
  }
}
