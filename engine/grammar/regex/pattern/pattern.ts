// The tree of an ECMA-262 pattern, before its assertions are resolved into a language of whole texts.
import { type CharSet, intersect, isSubset } from "../char-set.js";
import { RegexError } from "../regex-error.js";

export type Pattern =
  | { kind: "class"; set: CharSet }
  | { kind: "sequence"; items: readonly Pattern[] }
  | { kind: "choice"; options: readonly Pattern[] }
  /** Infinity where there is no upper bound. */
  | { kind: "repeat"; body: Pattern; min: number; max: number }
  | { kind: "look"; body: Pattern; isNegative: boolean }
  | { kind: "lookBehind"; body: Pattern; isNegative: boolean }
  | { kind: "start" }
  | { kind: "end" }
  | { kind: "boundary"; isNegative: boolean }
  /** What stands before: the start of the text, or one of these characters. */
  | { kind: "before"; set: CharSet | "start" };

const EMPTY: Pattern = { kind: "sequence", items: [] };
export const NEVER: Pattern = { kind: "choice", options: [] };

export function sequenceOf(...items: readonly Pattern[]): Pattern {
  if (items.includes(NEVER)) return NEVER;
  const kept = items.filter((item) => item !== EMPTY);
  return kept.length === 0 ? EMPTY : kept.length === 1 ? kept[0] : { kind: "sequence", items: kept };
}

export function choiceOf(...options: readonly Pattern[]): Pattern {
  const kept = options.filter((option) => option !== NEVER);
  return kept.length === 0 ? NEVER : kept.length === 1 ? kept[0] : { kind: "choice", options: kept };
}

export function repeatOf(body: Pattern, min: number, max: number): Pattern {
  if (body === NEVER) return min === 0 ? EMPTY : NEVER;
  return max === 0 || body === EMPTY ? EMPTY : min === 1 && max === 1 ? body : { kind: "repeat", body, min, max };
}

function children(pattern: Pattern): readonly Pattern[] {
  switch (pattern.kind) {
    case "sequence":
      return pattern.items;
    case "choice":
      return pattern.options;
    case "repeat":
    case "look":
    case "lookBehind":
      return [pattern.body];
    default:
      return [];
  }
}

/** Questions about trees, answered once for each node. */
export class PatternFacts {
  readonly #looksBack = new WeakMap<Pattern, boolean>();
  readonly #looksAhead = new WeakMap<Pattern, boolean>();
  readonly #keys = new WeakMap<Pattern, string>();

  /** Whether it depends on what stands before it. */
  looksBack(pattern: Pattern): boolean {
    return memo(this.#looksBack, pattern, () => {
      const { kind } = pattern;
      return kind === "start" || kind === "boundary" || kind === "lookBehind" || children(pattern).some((child) => this.looksBack(child));
    });
  }

  /** Whether it depends on what comes after it. */
  looksAhead(pattern: Pattern): boolean {
    return memo(this.#looksAhead, pattern, () => {
      const { kind } = pattern;
      return kind === "look" || kind === "end" || kind === "boundary" || children(pattern).some((child) => this.looksAhead(child));
    });
  }

  /** Equal for equal trees. */
  key(pattern: Pattern): string {
    return memo(this.#keys, pattern, () => {
      const own = Object.entries(pattern).filter(([name]) => name !== "items" && name !== "options" && name !== "body");
      return `${JSON.stringify(own)}(${children(pattern).map((child) => this.key(child)).join()})`;
    });
  }
}

/** Whether text can go on after a match without a character; after $ it cannot. */
export function canPassEmpty(pattern: Pattern): boolean {
  switch (pattern.kind) {
    case "class":
    case "end":
      return false;
    case "sequence":
      return pattern.items.every(canPassEmpty);
    case "choice":
      return pattern.options.some(canPassEmpty);
    case "repeat":
      return pattern.min === 0 || canPassEmpty(pattern.body);
    default:
      return true;
  }
}

/** The part of a pattern that matches without a character; it must not look back. */
export function emptyPart(pattern: Pattern): Pattern {
  switch (pattern.kind) {
    case "class":
      return NEVER;
    case "sequence":
      return sequenceOf(...pattern.items.map(emptyPart));
    case "choice":
      return choiceOf(...pattern.options.map(emptyPart));
    case "repeat":
      return pattern.min === 0 ? EMPTY : emptyPart(pattern.body);
    case "before":
      return pattern.set === "start" ? pattern : NEVER;
    default:
      return pattern;
  }
}

/** The part of a pattern that leaves one of `set` as the character before; it must not look back. */
export function partEndingIn(pattern: Pattern, set: CharSet): Pattern {
  switch (pattern.kind) {
    case "class": {
      const both = intersect(pattern.set, set);
      return both.length === 0 ? NEVER : { kind: "class", set: both };
    }
    case "sequence": {
      const parts: Pattern[] = [];
      let after = EMPTY;
      for (let i = pattern.items.length - 1; i >= 0 && after !== NEVER; i--) {
        parts.push(sequenceOf(...pattern.items.slice(0, i), partEndingIn(pattern.items[i], set), after));
        after = sequenceOf(emptyPart(pattern.items[i]), after);
      }
      return choiceOf(...parts);
    }
    case "choice":
      return choiceOf(...pattern.options.map((option) => partEndingIn(option, set)));
    case "repeat": {
      const { body, min, max } = pattern;
      return sequenceOf(repeatOf(body, Math.max(0, min - 1), max - 1), partEndingIn(body, set));
    }
    case "before": {
      if (pattern.set === "start" || intersect(pattern.set, set).length === 0) return NEVER;
      if (!isSubset(pattern.set, set)) throw new RegexError("A look-behind inside a look-ahead is not supported here.");
      return pattern;
    }
    default:
      return NEVER;
  }
}

function memo<T>(known: WeakMap<Pattern, T>, pattern: Pattern, compute: () => T): T {
  let value = known.get(pattern);
  if (value === undefined) known.set(pattern, (value = compute()));
  return value;
}
