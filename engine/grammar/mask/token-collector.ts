// What a walk over the tokens of a state is for: all that may come, how far they lead, or those that fit a budget.
import type { Automaton } from "../automaton/automaton.js";
import type { LexemeNode } from "../automaton/node/lexeme-node.js";
import type { ShortestWay } from "../automaton/shortest-way.js";
import type { State } from "../automaton/state.js";
import type { LexemeMask, LexemeMasks } from "./lexeme-masks.js";

export interface TokenCollector {
  /** Whether it matters how many tokens are needed after each. */
  readonly isMeasured: boolean;
  /** Some tokens were not looked at. */
  addUnmeasured(): void;
  /** Tokens that lead to `after`, but for those of `banned`. */
  addTokens(tokens: readonly number[], after: State, banned: ReadonlySet<number> | undefined): void;
  /** Tokens below `node` of the trie that stay inside the form at hand. */
  addForm(entry: LexemeMask, at: LexemeNode, node: number): void;
}

/** Every token that may come, and the greatest rank after one. */
export class OpenCollector implements TokenCollector {
  readonly isMeasured = false;
  mostBytes = 0;

  /** @param mask of no tokens */
  constructor(readonly mask: Uint32Array) {}

  addUnmeasured(): void {
    this.mostBytes = Infinity;
  }

  addTokens(tokens: readonly number[], after: State, banned: ReadonlySet<number> | undefined): void {
    if (after.distance > this.mostBytes) this.mostBytes = after.distance;
    allow(this.mask, tokens, banned);
  }

  addForm(entry: LexemeMask, { next }: LexemeNode): void {
    if (entry.after.length > 0) this.mostBytes = Math.max(this.mostBytes, entry.mostInner + next.distance);
    allowForm(this.mask, entry);
  }
}

/** The most tokens still needed after any token that may come. */
export class LengthCollector implements TokenCollector {
  readonly isMeasured = true;
  mostTokens = 0;

  constructor(
    private readonly automaton: Automaton,
    private readonly way: ShortestWay,
  ) {}

  addUnmeasured(): void {
    this.mostTokens = Infinity;
  }

  addTokens(_tokens: readonly number[], after: State): void {
    this.mostTokens = Math.max(this.mostTokens, this.way.tokens(after));
  }

  addForm({ after }: LexemeMask, at: LexemeNode): void {
    for (const { lexeme, state } of after) {
      this.mostTokens = Math.max(this.mostTokens, this.way.tokens(this.automaton.lexemeState(at, lexeme, state)));
    }
  }
}

/** The tokens after which no more than `limit` are needed. */
export class BudgetCollector implements TokenCollector {
  readonly isMeasured = true;
  readonly mask: Uint32Array;

  constructor(
    private readonly automaton: Automaton,
    private readonly way: ShortestWay,
    private readonly lexemeMasks: LexemeMasks,
    private readonly limit: number,
    words: number,
  ) {
    this.mask = new Uint32Array(words);
  }

  addUnmeasured(): void {
    // They are not allowed.
  }

  addTokens(tokens: readonly number[], after: State, banned: ReadonlySet<number> | undefined): void {
    if (this.way.tokens(after) <= this.limit) allow(this.mask, tokens, banned);
  }

  addForm(entry: LexemeMask, at: LexemeNode, node: number): void {
    const fits = (lexeme: LexemeNode["lexeme"], state: number) => this.way.tokens(this.automaton.lexemeState(at, lexeme, state)) <= this.limit;
    if (entry.after.every(({ lexeme, state }) => fits(lexeme, state))) return allowForm(this.mask, entry);
    for (const { state, tokens } of this.lexemeMasks.groups(at.lexeme, at.state, node)) {
      if (fits(at.lexeme, state)) allow(this.mask, tokens, undefined);
    }
  }
}

function allow(mask: Uint32Array, tokens: readonly number[], banned: ReadonlySet<number> | undefined): void {
  for (const token of tokens) if (!banned?.has(token)) mask[token >>> 5] |= 1 << (token & 31);
}

function allowForm(into: Uint32Array, { mask, tokens }: LexemeMask): void {
  if (mask) for (let i = 0; i < into.length; i++) into[i] |= mask[i];
  allow(into, tokens, undefined);
}
