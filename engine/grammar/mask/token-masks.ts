// Token masks of automaton states: lexical forms answered from their own masks, structure by one walk of the vocabulary's trie.
import type { Automaton } from "../automaton/automaton.js";
import type { CapturedNode } from "../automaton/node/captured-node.js";
import type { ShortestWay } from "../automaton/shortest-way.js";
import type { State } from "../automaton/state.js";
import type { MaskEntry } from "./mask-cache.js";
import type { SuffixNode } from "./suffix-trie.js";
import { BudgetCollector, LengthCollector, OpenCollector, type TokenCollector } from "./token-collector.js";
import { trieChild } from "./token-trie.js";
import type { Vocabulary } from "./vocabulary.js";

const QUOTE = 0x22;

/** A form whose text matters, below `node` of the trie, and the tokens that may end it. */
interface Behind {
  at: CapturedNode;
  node: number;
  isLeft: (token: number) => boolean;
}

export class TokenMasks {
  readonly #wordCount: number;

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
    if (!this.way.isFollowed(state) && state.distance > budgetTokens * this.vocabulary.trie.longestBytes) return this.#onWay(state);
    const limit = Math.max(budgetTokens, this.way.tokens(state)) - 1;
    entry.mostTokens ??= this.#mostTokens(state);
    if (limit >= entry.mostTokens) return entry.mask;
    const collector = new BudgetCollector(this.automaton, this.way, this.vocabulary.lexemeMasks, limit, this.#wordCount);
    this.#visit(-1, state, collector);
    this.#complete(collector.mask, state);
    return collector.mask;
  }

  #entry(state: State): MaskEntry {
    const { masks } = this.vocabulary;
    if (state.maskEntry && masks.touch(state.maskEntry)) return state.maskEntry;
    const collector = new OpenCollector(masks.createMask());
    this.#visit(-1, state, collector);
    this.#complete(collector.mask, state);
    return (state.maskEntry = masks.keep(collector.mask, collector.mostBytes));
  }

  /** The next token of the shortest way, where even that is much too long. */
  #onWay(state: State): Uint32Array {
    const mask = new Uint32Array(this.#wordCount);
    const { token } = this.way.firstToken(state);
    mask[token >>> 5] |= 1 << (token & 31);
    return mask;
  }

  #mostTokens(state: State): number {
    const collector = new LengthCollector(this.automaton, this.way);
    this.#visit(-1, state, collector);
    return collector.mostTokens;
  }

  #complete(mask: Uint32Array, state: State): void {
    const { twins } = this.vocabulary.trie;
    for (let i = 0; i < twins.length; i += 2) {
      if ((mask[twins[i] >>> 5] >>> (twins[i] & 31)) & 1) mask[twins[i + 1] >>> 5] |= 1 << (twins[i + 1] & 31);
    }
    if (!state.isComplete) return;
    for (const token of this.vocabulary.endTokens) mask[token >>> 5] |= 1 << (token & 31);
  }

  /** The tokens below `node` of the trie, whose bytes so far led to `state`. */
  #visit(node: number, state: State, collector: TokenCollector): void {
    const { trie, lexemeMasks } = this.vocabulary;
    if (node >= 0 && trie.skips[node] === node + 1) return;
    if (collector.isMeasured && !isParted(state)) {
      return state.captured.length > 0 ? this.#visitWay(node, state, collector) : this.#visitTogether(node, state, collector);
    }
    for (const at of state.lexemes) {
      const entry = lexemeMasks.of(at.lexeme, at.state, node);
      collector.addForm(entry, at, node);
      if (entry.exits.bytes.length > 0) this.#visitExits(entry.exits, this.automaton.stateOf(at.next), entry.banned, collector);
    }
    for (const at of state.captured) this.#visitCaptured(node, at, collector);
    if (state.structure.length === 0) return;
    const rest = this.automaton.structureOf(state);
    for (const byte of this.automaton.firstBytes(rest)) {
      const child = trieChild(trie, node, byte);
      const after = child < 0 ? null : this.automaton.next(rest, byte);
      if (!after) continue;
      if (trie.tokens[child] >= 0) collector.addTokens([trie.tokens[child]], after, undefined);
      this.#visit(child, after, collector);
    }
  }

  /** Where several parts of a state may take the same bytes, only what they become together tells the way. */
  #visitTogether(node: number, state: State, collector: TokenCollector): void {
    const { trie } = this.vocabulary;
    const end = node < 0 ? trie.length : trie.skips[node];
    for (let child = node + 1; child < end; child = trie.skips[child]) {
      const after = this.automaton.next(state, trie.bytes[child]);
      if (!after) continue;
      if (trie.tokens[child] >= 0) collector.addTokens([trie.tokens[child]], after, undefined);
      this.#visit(child, after, collector);
    }
  }

  #visitExits(exits: SuffixNode, state: State, banned: ReadonlySet<number> | undefined, collector: TokenCollector): void {
    for (let i = 0; i < exits.bytes.length; i++) {
      const after = this.automaton.next(state, exits.bytes[i]);
      if (!after) continue;
      const child = exits.children[i];
      if (child.tokens.length > 0) collector.addTokens(child.tokens, after, banned);
      if (child.bytes.length > 0) this.#visitExits(child, after, banned, collector);
    }
  }

  /**
   * A form whose text matters has states of its own for each text, too many to visit. What may follow is the same
   * after each, so the tokens are found as for a form without memory. The few that go on into a further such form
   * are each written for themselves.
   */
  #visitCaptured(node: number, at: CapturedNode, collector: TokenCollector): void {
    if (!at.capture.isWayFixed && collector.isMeasured) return this.#visitWay(node, this.automaton.stateOf(at), collector);
    const twin = this.automaton.withoutMemory(at);
    const entry = this.vocabulary.lexemeMasks.of(twin.lexeme, twin.state, node);
    collector.addForm(entry, twin, node);
    const isLeft = (token: number) => entry.banned?.has(token) !== true;
    this.#visitBehind(entry.exits, this.automaton.stateOf(twin.next), { isLeft, at, node }, collector);
    this.#visitQuote(node, at, collector);
  }

  /** Tokens that begin with the quote that ends such a form. */
  #visitQuote(node: number, at: CapturedNode, collector: TokenCollector): void {
    const { trie } = this.vocabulary;
    const child = at.capture.isQuoted && at.lexeme.isWhole(at.state) ? trieChild(trie, node, QUOTE) : -1;
    const after = child < 0 ? null : this.automaton.next(this.automaton.stateOf(at), QUOTE);
    if (!after) return;
    if (trie.tokens[child] >= 0) collector.addTokens([trie.tokens[child]], after, undefined);
    this.#visit(child, after, collector);
  }

  /** Like `#visitExits`, behind a form whose text matters for forms to come. */
  #visitBehind(exits: SuffixNode, state: State, from: Behind, collector: TokenCollector): void {
    for (let i = 0; i < exits.bytes.length; i++) {
      const after = this.automaton.next(state, exits.bytes[i]);
      if (!after) continue;
      const child = exits.children[i];
      if (state.captured.length > 0) {
        this.#writeEach(child, from, collector);
        continue;
      }
      collector.addTokens(child.tokens.filter(from.isLeft), after, undefined);
      this.#visitBehind(child, after, from, collector);
    }
  }

  #writeEach(suffix: SuffixNode, from: Behind, collector: TokenCollector): void {
    const { tokenBytes, trie } = this.vocabulary;
    const written = from.node < 0 ? 0 : trie.depths[from.node] + 1;
    for (const token of suffix.tokens) {
      let state: State | null = this.automaton.stateOf(from.at);
      for (let i = written; state && i < tokenBytes[token]!.length; i++) state = this.automaton.next(state, tokenBytes[token]![i]);
      if (state) collector.addTokens([token], state, undefined);
    }
    for (const child of suffix.children) this.#writeEach(child, from, collector);
  }

  /** Where ways differ from text to text, a budget keeps to the shortest one. */
  #visitWay(from: number, start: State, collector: TokenCollector): void {
    const { trie } = this.vocabulary;
    collector.addUnmeasured();
    let node = from;
    for (let at = start; at.distance > 0; ) {
      const byte = this.way.byteOnWay(at);
      node = trieChild(trie, node, byte);
      if (node < 0) return;
      at = this.automaton.next(at, byte)!;
      if (trie.tokens[node] >= 0) collector.addTokens([trie.tokens[node]], at, undefined);
    }
  }
}

/** Whether no byte can be taken by two parts of a state: its lexical form, if it has one, and its structure. */
function isParted({ lexemes, captured, structure }: State): boolean {
  const forms = [...lexemes, ...captured];
  if (forms.length === 0) return true;
  if (forms.length > 1) return false;
  const [{ lexeme, state }] = forms;
  return structure.every((node) => node.firstBytes().every((byte) => lexeme.step(state, byte) < 0));
}
