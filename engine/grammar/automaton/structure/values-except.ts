// Bans: the nodes where a scalar value begins, without some of its values.
import { ExceptLexeme } from "../../lexeme/except-lexeme.js";
import { LexemeLimitError } from "../../lexeme/lexeme-limit-error.js";
import type { Lexeme } from "../../lexeme/lexeme.js";
import { WordList } from "../../lexeme/word-list.js";
import { VerbatimLexeme } from "../../verbatim/verbatim-lexeme.js";
import { CapturedNode, capturedNode } from "../node/captured-node.js";
import { LexemeNode } from "../node/lexeme-node.js";
import type { Node, NodeMaker } from "../node/node.js";
import { WordsNode, wordsNode } from "../node/words-node.js";

type Form = LexemeNode | CapturedNode;

export interface ValuesLeft {
  /** None where no value is left. */
  nodes: Node[];
  /** Whether a string, a number or a listed scalar begins here at all. */
  hasValue: boolean;
}

/**
 * @param nodes where a value begins; those that begin no scalar stay as they are
 * @throws RangeError where the values that may stand here cannot be told apart
 */
export function valuesExcept(maker: NodeMaker, nodes: readonly Node[], values: readonly (string | number)[]): ValuesLeft {
  const texts = values.map((value) => JSON.stringify(value));
  const bodies = texts.filter((text) => text.startsWith('"')).map((text) => text.slice(1, -1));
  const numbers = texts.filter((text) => !text.startsWith('"'));
  let hasValue = false;
  const left = nodes.flatMap((node) => {
    const body = bodyAfterQuote(node);
    const form = body ?? (isForm(node) ? node : undefined);
    if (form && form.state === form.lexeme.start) {
      hasValue = true;
      return exceptForm(maker, form, body ? bodies : numbers).map((rest) => (body ? maker.literal('"', rest) : rest));
    }
    if (!(node instanceof WordsNode) || node.position > 0) return [node];
    const words = node.words.words.map((word) => new TextDecoder().decode(word));
    if (!words.some(isScalar)) return [node];
    hasValue = true;
    const kept = words.filter((word) => !texts.includes(word));
    return kept.length === 0 ? [] : [wordsNode(maker, new WordList(kept), [0, kept.length, 0], node.next)];
  });
  return { nodes: left, hasValue };
}

function isForm(node: Node): node is Form {
  return node instanceof LexemeNode || node instanceof CapturedNode;
}

/** The quote before the body of a string is a word of its own. */
function bodyAfterQuote(node: Node): Form | undefined {
  if (!(node instanceof WordsNode) || node.position > 0 || node.words.words.length > 1 || node.words.longest > 1) return undefined;
  return isForm(node.next) ? node.next : undefined;
}

function isScalar(text: string): boolean {
  return /^["\-\dtfn]/.test(text) && text !== '"';
}

function exceptForm(maker: NodeMaker, form: Form, texts: readonly string[]): Node[] {
  const { lexeme } = form;
  if (texts.length === 0) return [form];
  // A ban of a copy is one of its places, whatever its spelling.
  const rest = lexeme instanceof VerbatimLexeme ? lexeme.without(texts) : new ExceptLexeme(canonical(lexeme), new WordList(texts));
  if (rest.distance(rest.start) === Infinity) return [];
  if (form instanceof CapturedNode) return [capturedNode(maker, form.capture, rest)];
  return [maker.lexeme(rest, rest.start, form.next)];
}

/** A banned value is known by its one spelling. */
function canonical(lexeme: Lexeme): Lexeme {
  try {
    return lexeme.canonical();
  } catch (cause) {
    if (!(cause instanceof LexemeLimitError)) throw cause;
    throw new RangeError(`No number can be banned here: ${cause.message}`, { cause });
  }
}
