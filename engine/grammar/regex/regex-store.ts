// Regular expressions of schemas: ECMA-262 patterns and what can be built from them with and, or, not.
import { type CharSet, charSet } from "./char-set.js";
import { Derivatives } from "./derivative.js";
import { Dfa } from "./dfa.js";
import type { Regex } from "./node.js";
import { RegexNodes } from "./regex-nodes.js";
import { resolveLeft } from "./pattern/left-context.js";
import { findProperty, parsePattern } from "./pattern/parse-pattern.js";
import { RegexError } from "./regex-error.js";

export type { Regex } from "./node.js";
export { RegexError } from "./regex-error.js";

const MAX_PATTERN_CHARACTERS = 100_000;
/** Nodes and their parts that one question may make: some tenths of a second. */
const MAX_WORK = 200_000;
const MAX_STATES = 10_000;

export class RegexStore {
  /** For those who build automata. */
  readonly nodes = new RegexNodes();
  readonly #derivatives = new Derivatives(this.nodes);
  readonly #parsed = new Map<string, Regex>();
  readonly #properties = new Map<string, CharSet>();
  /** The automaton that was last asked for: lists of texts are tested against one expression. */
  #tester: { regex: Regex; dfa: Dfa } | undefined;

  /**
   * The whole texts in which an ECMA-262 pattern finds a match, as JSON Schema means it: in Unicode mode, or
   * by annex B where the pattern is valid only there. Texts have no lone surrogates.
   * @throws RegexError where it is not a pattern or not supported
   */
  parse(pattern: string): Regex {
    let regex = this.#parsed.get(pattern);
    if (!regex) this.#parsed.set(pattern, (regex = this.#parse(pattern)));
    return regex;
  }

  literal(text: string): Regex {
    const classes = Array.from(text.toWellFormed(), (character) => {
      const codePoint = character.codePointAt(0)!;
      return this.nodes.class(charSet([codePoint, codePoint]));
    });
    return classes.reduceRight((tail, head) => this.nodes.concat(head, tail), this.nodes.empty);
  }

  anything(): Regex {
    return this.nodes.anything;
  }

  nothing(): Regex {
    return this.nodes.nothing;
  }

  and(...parts: readonly Regex[]): Regex {
    return this.nodes.and(...parts);
  }

  or(...parts: readonly Regex[]): Regex {
    return this.nodes.or(...parts);
  }

  not(regex: Regex): Regex {
    return this.nodes.not(regex);
  }

  /**
   * @param maxStates of the automaton that may be looked at
   * @throws RegexError where it is too large to tell
   */
  isEmpty(regex: Regex, maxStates = MAX_STATES): boolean {
    if (regex.isNullable) return false;
    if (regex.isPlain) return regex === this.nodes.nothing;
    const { dfa } = this.#automaton(regex);
    for (let state = 0; state < dfa.stateCount; state++) {
      if (dfa.isAccepting(state)) return false;
      if (state > maxStates) throw new RegexError("The regular expression is too large.");
      dfa.successors(state);
    }
    return true;
  }

  /** @throws RegexError where it is too large to tell */
  isUniversal(regex: Regex): boolean {
    return regex.isNullable && this.isEmpty(this.nodes.not(regex));
  }

  test(regex: Regex, text: string): boolean {
    if (this.#tester?.regex !== regex) this.#tester = this.#automaton(regex);
    const { dfa } = this.#tester;
    let state = dfa.start;
    for (const character of text.toWellFormed()) {
      state = dfa.next(state, character.codePointAt(0)!);
      if (state < 0) return false;
    }
    return dfa.isAccepting(state);
  }

  #automaton(regex: Regex): { regex: Regex; dfa: Dfa } {
    const own = new RegexNodes(this.nodes);
    own.maxWork = MAX_WORK;
    return { regex, dfa: new Dfa(own, regex) };
  }

  #parse(pattern: string): Regex {
    if (pattern.length > MAX_PATTERN_CHARACTERS) throw new RegexError(`A pattern may have ${MAX_PATTERN_CHARACTERS} characters at most.`);
    const tree = parsePattern(pattern, (escape) => this.#property(escape));
    this.nodes.maxWork = this.nodes.work + MAX_WORK;
    try {
      return this.#derivatives.translate(resolveLeft(tree, this.nodes.patternFacts), this.nodes.anything);
    } finally {
      this.nodes.maxWork = Infinity;
    }
  }

  #property(escape: string): CharSet {
    let set = this.#properties.get(escape);
    if (!set) this.#properties.set(escape, (set = findProperty(escape)));
    return set;
  }
}
