// Makes the nodes of a grammar, each once, and follows them.
import type { Lexeme } from "../lexeme/lexeme.js";
import { WordList } from "../lexeme/word-list.js";
import type { ArrayShape, JsonStyle, KeyOrder, ObjectShape, Shape } from "../shape.js";
import { arrayNode } from "./structure/array-nodes.js";
import { ArrayPlan } from "./structure/array-position.js";
import { LexemeNode } from "./node/lexeme-node.js";
import { EndNode, ExpandedNode, type Expansion, type Joint, type Node, type NodeMaker } from "./node/node.js";
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
  readonly #eithers = new Map<string, Node>();
  readonly #members = new WeakMap<Node, readonly Node[]>();
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
    this.#eithers.clear();
    // Positions hold names and items that were written.
    this.#objects.clear();
    this.#arrays.clear();
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
        return this.literal("{", objectNode({ maker: this, style: this.#style }, plan, plan.start, next));
      }
      case "union":
        return this.expanded(next, { part: shape, index: 0 }, shape.minimumBytes + next.distance, {
          expand: () => shape.members.map((member) => this.value(member, next)),
          rebuild: (other) => this.value(shape, other),
        });
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

  expanded(next: Node, { part, index }: Omit<Joint, "next">, distance: number, { expand, rebuild }: Expansion): Node {
    return this.intern(next, part, index, (id) => new ExpandedNode(id, distance, expand, rebuild));
  }

  /** The nodes that read the next byte (or end the text), in order of their ids. */
  closure(nodes: readonly Node[]): Node[] {
    const seen = new Set<Node>();
    const reading = new Set<Node>();
    for (let front = this.#merge(nodes); front.length > 0; ) {
      const passed: Node[] = [];
      for (const node of front) {
        if (seen.has(node)) continue;
        seen.add(node);
        if (node.reads) reading.add(node);
        passed.push(...node.passes());
      }
      front = this.#merge(passed);
    }
    return this.#merge([...reading]).toSorted((a, b) => a.id - b.id);
  }

  /**
   * Nodes that do the same before different nodes as one before all of these. Else alternatives that hold each other
   * would double with every level of nesting: this is the merging of a graph-structured stack (Tomita 1987).
   */
  #merge(nodes: readonly Node[]): readonly Node[] {
    if (nodes.length < 2) return nodes;
    const alike = new Map<object, Map<number, Node[]>>();
    let isMerged = false;
    for (const node of nodes) {
      const { part, index } = node.joint ?? { part: node, index: 0 };
      let ofPart = alike.get(part);
      if (!ofPart) alike.set(part, (ofPart = new Map()));
      const group = ofPart.get(index);
      if (!group) ofPart.set(index, [node]);
      else if (!group.includes(node)) isMerged = group.push(node) > 1;
    }
    if (!isMerged) return nodes;
    return [...alike.values()].flatMap((ofPart) => [...ofPart.values()].flatMap((group) => this.#mergeAlike(group)));
  }

  #mergeAlike(group: readonly Node[]): readonly Node[] {
    if (group.length === 1) return group;
    const merged = group[0].rejoin(this.#either(group.map(({ joint }) => joint!.next)));
    return merged ? [merged] : group;
  }

  /** Any of several nodes. */
  #either(nodes: readonly Node[]): Node {
    const flat = [...new Set(nodes.flatMap((node) => this.#members.get(node) ?? [node]))].toSorted((a, b) => a.id - b.id);
    if (flat.length === 1) return flat[0];
    const key = flat.map(({ id }) => id).join();
    let either = this.#eithers.get(key);
    if (!either) {
      const distance = flat.reduce((least, node) => Math.min(least, node.distance), Infinity);
      either = new ExpandedNode(++this.#lastId, distance, () => flat);
      this.#eithers.set(key, either);
      this.#members.set(either, flat);
    }
    return either;
  }

  #objectPlan(shape: ObjectShape): ObjectPlan {
    let plan = this.#objects.get(shape);
    if (!plan) this.#objects.set(shape, (plan = new ObjectPlan(shape, this.#style, this.#order)));
    return plan;
  }

  #arrayPlan(shape: ArrayShape): ArrayPlan {
    let plan = this.#arrays.get(shape);
    if (!plan) this.#arrays.set(shape, (plan = new ArrayPlan(shape, this.#style, shape.isUnique ? this.#unique : undefined)));
    return plan;
  }
}
