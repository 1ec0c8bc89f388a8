// Derivatives (Brzozowski 1964): what may follow once a language has taken a character; and patterns as languages.
import { type CharSet, has } from "./char-set.js";
import type { LoopRegex, Regex, SetRegex } from "./node.js";
import type { RegexNodes } from "./regex-nodes.js";
import { canPassEmpty, type Pattern } from "./pattern/pattern.js";
import { RegexError } from "./regex-error.js";

const MAX_ROUNDS = 64;

export class Derivatives {
  readonly #rounds = new Map<LoopRegex, Regex>();

  constructor(private readonly store: RegexNodes) {}

  /**
   * The texts that are a match of `pattern` and then one of `tail`; `tail` runs to the end of the whole text, so
   * that a look-ahead is an intersection with it. The pattern must not look back.
   */
  translate(pattern: Pattern, tail: Regex): Regex {
    const { store } = this;
    if (tail === store.nothing) return tail;
    if (!store.patternFacts.looksAhead(pattern)) return store.concat(this.#language(pattern), tail);
    switch (pattern.kind) {
      case "sequence":
        return pattern.items.reduceRight((after, item) => this.translate(item, after), tail);
      case "choice":
        return store.or(...pattern.options.map((option) => this.translate(option, tail)));
      case "repeat":
        return this.#repeat(pattern.body, pattern.min, pattern.max, tail);
      case "look": {
        const ahead = this.translate(pattern.body, store.anything);
        return store.and(pattern.isNegative ? store.not(ahead) : ahead, tail);
      }
      default:
        return tail.isNullable ? store.empty : store.nothing;
    }
  }

  /** @returns the texts that make a whole one of `regex` when `codePoint` comes before them */
  derive(regex: Regex, codePoint: number): Regex {
    return this.#derive(regex, codePoint, new Map());
  }

  /** The sets that decide what a first character leads to: characters in the same of them lead to the same. */
  firstSets(regex: Regex): ReadonlySet<CharSet> {
    const sets = new Set<CharSet>();
    const seen = new Set<Regex>();
    const visit = (node: Regex): void => {
      if (seen.has(node)) return;
      seen.add(node);
      if (node.kind === "class") sets.add(node.set);
      else if (node.kind === "loop") visit(this.#unroll(node));
      else if (node.kind === "concat") for (const head of openHeads(node)) visit(head);
      else node.parts.forEach(visit);
    };
    visit(regex);
    return sets;
  }

  #language(pattern: Pattern): Regex {
    const { store } = this;
    switch (pattern.kind) {
      case "class":
        return store.class(pattern.set);
      case "sequence":
        return pattern.items.reduceRight((after, item) => store.concat(this.#language(item), after), store.empty);
      case "choice":
        return store.or(...pattern.options.map((option) => this.#language(option)));
      case "repeat":
        return store.repeat(this.#language(pattern.body), pattern.min, pattern.max);
      default:
        return store.empty;
    }
  }

  #repeat(body: Pattern, min: number, max: number, tail: Regex): Regex {
    const { store } = this;
    const isShort = max <= MAX_ROUNDS;
    if (min > MAX_ROUNDS || (!isShort && canPassEmpty(body))) {
      throw new RegexError("A look-ahead or $ is not supported inside of this repeat.");
    }
    let all = isShort ? tail : store.loop(body, max - min, tail);
    if (isShort) for (let count = min; count < max; count++) all = store.or(tail, this.translate(body, all));
    for (let count = 0; count < min; count++) all = this.translate(body, all);
    return all;
  }

  #unroll(loop: LoopRegex): Regex {
    const { store } = this;
    let round = this.#rounds.get(loop);
    if (!round) {
      const again = store.loop(loop.round, loop.max - 1, loop.tail);
      round = store.or(loop.tail, this.translate(loop.round, again));
      this.#rounds.set(loop, round);
    }
    return round;
  }

  #derive(regex: Regex, codePoint: number, known: Map<Regex, Regex>): Regex {
    const { store } = this;
    switch (regex.kind) {
      case "class":
        return has(regex.set, codePoint) ? store.empty : store.nothing;
      case "empty":
        return store.nothing;
      case "repeat": {
        const first = this.#derive(regex.body, codePoint, known);
        if (first === store.nothing) return first;
        return this.#append(first, store.repeat(regex.body, Math.max(0, regex.min - 1), regex.max - 1));
      }
      default: {
        let result = known.get(regex);
        if (!result) known.set(regex, (result = this.#deriveNode(regex, codePoint, known)));
        return result;
      }
    }
  }

  #deriveNode(regex: Exclude<Regex, { kind: "class" | "empty" | "repeat" }>, codePoint: number, known: Map<Regex, Regex>): Regex {
    const { store } = this;
    switch (regex.kind) {
      case "concat": {
        const options: Regex[] = [];
        let node: Regex = regex;
        for (const head of openHeads(regex)) {
          const tail: Regex = node.kind === "concat" ? node.tail : store.empty;
          options.push(this.#append(this.#derive(head, codePoint, known), tail));
          node = tail;
        }
        return store.or(...options);
      }
      case "loop":
        return this.#derive(this.#unroll(regex), codePoint, known);
      case "not":
        return store.not(this.#derive(regex.body, codePoint, known));
      default:
        return this.#deriveSet(regex, codePoint, known);
    }
  }

  /** Distributes, so that alternatives become one flat set in which equal ones meet (Antimirov 1996). */
  #append(first: Regex, tail: Regex): Regex {
    const { store } = this;
    return first.kind === "or" ? store.or(...first.parts.map((part) => store.concat(part, tail))) : store.concat(first, tail);
  }

  #deriveSet(regex: SetRegex, codePoint: number, known: Map<Regex, Regex>): Regex {
    const { store } = this;
    const parts: Regex[] = [];
    for (const part of regex.parts) {
      const after = this.#derive(part, codePoint, known);
      if (after !== store.nothing) parts.push(after);
      else if (regex.kind === "and") return after;
    }
    return regex.kind === "or" ? store.or(...parts) : store.and(...parts);
  }
}

/** The heads of a list that a first character may belong to: up to the first that cannot be empty. */
function openHeads(list: Regex): Regex[] {
  const heads: Regex[] = [];
  let node = list;
  while (node.kind === "concat") {
    heads.push(node.head);
    if (!node.head.isNullable) return heads;
    node = node.tail;
  }
  heads.push(node);
  return heads;
}
