// Rewrites a pattern so that nothing in it looks back: ^, \b, \B and look-behind become conditions on what was matched before them.
import { ALL_CHARACTERS, type CharSet, complement, WORD_CHARACTERS } from "../char-set.js";
import { RegexError } from "../regex-error.js";
import { choiceOf, emptyPart, NEVER, partEndingIn, type Pattern, type PatternFacts, repeatOf, sequenceOf } from "./pattern.js";

const MAX_PARTS = 5_000;
const MAX_COPIES = 8;
const NOT_WORD = complement(WORD_CHARACTERS);
const BEGINNING: Pattern = { kind: "before", set: "start" };
/** A match may begin anywhere. */
const SEARCH = sequenceOf(BEGINNING, repeatOf({ kind: "class", set: ALL_CHARACTERS }, 0, Infinity));

/**
 * The whole texts up to the end of a match of `pattern` somewhere in them.
 * @throws RegexError where what stands before an assertion cannot be known, as in an endless repeat
 */
export function resolveLeft(pattern: Pattern, facts: PatternFacts): Pattern {
  const context = new LeftContext(facts);
  return context.append(SEARCH, pattern);
}

class LeftContext {
  #parts = 0;

  constructor(private readonly facts: PatternFacts) {}

  /** `pattern` after `before`, which runs from the start of the text (or of a look-ahead) and looks back no more. */
  append(before: Pattern, pattern: Pattern): Pattern {
    if (before === NEVER) return NEVER;
    if (++this.#parts > MAX_PARTS) throw new RegexError("Too many assertions depend on what stands before them.");
    if (!this.facts.looksBack(pattern)) return sequenceOf(before, pattern);
    switch (pattern.kind) {
      case "sequence":
        return this.#sequence(before, pattern.items);
      case "choice":
        return choiceOf(...pattern.options.map((option) => this.append(before, option)));
      case "repeat":
        return this.#repeat(before, pattern.body, pattern.min, pattern.max);
      case "start":
        return emptyPart(before);
      case "boundary":
        return this.#boundary(before, pattern.isNegative);
      case "look":
        return this.#look(before, pattern.body, pattern.isNegative);
      case "lookBehind":
        return this.#lookBehind(before, pattern.body, pattern.isNegative);
      default:
        return sequenceOf(before, pattern);
    }
  }

  #sequence(before: Pattern, items: readonly Pattern[]): Pattern {
    let all = before;
    for (let i = 0; i < items.length; ) {
      // Runs of items that do not look back stay one part.
      let end = i;
      while (end < items.length && !this.facts.looksBack(items[end])) end++;
      if (end > i) all = flat(all, items.slice(i, end));
      if (end < items.length) all = this.append(all, items[end]);
      i = end + 1;
    }
    return all;
  }

  #repeat(before: Pattern, body: Pattern, min: number, max: number): Pattern {
    if (max > MAX_COPIES) throw new RegexError("An assertion that looks back is not supported inside of a repeat.");
    let all = min === 0 ? before : NEVER;
    let last = before;
    for (let count = 1; count <= max; count++) {
      last = this.append(last, body);
      if (count >= min) all = choiceOf(all, last);
    }
    return all;
  }

  #boundary(before: Pattern, isNegative: boolean): Pattern {
    const word: Pattern = { kind: "look", body: { kind: "class", set: WORD_CHARACTERS }, isNegative: false };
    const other: Pattern = { ...word, isNegative: true };
    return choiceOf(
      sequenceOf(emptyPart(before), isNegative ? other : word),
      sequenceOf(partEndingIn(before, NOT_WORD), isNegative ? other : word),
      sequenceOf(partEndingIn(before, WORD_CHARACTERS), isNegative ? word : other),
    );
  }

  /** The body of a look-ahead that looks back itself, for each of the things that can stand before it. */
  #look(before: Pattern, body: Pattern, isNegative: boolean): Pattern {
    const cases: [Pattern, CharSet | "start"][] = [
      [emptyPart(before), "start"],
      [partEndingIn(before, WORD_CHARACTERS), WORD_CHARACTERS],
      [partEndingIn(before, NOT_WORD), NOT_WORD],
    ];
    const options = cases.map(([part, set]) => {
      const inside = this.append({ kind: "before", set }, body);
      if (inside === NEVER) return isNegative ? part : NEVER;
      return sequenceOf(part, { kind: "look", body: inside, isNegative });
    });
    return choiceOf(...options);
  }

  #lookBehind(before: Pattern, body: Pattern, isNegative: boolean): Pattern {
    const set = body.kind === "class" ? body.set : undefined;
    if (set) return isNegative ? choiceOf(emptyPart(before), partEndingIn(before, complement(set))) : partEndingIn(before, set);
    if (body.kind === "choice" && !isNegative) return choiceOf(...body.options.map((option) => this.#lookBehind(before, option, false)));
    if (body.kind === "choice") return body.options.reduce((rest, option) => this.#lookBehind(rest, option, true), before);
    if (body.kind === "start") return isNegative ? partEndingIn(before, ALL_CHARACTERS) : emptyPart(before);
    if (before === SEARCH && !isNegative && !this.facts.looksBack(body) && !this.facts.looksAhead(body)) return sequenceOf(before, body);
    throw new RegexError("A look-behind over more than one character is not supported.");
  }
}

/** Sequences grow at their end in one array: a chain of pairs would nest as deep as the pattern is long. */
function flat(before: Pattern, items: readonly Pattern[]): Pattern {
  return before.kind === "sequence" ? sequenceOf(...before.items, ...items) : sequenceOf(before, ...items);
}
