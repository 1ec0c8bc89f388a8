// Grammars and matchers over the automaton; a matcher is one of its states and what must be known of the way there.
import { Automaton } from "./automaton/automaton.js";
import { ShortestWay } from "./automaton/shortest-way.js";
import type { State } from "./automaton/state.js";
import { type CharacterCount, countCharacter, NO_CHARACTERS } from "./character-count.js";
import { TokenMasks } from "./mask/token-masks.js";
import type { Vocabulary } from "./mask/vocabulary.js";
import type { Grammar, GrammarWarning, Matcher, SourceSpan, VerbatimMatch } from "./matcher.js";

const QUOTE = 0x22;

export class AutomatonGrammar implements Grammar {
  readonly way: ShortestWay;
  readonly masks: TokenMasks;

  constructor(
    readonly automaton: Automaton,
    readonly vocabulary: Vocabulary,
    readonly warnings: readonly GrammarWarning[] = [],
  ) {
    this.way = new ShortestWay(automaton, vocabulary.trie);
    this.masks = new TokenMasks(automaton, this.way, vocabulary);
  }

  start(): Matcher {
    return new AutomatonMatcher(this, undefined, { state: this.automaton.start(), characters: NO_CHARACTERS, bytes: 0, quote: -1, matches: [] });
  }
}

interface Place {
  state: State;
  /** Of the string that is being written. */
  characters: CharacterCount;
  /** Bytes of the text so far. */
  bytes: number;
  /** Bytes before the quote that opened the string copied from a source, -1 outside of such a string. */
  quote: number;
  matches: readonly VerbatimMatch[];
}

class AutomatonMatcher implements Matcher {
  readonly position: number;

  constructor(
    private readonly grammar: AutomatonGrammar,
    private readonly previous: AutomatonMatcher | undefined,
    private readonly place: Place,
  ) {
    this.position = previous ? previous.position + 1 : 0;
  }

  mask(budgetTokens?: number): Uint32Array {
    this.grammar.automaton.trim();
    const { masks } = this.grammar;
    const { state } = this.place;
    return budgetTokens === undefined ? masks.all(state) : masks.within(state, budgetTokens);
  }

  accept(token: number): Matcher {
    const { automaton, vocabulary } = this.grammar;
    automaton.trim();
    if (this.place.state.isComplete && vocabulary.endTokens.includes(token)) {
      return new AutomatonMatcher(this.grammar, this, { ...this.place, state: automaton.finished(), characters: NO_CHARACTERS });
    }
    const bytes = vocabulary.tokenBytes[token];
    if (!bytes || bytes.length === 0) throw notAllowed(token);
    let { place } = this;
    for (const byte of bytes) {
      const after = automaton.next(place.state, byte);
      if (!after) throw notAllowed(token);
      place = placeAfter(place, byte, after);
    }
    const state = automaton.settle(place.state, place.characters.count);
    return new AutomatonMatcher(this.grammar, this, state === place.state ? place : { ...place, state });
  }

  forced(maxBytes = Infinity): Uint8Array {
    const { automaton } = this.grammar;
    const bytes: number[] = [];
    let { state } = this.place;
    while (bytes.length < maxBytes) {
      const byte = automaton.forcedByte(state);
      if (byte < 0) break;
      bytes.push(byte);
      state = automaton.next(state, byte)!;
    }
    return Uint8Array.from(bytes);
  }

  isComplete(): boolean {
    return this.place.state.isComplete;
  }

  minimumTokens(): number {
    return this.grammar.way.tokens(this.place.state);
  }

  at(position: number): Matcher {
    if (position === this.position) return this;
    let earlier = this.previous;
    while (earlier && earlier.position > position) earlier = earlier.previous;
    if (earlier?.position !== position) throw new RangeError(`There is no position ${position} among the ${this.position} tokens accepted.`);
    return earlier;
  }

  without(values: readonly (string | number)[]): Matcher {
    const state = this.grammar.automaton.without(this.place.state, values);
    return new AutomatonMatcher(this.grammar, this.previous, { ...this.place, state });
  }

  verbatim(): readonly VerbatimMatch[] {
    return this.place.matches;
  }

  candidates(): readonly SourceSpan[] {
    return spansIn(this.place.state);
  }
}

function placeAfter(place: Place, byte: number, state: State): Place {
  const { bytes } = place;
  const isInside = state.isInString && place.state.isInString;
  const characters = isInside ? countCharacter(place.characters, byte) : NO_CHARACTERS;
  const wasCopied = place.state.copies.length > 0;
  const matches = wasCopied && byte === QUOTE ? [...place.matches, ...matchesAt(place, bytes + 1)] : place.matches;
  const quote = state.copies.length > 0 ? (wasCopied && place.quote >= 0 ? place.quote : bytes) : -1;
  return { state, characters, bytes: bytes + 1, quote, matches };
}

/** The strings that a closing quote ends here. */
function matchesAt({ state, quote }: Place, endByte: number): VerbatimMatch[] {
  return state.copies.flatMap(({ lexeme, state: at, isWhole }) =>
    isWhole ? [{ startByte: quote, endByte, source: lexeme.source, spans: lexeme.spansOf(at) }] : [],
  );
}

function spansIn(state: State): SourceSpan[] {
  return state.copies.flatMap(({ lexeme, state: at }) => lexeme.spansOf(at));
}

function notAllowed(token: number): RangeError {
  return new RangeError(`Token ${token} is not allowed here.`);
}
