// A state of the automaton: a set of nodes, what is known of it, and where its bytes lead.
import type { MaskEntry } from "../mask/mask-cache.js";
import { CapturedNode } from "./node/captured-node.js";
import { type CopyState, copyStates } from "../verbatim/copy-state.js";
import { EndNode, type Node } from "./node/node.js";
import { LexemeNode } from "./node/lexeme-node.js";
import { WordsNode } from "./node/words-node.js";

const NONE: readonly never[] = [];

/** Immutable but for its memories. */
export class State {
  /** The rank of the nearest node; see `Node.distance`. */
  readonly distance: number;
  readonly isComplete: boolean;
  /** Inside the body of a JSON string whose characters are counted. */
  readonly isInString: boolean;
  /** Where it is inside the body of a string that is copied from a source. */
  readonly copies: readonly CopyState[];
  /** `Automaton.settle` has something to do above this many characters. */
  readonly settleAbove: number;
  /** The only byte that may come, or -1 where that is not so or not known. */
  readonly soleByte: number;
  readonly lexemes: readonly LexemeNode[];
  /** Forms whose texts matter and never run out. */
  readonly captured: readonly CapturedNode[];
  /** All other nodes. */
  readonly structure: readonly Node[];
  /** Memory of the state of `structure`. */
  structureState: State | undefined;
  /** Memory of the way to the end, see `shortest-way.ts`; -1 unknown. */
  tokensToEnd = -1;
  byteOnWay = -1;
  /** The only byte that may come where the text is not complete; -1 none, -2 not known. */
  forcedByte = -2;
  /** Memory of the tokens that may come. */
  maskEntry: MaskEntry | undefined;
  /** Memory of transitions: null is a dead end. */
  soleNext: State | null | undefined;
  transitions: Map<number, State | null> | undefined;

  constructor(readonly nodes: readonly Node[]) {
    const lexemes = nodes.filter((node) => node instanceof LexemeNode);
    const captured = nodes.filter((node) => node instanceof CapturedNode && node.capture.isOpen) as CapturedNode[];
    this.distance = nodes.reduce((least, node) => Math.min(least, node.distance), Infinity);
    this.lexemes = lexemes.length === 0 ? NONE : lexemes;
    this.captured = captured.length === 0 ? NONE : captured;
    this.structure = lexemes.length + captured.length === 0 ? nodes : nodes.filter((node) => !lexemes.includes(node as LexemeNode) && !captured.includes(node as CapturedNode));
    this.isComplete = nodes.some((node) => node instanceof EndNode);
    const bodies = lexemes.filter(({ lexeme }) => lexeme.isStringBody);
    this.isInString = bodies.length > 0;
    const copies = nodes.flatMap((node) => (node instanceof LexemeNode || node instanceof CapturedNode ? copyStates(node.lexeme, node.state) : []));
    this.copies = copies.length === 0 ? NONE : copies;
    this.settleAbove = bodies.reduce((least, { lexeme, state }) => Math.min(least, lexeme.settleAbove(state)), Infinity);
    this.soleByte = soleByteOf(nodes);
  }
}

function soleByteOf(nodes: readonly Node[]): number {
  let sole = -1;
  for (const node of nodes) {
    const byte = node instanceof WordsNode ? node.soleByte : -1;
    if (byte < 0 || (sole >= 0 && sole !== byte)) return -1;
    sole = byte;
  }
  return sole;
}
