// Makes the nodes of a grammar, each once, and follows them.
import type { Lexeme } from "../lexeme/lexeme.js";
import { WordList } from "../lexeme/word-list.js";
import type { ArrayShape, JsonStyle, KeyOrder, ObjectShape, Shape } from "../shape.js";
import { arrayNode } from "./structure/array-nodes.js";
import { ArrayPlan } from "./structure/array-position.js";
import { LexemeNode } from "./node/lexeme-node.js";
import { EndNode, ExpandedNode, type Node, type NodeMaker } from "./node/node.js";
import { objectNode } from "./structure/object-nodes.js";
import { ObjectPlan } from "./structure/object-position.js";
import { UniqueItems } from "./structure/unique-items.js";
import { wordsNode } from "./node/words-node.js";

export class NodeStore implements NodeMaker {
  readonly end: Node = new EndNode(0);
  readonly #style: JsonStyle;
  readonly #order: KeyOrder;
  readonly #unique = new UniqueItems();
  /** Never reused, also not after `clear`; the end node is number 0. */
  #lastId = 0;
  readonly #literals = new Map<string, WordList>();
  readonly #objects = new Map<ObjectShape, ObjectPlan>();
  readonly #arrays = new Map<ArrayShape, ArrayPlan>();

  constructor(style: JsonStyle, order: KeyOrder) {
    this.#style = style;
    this.#order = order;
  }

  /** Forgets all nodes; those that states still hold stay usable. */
  clear(): void {
    this.end.forgetPreceding();
    this.end.closed = undefined;
    // Positions hold names and items that were written.
    this.#objects.clear();
    this.#arrays.clear();
    this.#unique.clear();
  }

  value(shape: Shape, next: Node): Node {
    switch (shape.kind) {
      case "words":
        return wordsNode(this, shape.words, [0, shape.words.words.length, 0], next);
      case "lexeme": {
        const { lexeme } = shape;
        const body = shape.isQuoted ? this.literal('"', next) : next;
        const node = this.lexeme(lexeme, lexeme.start, body);
        return shape.isQuoted ? this.literal('"', node) : node;
      }
      case "array": {
        const plan = this.#arrayPlan(shape);
        return this.literal("[", arrayNode({ maker: this, style: this.#style }, plan, plan.start, next));
      }
      case "object": {
        const plan = this.#objectPlan(shape);
        return this.literal("{", objectNode({ maker: this, style: this.#style, unique: this.#unique }, plan, plan.start, next));
      }
      case "union":
        return this.expanded(next, shape, 0, shape.minimumBytes + next.distance, () => shape.members.map((member) => this.value(member, next)));
    }
  }

  lexeme(lexeme: Lexeme, state: number, next: Node): Node {
    const reduced = lexeme.reduce(state);
    return this.form(reduced.lexeme, reduced.state, next);
  }

  form(lexeme: Lexeme, state: number, next: Node): LexemeNode {
    return this.intern(next, lexeme, state, (id) => new LexemeNode(id, this, lexeme, state, next)) as LexemeNode;
  }

  literal(text: string, next: Node): Node {
    let words = this.#literals.get(text);
    if (!words) this.#literals.set(text, (words = new WordList([text])));
    return wordsNode(this, words, [0, 1, 0], next);
  }

  intern(next: Node, part: object, index: number, create: (id: number) => Node): Node {
    return next.preceding(part, index, () => create(++this.#lastId));
  }

  expanded(next: Node, part: object, index: number, distance: number, expand: () => readonly Node[]): Node {
    return this.intern(next, part, index, (id) => new ExpandedNode(id, distance, expand));
  }

  /** The nodes that read the next byte (or end the text), in order of their ids. */
  closure(nodes: readonly Node[]): Node[] {
    const seen = new Set(nodes);
    // The set grows while it is walked.
    for (const node of seen) for (const passed of node.passes()) seen.add(passed);
    return [...seen].filter(({ reads }) => reads).toSorted((a, b) => a.id - b.id);
  }

  #objectPlan(shape: ObjectShape): ObjectPlan {
    let plan = this.#objects.get(shape);
    if (!plan) this.#objects.set(shape, (plan = new ObjectPlan(shape, this.#style, this.#order, this.#unique)));
    return plan;
  }

  #arrayPlan(shape: ArrayShape): ArrayPlan {
    let plan = this.#arrays.get(shape);
    if (!plan) this.#arrays.set(shape, (plan = new ArrayPlan(shape, this.#style, shape.isUnique ? this.#unique : undefined)));
    return plan;
  }
}
