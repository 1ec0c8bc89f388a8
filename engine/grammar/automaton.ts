// The lazy byte automaton: hash-consed nodes (what is still to come, as a linked stack) and states (sets of nodes).
import { type Node, NodeStore } from "./node.js";
import type { JsonStyle, Shape } from "./shape.js";

const QUOTE = 0x22;
/** Above this many states the tables are dropped; live matchers keep theirs. About 2.5 KB a wide state, 0.5 KB a narrow one. */
const MAX_STATES = 8192;

/** Immutable but for its memory of transitions. */
export class State {
  /** Bytes of the shortest way to a whole text. */
  readonly distance: number;
  readonly isComplete: boolean;
  /** Inside the body of a JSON string. */
  readonly isInString: boolean;
  /** Inside such a body and between two characters. */
  readonly isPlain: boolean;
  /** `Automaton.settle` has something to do above this many characters. */
  readonly settleAbove: number;
  /** The only byte that may come, or -1 where that is not so or not known. */
  readonly soleByte: number;
  /** Memory of the way to the end, see `shortest-way.ts`; -1 unknown. */
  tokensToEnd = -1;
  byteOnWay = -1;
  /** The only byte that may come where the text is not complete; -1 none, -2 not known. */
  forcedByte = -2;
  /** Memory of transitions: null is a dead end, undefined not known. */
  soleNext: State | null | undefined;
  table: (State | null | undefined)[] | undefined;

  constructor(readonly nodes: readonly Node[]) {
    let distance = Infinity;
    let isComplete = false;
    let isInString = false;
    let isPlain = false;
    let settleAbove = Infinity;
    for (const node of nodes) {
      distance = Math.min(distance, node.distance);
      isComplete ||= node.kind === "end";
      if (node.kind !== "lexeme" || !node.lexeme.isStringBody) continue;
      isInString = true;
      isPlain ||= node.lexeme.plainRoom(node.state) >= 0;
      settleAbove = Math.min(settleAbove, node.lexeme.settleAbove(node.state));
    }
    this.distance = distance;
    this.isComplete = isComplete;
    this.isInString = isInString;
    this.isPlain = isPlain;
    this.settleAbove = settleAbove;
    this.soleByte = soleByteOf(nodes);
  }
}

function soleByteOf(nodes: readonly Node[]): number {
  let sole = -1;
  for (const node of nodes) {
    if (node.kind !== "words" || node.high - node.low !== 1) return -1;
    const byte = node.words.words[node.low][node.position];
    if (sole >= 0 && sole !== byte) return -1;
    sole = byte;
  }
  return sole;
}

export class Automaton {
  readonly #root: Shape;
  readonly #store: NodeStore;
  readonly #states = new Map<string, State>();

  constructor(root: Shape, style: JsonStyle) {
    this.#root = root;
    this.#store = new NodeStore(style);
  }

  start(): State {
    return this.#stateOf([this.#store.value(this.#root, this.#store.end)]);
  }

  /** The state after the end token: complete, and nothing follows. */
  finished(): State {
    return this.#stateOf([this.#store.end]);
  }

  /** Bounds memory. Call between two steps, never inside one. */
  trim(): void {
    if (this.#states.size <= MAX_STATES) return;
    this.#states.clear();
    this.#store.clear();
  }

  next(state: State, byte: number): State | null {
    if (state.soleByte >= 0) {
      if (byte !== state.soleByte) return null;
      if (state.soleNext === undefined) state.soleNext = this.#compute(state, byte);
      return state.soleNext;
    }
    const table = (state.table ??= Array.from<State | null | undefined>({ length: 256 }));
    const known = table[byte];
    if (known !== undefined) return known;
    return (table[byte] = this.#compute(state, byte));
  }

  /** The only byte that may come; -1 where there is a choice, the end of the text included. */
  forcedByte(state: State): number {
    if (state.forcedByte === -2) state.forcedByte = this.#findForcedByte(state);
    return state.forcedByte;
  }

  /** Characters written of the string that `state` is in, after `byte` came in `before`. */
  countCharacters(before: State, byte: number, after: State, characters: number): number {
    if (!after.isInString) return 0;
    return before.isPlain && byte !== QUOTE ? characters + 1 : characters;
  }

  /** The state with counters that matter again made exact. */
  settle(state: State, characters: number): State {
    if (characters <= state.settleAbove) return state;
    return this.#stateOf(
      state.nodes.map((node) =>
        node.kind === "lexeme" ? this.#store.lexeme(node.lexeme, node.lexeme.settle(node.state, characters), node.next) : node,
      ),
    );
  }

  #findForcedByte(state: State): number {
    if (state.isComplete) return -1;
    if (state.soleByte >= 0) return state.soleByte;
    let only = -1;
    for (let byte = 0; byte < 256; byte++) {
      if (!this.next(state, byte)) continue;
      if (only >= 0) return -1;
      only = byte;
    }
    return only;
  }

  #compute(state: State, byte: number): State | null {
    const after: Node[] = [];
    for (const node of state.nodes) {
      const next = this.#store.step(node, byte);
      if (next) after.push(next);
    }
    return after.length === 0 ? null : this.#stateOf(after);
  }

  #stateOf(nodes: readonly Node[]): State {
    const closed = this.#store.closure(nodes);
    const key = closed.map((node) => node.id).join();
    let state = this.#states.get(key);
    if (!state) this.#states.set(key, (state = new State(closed)));
    return state;
  }
}
