// Continuations of the automaton: what is still to come from one point on. Equal continuations are one object.
import type { Lexeme } from "./lexeme/lexeme.js";
import { type ArrayShape, arrayBytes, itemShape, type JsonStyle, objectBytes, type ObjectShape, type Shape } from "./shape.js";
import { WordList } from "./lexeme/word-list.js";

interface NodeBase {
  readonly id: number;
  /** Bytes of the shortest way to the end of the text. */
  readonly distance: number;
}

export interface EndNode extends NodeBase {
  readonly kind: "end";
}

/** The rest of one of the words `[low, high)`, of which `position` bytes were written; then `next`. */
export interface WordsNode extends NodeBase {
  readonly kind: "words";
  readonly words: WordList;
  readonly low: number;
  readonly high: number;
  readonly position: number;
  readonly next: Node;
}

export interface LexemeNode extends NodeBase {
  readonly kind: "lexeme";
  readonly lexeme: Lexeme;
  readonly state: number;
  readonly next: Node;
}

/** Stands for the nodes of its expansion; never part of a state. */
export interface ExpandedNode extends NodeBase {
  readonly kind: "expanded";
  readonly expand: () => Node[];
  expansion: Node[] | undefined;
}

export type Node = EndNode | WordsNode | LexemeNode | ExpandedNode;

export class NodeStore {
  readonly end: EndNode = { kind: "end", id: 0, distance: 0 };
  readonly #style: JsonStyle;
  readonly #nodes = new Map<string, Node>();
  /** Never reused, also not after `clear`; the end node is number 0. */
  #lastId = 0;
  readonly #ids = new Map<object, number>();
  readonly #literals = new Map<string, WordList>();
  readonly #objectBytes = new Map<ObjectShape, number[]>();

  constructor(style: JsonStyle) {
    this.#style = style;
  }

  /** Forgets all nodes; those that states still hold stay usable. */
  clear(): void {
    this.#nodes.clear();
  }

  /** Any value of `shape`, then `next`. */
  value(shape: Shape, next: Node): Node {
    switch (shape.kind) {
      case "words":
        return this.#words(shape.words, 0, shape.words.words.length, 0, next);
      case "lexeme": {
        const { lexeme } = shape;
        if (!shape.isQuoted) return this.lexeme(lexeme, lexeme.start, next);
        return this.#literal('"', this.lexeme(lexeme, lexeme.start, this.#literal('"', next)));
      }
      case "array":
        return this.#literal("[", this.#array(shape, 0, next));
      case "object":
        return this.#literal("{", this.#object(shape, 0, false, next));
      case "union":
        return this.#expanded(`u${this.#idOf(shape)}`, next, shape.minimumBytes + next.distance, () =>
          shape.members.map((member) => this.value(member, next)),
        );
    }
  }

  lexeme(lexeme: Lexeme, state: number, next: Node): Node {
    return this.#intern(`l${this.#idOf(lexeme)},${state}>${next.id}`, (id) => ({
      kind: "lexeme",
      id,
      distance: lexeme.distance(state) + next.distance,
      lexeme,
      state,
      next,
    }));
  }

  /** What is to come after `byte`, or undefined where it does not fit. */
  step(node: Node, byte: number): Node | undefined {
    if (node.kind === "words") {
      const { words, position } = node;
      const [low, high] = words.narrow(node.low, node.high, position, byte);
      return low < high ? this.#words(words, low, high, position + 1, node.next) : undefined;
    }
    if (node.kind !== "lexeme") return undefined;
    const state = node.lexeme.step(node.state, byte);
    return state < 0 ? undefined : this.lexeme(node.lexeme, state, node.next);
  }

  /** The nodes that read the next byte (or end the text), in order of their ids. */
  closure(nodes: readonly Node[]): Node[] {
    const seen = new Set<Node>();
    const visit = (node: Node): void => {
      if (seen.has(node)) return;
      seen.add(node);
      if (node.kind === "expanded") (node.expansion ??= node.expand()).forEach(visit);
      else if (node.kind === "words" && isWordWhole(node)) visit(node.next);
      else if (node.kind === "lexeme" && node.lexeme.isWhole(node.state)) visit(node.next);
    };
    nodes.forEach(visit);
    const reads = (node: Node) => node.kind !== "expanded" && !(node.kind === "words" && isWordWhole(node) && node.high - node.low === 1);
    return [...seen].filter(reads).toSorted((a, b) => a.id - b.id);
  }

  #words(words: WordList, low: number, high: number, position: number, next: Node): Node {
    return this.#intern(`w${this.#idOf(words)},${low},${high},${position}>${next.id}`, (id) => ({
      kind: "words",
      id,
      distance: words.shortest(low, high) - position + next.distance,
      words,
      low,
      high,
      position,
      next,
    }));
  }

  #literal(text: string, next: Node): Node {
    let words = this.#literals.get(text);
    if (!words) this.#literals.set(text, (words = new WordList([text])));
    return this.#words(words, 0, 1, 0, next);
  }

  /** After `count` items of an array. */
  #array(shape: ArrayShape, count: number, next: Node): Node {
    // Without an upper bound, all counts from here on are alike.
    const same = Math.max(shape.minItems, shape.prefix.length, 1);
    const at = shape.maxItems === Infinity ? Math.min(count, same) : count;
    return this.#expanded(`a${this.#idOf(shape)},${at}`, next, arrayBytes(shape, at, this.#style) + next.distance, () => {
      const options: Node[] = [];
      if (at >= shape.minItems) options.push(this.#literal("]", next));
      if (at < shape.maxItems) {
        const item = this.value(itemShape(shape, at).value, this.#array(shape, at + 1, next));
        options.push(at === 0 ? item : this.#literal(this.#style.comma, item));
      }
      return options;
    });
  }

  /** Where the properties before `index` are done with; `isStarted` where one of them was written. */
  #object(shape: ObjectShape, index: number, isStarted: boolean, next: Node): Node {
    let bytes = this.#objectBytes.get(shape);
    if (!bytes) this.#objectBytes.set(shape, (bytes = objectBytes(shape, this.#style)));
    const comma = isStarted ? this.#style.comma : "";
    const distance = bytes[index] + (bytes[index] > 1 ? comma.length : 0) + next.distance;
    return this.#expanded(`o${this.#idOf(shape)},${index},${isStarted}`, next, distance, () => {
      const { properties, free } = shape;
      const options: Node[] = [];
      for (let i = index; i < properties.length; i++) {
        const { key, value, isRequired } = properties[i];
        const rest = this.value(value, this.#object(shape, i + 1, true, next));
        options.push(this.#literal(`${comma}${JSON.stringify(key)}${this.#style.colon}`, rest));
        if (isRequired) return options;
      }
      for (const { key: name, value } of free) {
        const rest = this.value(value, this.#object(shape, properties.length, true, next));
        const key = this.lexeme(name, name.start, this.#literal(`"${this.#style.colon}`, rest));
        options.push(this.#literal(`${comma}"`, key));
      }
      options.push(this.#literal("}", next));
      return options;
    });
  }

  #expanded(key: string, next: Node, distance: number, expand: () => Node[]): Node {
    return this.#intern(`${key}>${next.id}`, (id) => ({ kind: "expanded", id, distance, expand, expansion: undefined }));
  }

  #intern(key: string, create: (id: number) => Node): Node {
    let node = this.#nodes.get(key);
    if (!node) this.#nodes.set(key, (node = create(++this.#lastId)));
    return node;
  }

  #idOf(part: object): number {
    let id = this.#ids.get(part);
    if (id === undefined) this.#ids.set(part, (id = this.#ids.size));
    return id;
  }
}

function isWordWhole(node: WordsNode): boolean {
  return node.words.words[node.low].length === node.position;
}
