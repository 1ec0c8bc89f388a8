// Bans: the nodes where a scalar value begins, without some of its values.
import { ExceptLexeme } from "../../lexeme/except-lexeme.js";
import { WordList } from "../../lexeme/word-list.js";
import { VerbatimLexeme } from "../../verbatim/verbatim-lexeme.js";
import { LexemeNode } from "../node/lexeme-node.js";
import type { Node, NodeMaker } from "../node/node.js";
import { WordsNode, wordsNode } from "../node/words-node.js";

/**
 * @param nodes where a value begins; nodes that begin no string, number or listed value stay as they are
 * @returns none where no value is left
 */
export function valuesExcept(maker: NodeMaker, nodes: readonly Node[], values: readonly (string | number)[]): Node[] {
  const texts = values.map((value) => JSON.stringify(value));
  const bodies = texts.filter((text) => text.startsWith('"')).map((text) => text.slice(1, -1));
  return nodes.flatMap((node) => {
    if (node instanceof LexemeNode) return exceptForm(maker, node, texts);
    if (!(node instanceof WordsNode) || node.position > 0) return [node];
    // The quote before the body of a string is a word of its own.
    if (node.next instanceof LexemeNode && node.words.words.length === 1) {
      return exceptForm(maker, node.next, bodies).map((body) => maker.literal('"', body));
    }
    const banned = new Set(texts);
    const left = node.words.words.map((word) => new TextDecoder().decode(word)).filter((word) => !banned.has(word));
    return left.length === 0 ? [] : [wordsNode(maker, new WordList(left), [0, left.length, 0], node.next)];
  });
}

function exceptForm(maker: NodeMaker, { lexeme, state, next }: LexemeNode, texts: readonly string[]): Node[] {
  if (state !== lexeme.start || texts.length === 0) return [maker.lexeme(lexeme, state, next)];
  // A ban of a copy is one of its places, whatever its spelling.
  const rest = lexeme instanceof VerbatimLexeme ? lexeme.without(texts) : new ExceptLexeme(lexeme.canonical(), new WordList(texts));
  return rest.distance(rest.start) === Infinity ? [] : [maker.lexeme(rest, rest.start, next)];
}
