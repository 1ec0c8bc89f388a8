// Grammars and matchers over the automaton; a matcher is one of its states and the characters counted in the open string.
import type { Automaton, State } from "./automaton.js";
import type { Grammar, Matcher } from "./matcher.js";
import { ShortestWay } from "./shortest-way.js";
import { TokenMasks } from "./token-masks.js";
import type { Vocabulary } from "./vocabulary.js";

export class AutomatonGrammar implements Grammar {
  readonly way: ShortestWay;
  readonly masks: TokenMasks;

  constructor(
    readonly automaton: Automaton,
    readonly vocabulary: Vocabulary,
  ) {
    this.way = new ShortestWay(automaton, vocabulary.trie);
    this.masks = new TokenMasks(automaton, this.way, vocabulary);
  }

  start(): Matcher {
    return new AutomatonMatcher(this, this.automaton.start(), 0);
  }
}

class AutomatonMatcher implements Matcher {
  constructor(
    private readonly grammar: AutomatonGrammar,
    private readonly state: State,
    /** Characters of the string that is being written. */
    private readonly characters: number,
  ) {}

  mask(budgetTokens?: number): Uint32Array {
    this.grammar.automaton.trim();
    const { masks } = this.grammar;
    return budgetTokens === undefined ? masks.all(this.state) : masks.within(this.state, budgetTokens);
  }

  accept(token: number): Matcher {
    const { automaton, vocabulary } = this.grammar;
    automaton.trim();
    if (this.state.isComplete && vocabulary.endTokens.includes(token)) return new AutomatonMatcher(this.grammar, automaton.finished(), 0);
    const bytes = vocabulary.tokenBytes[token];
    if (!bytes || bytes.length === 0) throw notAllowed(token);
    let { state, characters } = this;
    for (const byte of bytes) {
      const after = automaton.next(state, byte);
      if (!after) throw notAllowed(token);
      characters = automaton.countCharacters(state, byte, after, characters);
      state = after;
    }
    return new AutomatonMatcher(this.grammar, automaton.settle(state, characters), characters);
  }

  forced(): Uint8Array {
    const { automaton } = this.grammar;
    const bytes: number[] = [];
    let { state } = this;
    for (let byte = automaton.forcedByte(state); byte >= 0; byte = automaton.forcedByte(state)) {
      bytes.push(byte);
      state = automaton.next(state, byte)!;
    }
    return Uint8Array.from(bytes);
  }

  isComplete(): boolean {
    return this.state.isComplete;
  }

  minimumTokens(): number {
    return this.grammar.way.tokens(this.state);
  }
}

function notAllowed(token: number): RangeError {
  return new RangeError(`Token ${token} is not allowed here.`);
}
