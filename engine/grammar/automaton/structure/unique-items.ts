// Items that must differ: their lexical forms, and those forms without the texts that were used.
import { ExceptLexeme } from "../../lexeme/except-lexeme.js";
import type { Lexeme } from "../../lexeme/lexeme.js";
import { WordList } from "../../lexeme/word-list.js";
import { WordsLexeme } from "../../lexeme/words-lexeme.js";
import type { Shape } from "../../shape.js";

export interface ItemForm {
  lexeme: Lexeme;
  /** Whether quotes stand around it. */
  isQuoted: boolean;
}

export class UniqueItems {
  readonly #forms = new Map<Shape, readonly ItemForm[]>();
  readonly #finite = new Map<Shape, boolean>();
  readonly #rests = new Map<Lexeme, Map<string, Lexeme>>();

  /** Forgets what texts that were written led to. */
  clear(): void {
    this.#rests.clear();
  }

  /** The forms of a scalar shape. */
  formsOf(shape: Shape): readonly ItemForm[] {
    let forms = this.#forms.get(shape);
    if (!forms) this.#forms.set(shape, (forms = scalarForms(shape)));
    return forms;
  }

  /** `form` but for `used`, JSON texts. */
  without({ lexeme, isQuoted }: ItemForm, used: readonly string[]): Lexeme {
    const bodies = isQuoted ? used.filter((text) => text.startsWith('"')).map((text) => text.slice(1, -1)) : used;
    return bodies.length === 0 ? lexeme : this.exceptBodies(lexeme, bodies);
  }

  exceptBodies(lexeme: Lexeme, bodies: readonly string[]): Lexeme {
    let rests = this.#rests.get(lexeme);
    if (!rests) this.#rests.set(lexeme, (rests = new Map()));
    const key = JSON.stringify(bodies.toSorted());
    let rest = rests.get(key);
    if (!rest) rests.set(key, (rest = new ExceptLexeme(lexeme, new WordList(bodies))));
    return rest;
  }

  /**
   * Bytes of the `count` shortest different items, ascending; fewer where there are no more. With n items written,
   * whichever they are, the shortest other one has no more bytes than number n + 1.
   */
  costs(shape: Shape, count: number): number[] {
    const texts: string[] = [];
    for (let text = this.#shortest(shape, texts); text !== undefined && texts.length < count; text = this.#shortest(shape, texts)) texts.push(text);
    return texts.map((text) => Buffer.byteLength(text));
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

  #shortest(shape: Shape, used: readonly string[]): string | undefined {
    let best: { lexeme: Lexeme; isQuoted: boolean } | undefined;
    let bytes = Infinity;
    for (const form of this.formsOf(shape)) {
      const lexeme = this.without(form, used);
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

function scalarForms(shape: Shape): readonly ItemForm[] {
  switch (shape.kind) {
    case "words":
      return [{ lexeme: new WordsLexeme(shape.words), isQuoted: false }];
    case "lexeme":
      return [{ lexeme: shape.lexeme, isQuoted: shape.isQuoted }];
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
