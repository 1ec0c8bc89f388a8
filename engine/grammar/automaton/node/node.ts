// Continuations of the automaton: what is still to come from one point on. Equal continuations are one object.
import type { Lexeme } from "../../lexeme/lexeme.js";
import type { JsonStyle, Shape } from "../../shape.js";
import type { State } from "../state.js";

/** Nodes made so far that go on with one node, by what they do before it: the first, and all others. */
interface Preceding {
  readonly part: object;
  readonly index: number;
  readonly node: Node;
  others: Map<object, Map<number, Node>> | undefined;
}

/** Nodes of the same part and index do the same, each before its own next. */
export interface Joint {
  readonly part: object;
  readonly index: number;
  readonly next: Node;
}

function joined(node: Node, joint: Joint): Node {
  node.joint = joint;
  return node;
}

/** One way to go on. Immutable but for its memories; lists of nodes (a state) are alternatives. */
export abstract class Node {
  /**
   * A rank: 0 at the end of the text; elsewhere some byte leads to a node, or set of nodes, of smaller rank. At
   * least the bytes of the way it so describes.
   */
  abstract readonly distance: number;
  #before: Preceding | undefined;
  /** What this node does before which other. */
  joint: Joint | undefined;
  /** Memory of the state of this node alone. */
  closed: State | undefined;

  constructor(readonly id: number) {}

  /** The node that is `index` of `part` before this one; made once. */
  preceding(part: object, index: number, create: () => Node): Node {
    const first = this.#before;
    // Most nodes have a single one: no map is made for it.
    if (!first) {
      const node = joined(create(), { part, index, next: this });
      this.#before ??= { part, index, node, others: undefined };
      return node;
    }
    if (first.part === part && first.index === index) return first.node;
    first.others ??= new Map();
    let ofPart = first.others.get(part);
    if (!ofPart) first.others.set(part, (ofPart = new Map()));
    let node = ofPart.get(index);
    if (!node) ofPart.set(index, (node = joined(create(), { part, index, next: this })));
    return node;
  }

  /** The same before another node; undefined where what comes between depends on the node after it. */
  rejoin(_next: Node): Node | undefined {
    return undefined;
  }

  forgetPreceding(): void {
    this.#before = undefined;
  }

  /** What is to come after `byte`, or undefined where it does not fit. */
  abstract step(byte: number): Node | undefined;

  /** Where this node may be passed without a byte: the nodes behind it. */
  passes(): readonly Node[] {
    return [];
  }

  /** Whether a byte can be read here (or the text end), rather than only behind. */
  get reads(): boolean {
    return true;
  }

  /** The bytes that `step` may take, ascending; the caller tries each. */
  abstract firstBytes(): readonly number[];
}

/** Nothing may follow. */
export class EndNode extends Node {
  readonly distance = 0;

  step(): undefined {
    return undefined;
  }

  firstBytes(): readonly number[] {
    return [];
  }
}

/** Stands for the nodes of its expansion, which is made when first needed. */
export class ExpandedNode extends Node {
  #expansion: readonly Node[] | undefined;

  constructor(
    id: number,
    readonly distance: number,
    private readonly expand: () => readonly Node[],
    private readonly rebuild?: (next: Node) => Node,
  ) {
    super(id);
  }

  override rejoin(next: Node): Node | undefined {
    return this.rebuild?.(next);
  }

  override get reads(): boolean {
    return false;
  }

  step(): undefined {
    return undefined;
  }

  override passes(): readonly Node[] {
    return (this.#expansion ??= this.expand());
  }

  firstBytes(): readonly number[] {
    return [];
  }
}

export interface Expansion {
  expand: () => readonly Node[];
  rebuild?: (next: Node) => Node;
}

/** How nodes make the nodes after them. */
export interface NodeMaker {
  /** Any value of `shape`, then `next`. */
  value(shape: Shape, next: Node): Node;
  lexeme(lexeme: Lexeme, state: number, next: Node): Node;
  /** This very text, then `next`. */
  literal(text: string, next: Node): Node;
  /** The node that is `index` of `part` before `next`; made once. */
  intern(next: Node, part: object, index: number, create: (id: number) => Node): Node;
  /** @param expansion what the node stands for, and the same before another node where that can be */
  expanded(next: Node, joint: Omit<Joint, "next">, distance: number, expansion: Expansion): Node;
}

/** What the nodes of a structure are made with. */
export interface NodeContext {
  maker: NodeMaker;
  style: JsonStyle;
}
