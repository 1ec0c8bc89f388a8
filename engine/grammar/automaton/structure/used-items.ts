// The items that an array has so far, where they must differ: a chain that grows by one, and the forms that it leaves.
import { ExceptLexeme } from "../../lexeme/except-lexeme.js";
import type { Lexeme } from "../../lexeme/lexeme.js";
import { WordTree } from "../../lexeme/word-tree.js";
import { VerbatimLexeme } from "../../verbatim/verbatim-lexeme.js";
import type { ItemForm } from "./unique-items.js";

/** Immutable but for its memories; the same items in the same order are one object. */
export class UsedItems {
  /** How many there are. */
  readonly count: number;
  readonly #longer = new Map<string, UsedItems>();
  readonly #rests = new Map<Lexeme, Lexeme>();
  /** The chain's beginning, without any. */
  readonly #first: UsedItems;

  constructor(
    private readonly previous?: UsedItems,
    /** The last of them, as JSON. */
    private readonly text = "",
  ) {
    this.#first = previous ? previous.#first : this;
    this.count = previous ? previous.count + 1 : 0;
  }

  with(text: string): UsedItems {
    let longer = this.#longer.get(text);
    if (!longer) this.#longer.set(text, (longer = new UsedItems(this, text)));
    return longer;
  }

  /** What `form` may still be. */
  restOf(form: ItemForm): Lexeme {
    const { lexeme } = form;
    if (this.count === 0) return lexeme;
    return form.isFolded && lexeme instanceof VerbatimLexeme ? this.#copiesLeft(form, lexeme) : this.#textsLeft(form);
  }

  #copiesLeft(form: ItemForm, lexeme: VerbatimLexeme): Lexeme {
    let rest = this.#rests.get(lexeme);
    if (!rest) {
      const bodies = [...this.#backwards()].map((used) => used.#bodyIn(form));
      this.#rests.set(lexeme, (rest = lexeme.without(bodies.filter((body) => body !== undefined))));
    }
    return rest;
  }

  #textsLeft(form: ItemForm): Lexeme {
    const { lexeme } = form;
    const unknown: UsedItems[] = [];
    let rest: ExceptLexeme | undefined;
    for (const used of this.#backwards()) {
      rest = used.#rests.get(lexeme) as ExceptLexeme | undefined;
      if (rest) break;
      unknown.push(used);
    }
    rest ??= this.#none(lexeme);
    for (const longer of unknown.toReversed()) {
      const body = longer.#bodyIn(form);
      if (body !== undefined) rest = rest.without(body);
      longer.#rests.set(lexeme, rest);
    }
    return rest;
  }

  /** The form before any item: one for all that follow, so that they share what they have alike. */
  #none(lexeme: Lexeme): ExceptLexeme {
    let rest = this.#first.#rests.get(lexeme) as ExceptLexeme | undefined;
    if (!rest) this.#first.#rests.set(lexeme, (rest = new ExceptLexeme(lexeme, WordTree.empty())));
    return rest;
  }

  /** From here to the first item. */
  *#backwards(): Iterable<UsedItems> {
    if (!this.previous) return;
    yield this;
    for (let used = this.previous; used.previous; used = used.previous) yield used;
  }

  /** The last item as the form would write it, if it could. */
  #bodyIn({ isQuoted }: ItemForm): string | undefined {
    if (!isQuoted) return this.text;
    return this.text.startsWith('"') ? this.text.slice(1, -1) : undefined;
  }
}
