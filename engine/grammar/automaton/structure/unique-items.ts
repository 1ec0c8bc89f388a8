// Items that must differ: their lexical forms, and those forms without the texts that were used.
import type { Lexeme } from "../../lexeme/lexeme.js";
import { WordsLexeme } from "../../lexeme/words-lexeme.js";
import type { Shape } from "../../shape.js";
import { VerbatimLexeme } from "../../verbatim/verbatim-lexeme.js";
import { UsedItems } from "./used-items.js";

export interface ItemForm {
  lexeme: Lexeme;
  /** Whether quotes stand around it. */
  isQuoted: boolean;
  /** Whether it is copied from a source, and equal to other spellings of the same copy. */
  isFolded: boolean;
}

export class UniqueItems {
  readonly #forms = new Map<Shape, readonly ItemForm[]>();
  readonly #finite = new Map<Shape, boolean>();

  /** The forms of a scalar shape. */
  formsOf(shape: Shape): readonly ItemForm[] {
    let forms = this.#forms.get(shape);
    if (!forms) this.#forms.set(shape, (forms = withFolding(scalarForms(shape))));
    return forms;
  }

  /**
   * Bytes of the `count` shortest different items, ascending; fewer where there are no more. With n items written,
   * whichever they are, the shortest other one has no more bytes than number n + 1.
   */
  costs(shape: Shape, count: number): number[] {
    const costs: number[] = [];
    let used = new UsedItems();
    for (let text = this.#shortest(shape, used); text !== undefined && costs.length < count; text = this.#shortest(shape, used)) {
      costs.push(Buffer.byteLength(text));
      used = used.with(text);
    }
    return costs;
  }

  /** Whether the items can run out, so that each text written matters for what may follow. */
  isFinite(shape: Shape): boolean {
    let isFinite = this.#finite.get(shape);
    if (isFinite === undefined) {
      isFinite = this.formsOf(shape).every(({ lexeme }) => isFiniteForm(lexeme));
      this.#finite.set(shape, isFinite);
    }
    return isFinite;
  }

  #shortest(shape: Shape, used: UsedItems): string | undefined {
    let best: { lexeme: Lexeme; isQuoted: boolean } | undefined;
    let bytes = Infinity;
    for (const form of this.formsOf(shape)) {
      const lexeme = used.restOf(form);
      const length = lexeme.distance(lexeme.start) + (form.isQuoted ? 2 : 0);
      if (length < bytes) [best, bytes] = [{ lexeme, isQuoted: form.isQuoted }, length];
    }
    if (!best) return undefined;
    const text = Buffer.from(wayText(best.lexeme, best.lexeme.start), "latin1").toString();
    return best.isQuoted ? `"${text}"` : text;
  }
}

/** The bytes, one a character, of the way that a lexeme's ranks describe. */
export function wayText(lexeme: Lexeme, state: number): string {
  let text = "";
  for (let at = state; !lexeme.isWhole(at); ) {
    let best = -1;
    let bestByte = 0;
    for (let byte = 0; byte < 256; byte++) {
      const next = lexeme.step(at, byte);
      if (next >= 0 && (best < 0 || lexeme.distance(next) < lexeme.distance(best))) [best, bestByte] = [next, byte];
    }
    if (best < 0) throw new Error("A lexeme ran into a dead end.");
    text += String.fromCharCode(bestByte);
    at = best;
  }
  return text;
}

/**
 * Copies beside strings of other kinds differ as those do, letter by letter: with two kinds of equality, how many
 * items there are would hang on which came first.
 */
function withFolding(forms: readonly ItemForm[]): readonly ItemForm[] {
  const isFolded = forms.every(({ lexeme, isQuoted }) => !isQuoted || lexeme instanceof VerbatimLexeme);
  return isFolded ? forms.map((form) => ({ ...form, isFolded: form.isQuoted })) : forms;
}

function scalarForms(shape: Shape): readonly ItemForm[] {
  switch (shape.kind) {
    case "words":
      return [{ lexeme: new WordsLexeme(shape.words), isQuoted: false, isFolded: false }];
    case "lexeme":
      return [{ lexeme: shape.lexeme, isQuoted: shape.isQuoted, isFolded: false }];
    case "union":
      return shape.members.flatMap(scalarForms);
    default:
      throw new Error("Only scalars are compared with each other.");
  }
}

/** Exact for closed sets; a form with room for more than this many bytes counts as endless. */
const FINITE_WORDS = 1024;

/** Whether a form has few words: counted along its bytes, up to a bound. */
function isFiniteForm(lexeme: Lexeme): boolean {
  if (lexeme instanceof WordsLexeme) return true;
  let words = 0;
  const pending = [lexeme.start];
  while (pending.length > 0) {
    const state = pending.pop()!;
    if (lexeme.isWhole(state) && ++words > FINITE_WORDS) return false;
    if (pending.length > FINITE_WORDS) return false;
    for (let byte = 0; byte < 256; byte++) {
      const next = lexeme.step(state, byte);
      if (next >= 0) pending.push(next);
    }
  }
  return true;
}
