// Nodes of extended regular expressions over characters: languages of whole texts. Only a RegexStore makes them.
import type { CharSet } from "./char-set.js";
import type { Pattern } from "./pattern/pattern.js";

/** What is known of a language without a look at its texts. Where `isPlain`, lengths are exact; else they are bounds. */
export interface RegexFacts {
  /** Whether the empty text belongs to it; always exact. */
  isNullable: boolean;
  /** Characters of the shortest text; Infinity where there is none. */
  minLength: number;
  /** Characters of the longest; -Infinity where there is none. */
  maxLength: number;
  /** No intersection, complement or look-ahead in it: then nothing but `nothing` is empty. */
  isPlain: boolean;
  /** Where plain: from wherever a beginning leads, the shortest end is no longer than this. */
  longestEnd: number;
}

abstract class RegexNode implements RegexFacts {
  declare readonly isNullable: boolean;
  declare readonly minLength: number;
  declare readonly maxLength: number;
  declare readonly isPlain: boolean;
  declare readonly longestEnd: number;
  #key: string | undefined;

  constructor(
    readonly id: number,
    /** A number for ordering that does not depend on the store. */
    readonly order: number,
    facts: RegexFacts,
  ) {
    Object.assign(this, facts);
  }

  abstract readonly parts: readonly Regex[];

  /** The node without its parts. */
  abstract label(): string;

  /** Equal for equal nodes, also of different stores. */
  get key(): string {
    return (this.#key ??= serialize(this as unknown as Regex));
  }
}

/** One character; `nothing` where the set is empty. */
export class ClassRegex extends RegexNode {
  readonly kind = "class";
  readonly parts = [];
  constructor(id: number, order: number, facts: RegexFacts, readonly set: CharSet) {
    super(id, order, facts);
  }
  label(): string {
    return `[${this.set.join()}]`;
  }
}

export class EmptyRegex extends RegexNode {
  readonly kind = "empty";
  readonly parts = [];
  label(): string {
    return "()";
  }
}

/** A list: the head is no list itself. */
export class ConcatRegex extends RegexNode {
  readonly kind = "concat";
  readonly parts: readonly [Regex, Regex];
  constructor(id: number, order: number, facts: RegexFacts, readonly head: Regex, readonly tail: Regex) {
    super(id, order, facts);
    this.parts = [head, tail];
  }
  label(): string {
    return ".";
  }
}

export class RepeatRegex extends RegexNode {
  readonly kind = "repeat";
  readonly parts: readonly [Regex];
  constructor(id: number, order: number, facts: RegexFacts, readonly body: Regex, readonly min: number, readonly max: number) {
    super(id, order, facts);
    this.parts = [body];
  }
  label(): string {
    return `{${this.min},${this.max}}`;
  }
}

export class SetRegex extends RegexNode {
  constructor(id: number, order: number, facts: RegexFacts, readonly kind: "or" | "and", readonly parts: readonly Regex[]) {
    super(id, order, facts);
  }
  label(): string {
    return this.kind;
  }
}

export class NotRegex extends RegexNode {
  readonly kind = "not";
  readonly parts: readonly [Regex];
  constructor(id: number, order: number, facts: RegexFacts, readonly body: Regex) {
    super(id, order, facts);
    this.parts = [body];
  }
  label(): string {
    return "not";
  }
}

/** Up to `max` rounds of a pattern that looks ahead, then `tail`, which runs to the end of the text. */
export class LoopRegex extends RegexNode {
  readonly kind = "loop";
  readonly parts: readonly [Regex];
  constructor(
    id: number, order: number, facts: RegexFacts,
    readonly round: Pattern, readonly roundKey: string, readonly max: number, readonly tail: Regex,
  ) {
    super(id, order, facts);
    this.parts = [tail];
  }
  label(): string {
    return `loop${this.max}:${this.roundKey}`;
  }
}

export type Regex = ClassRegex | EmptyRegex | ConcatRegex | RepeatRegex | SetRegex | NotRegex | LoopRegex;

/** Every node once, its parts before it. Iterative: lists are as deep as patterns are long. */
export function nodesOf(root: Regex): Regex[] {
  const seen = new Set<Regex>();
  const nodes: Regex[] = [];
  const pending: { node: Regex; isLeaving: boolean }[] = [{ node: root, isLeaving: false }];
  for (let entry = pending.pop(); entry; entry = pending.pop()) {
    const { node, isLeaving } = entry;
    if (isLeaving) nodes.push(node);
    else if (!seen.has(node)) {
      seen.add(node);
      pending.push({ node, isLeaving: true });
      for (const part of node.parts) pending.push({ node: part, isLeaving: false });
    }
  }
  return nodes;
}

function serialize(root: Regex): string {
  const numbers = new Map<Regex, number>();
  const texts = nodesOf(root).map((node) => {
    numbers.set(node, numbers.size);
    return `${node.label()}${node.parts.map((part) => numbers.get(part)).join()}`;
  });
  return texts.join(";");
}
