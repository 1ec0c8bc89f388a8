// Patterns and formats as regular expressions: matched, combined and compared; each is read once.
import { RegexError } from "../../regex/regex-error.js";
import { type Regex, RegexStore } from "../../regex/regex-store.js";
import type { Refusal, TextRule } from "./constraint.js";

/** Of an automaton that is looked at only to save work later. */
const MAX_STATES = 100;
/** Then no more are looked at. */
const MAX_UNDECIDED = 8;

export class TextRules {
  /** Made with the first rule: most schemas have none. */
  #store: RegexStore | undefined;
  readonly #patterns = new Map<string, Regex | string>();
  readonly #contradictions = new Map<string, boolean>();

  #undecided = 0;

  get store(): RegexStore {
    return (this.#store ??= new RegexStore());
  }

  /** A refusal where the pattern is not supported. */
  regex(rule: TextRule): Regex | Refusal {
    const { pattern } = rule;
    let known = this.#patterns.get(pattern);
    if (known === undefined) this.#patterns.set(pattern, (known = attempt(() => this.store.parse(pattern))));
    if (typeof known === "string") return { path: rule.path, keyword: rule.keyword, reason: known };
    if (!rule.isNegated) return known;
    const parsed = known;
    const negated = attempt(() => this.store.not(parsed));
    return typeof negated === "string" ? { path: rule.path, keyword: rule.keyword, reason: negated } : negated;
  }

  matches(rule: TextRule, text: string): boolean | Refusal {
    const regex = this.regex({ ...rule, isNegated: false });
    if ("reason" in regex) return regex;
    const isMatch = attempt(() => this.store.test(regex, text));
    return typeof isMatch === "string" ? { path: rule.path, keyword: rule.keyword, reason: isMatch } : isMatch !== rule.isNegated;
  }

  /** Whether no text can fit all rules; false where that cannot be told. */
  areContradictory(rules: readonly TextRule[]): boolean {
    const key = rules.map((rule) => rule.key).toSorted().join("\0");
    let known = this.#contradictions.get(key);
    if (known === undefined) this.#contradictions.set(key, (known = this.#contradict(rules)));
    return known;
  }

  #contradict(rules: readonly TextRule[]): boolean {
    const regexes: Regex[] = [];
    for (const rule of rules) {
      const regex = this.regex(rule);
      if (!("reason" in regex)) regexes.push(regex);
    }
    if (this.#undecided >= MAX_UNDECIDED) return false;
    const isEmpty = attempt(() => this.store.isEmpty(this.store.and(...regexes), MAX_STATES));
    if (typeof isEmpty === "string") this.#undecided++;
    return isEmpty === true;
  }
}

/** The reason where the pattern is beyond what regular expressions can do here. */
function attempt<T>(action: () => T): T | string {
  try {
    return action();
  } catch (error) {
    if (error instanceof RegexError) return error.message;
    throw error;
  }
}
