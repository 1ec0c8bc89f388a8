// The lazy byte automaton: hash-consed nodes (what is still to come, as a linked stack) and states (sets of nodes).
import type { JsonStyle, KeyOrder, Shape } from "../shape.js";
import type { Lexeme } from "../lexeme/lexeme.js";
import type { CapturedNode } from "./node/captured-node.js";
import { LexemeNode } from "./node/lexeme-node.js";
import type { Node } from "./node/node.js";
import { NodeStore } from "./node-store.js";
import { State } from "./state.js";
import { valuesExcept } from "./structure/values-except.js";

/** Above this many states the tables are dropped; live matchers keep theirs. About 1 KB a state with its nodes. */
const MAX_STATES = 16_384;

export class Automaton {
  readonly #root: Shape;
  readonly #store: NodeStore;
  readonly #states = new Map<string, State>();
  #stateCount = 0;

  constructor(root: Shape, style: JsonStyle, order: KeyOrder = "schema") {
    this.#root = root;
    this.#store = new NodeStore(style, order);
  }

  start(): State {
    return this.stateOf(this.#store.value(this.#root, this.#store.end));
  }

  /** The state after the end token: complete, and nothing follows. */
  finished(): State {
    return this.stateOf(this.#store.end);
  }

  /** Bounds memory. Call between two steps, never inside one. */
  trim(): void {
    if (this.#stateCount <= MAX_STATES) return;
    this.#states.clear();
    this.#stateCount = 0;
    this.#store.clear();
  }

  next(state: State, byte: number): State | null {
    if (state.soleByte >= 0) {
      if (byte !== state.soleByte) return null;
      if (state.soleNext === undefined) state.soleNext = this.#compute(state, byte);
      return state.soleNext;
    }
    const transitions = (state.transitions ??= new Map());
    const known = transitions.get(byte);
    if (known !== undefined) return known;
    const after = this.#compute(state, byte);
    transitions.set(byte, after);
    return after;
  }

  /** The bytes that may come, and perhaps others that may not. */
  firstBytes(state: State): readonly number[] {
    if (state.nodes.length === 1) return state.nodes[0].firstBytes();
    const isFirst = new Uint8Array(256);
    for (const node of state.nodes) for (const byte of node.firstBytes()) isFirst[byte] = 1;
    const bytes: number[] = [];
    for (let byte = 0; byte < 256; byte++) if (isFirst[byte] === 1) bytes.push(byte);
    return bytes;
  }

  /** The only byte that may come; -1 where there is a choice, the end of the text included. */
  forcedByte(state: State): number {
    if (state.forcedByte === -2) state.forcedByte = this.#findForcedByte(state);
    return state.forcedByte;
  }

  /** The state with counters that matter again made exact. */
  settle(state: State, characters: number): State {
    if (characters <= state.settleAbove) return state;
    return this.#stateOf(
      state.nodes.map((node) =>
        node instanceof LexemeNode ? this.#store.lexeme(node.lexeme, node.lexeme.settle(node.state, characters), node.next) : node,
      ),
    );
  }

  /**
   * The state where none of `values` may be written as the value that begins here.
   * @throws RangeError where no scalar value begins here, or no other may stand
   */
  without(state: State, values: readonly (string | number)[]): State {
    const { nodes, hasValue } = valuesExcept(this.#store, state.nodes, values);
    if (!hasValue) throw new RangeError("No string, number or listed value begins here.");
    if (nodes.length === 0) throw new RangeError("No other value may stand here.");
    return this.#stateOf(nodes);
  }

  /** The state of one node. */
  stateOf(node: Node): State {
    if (!node.closed) {
      const nodes = this.#store.closure([node]);
      this.#stateCount++;
      if (nodes.length > 1 || nodes.length === 0) node.closed = this.#closedState(nodes);
      else node.closed = nodes[0] === node ? new State(nodes) : this.stateOf(nodes[0]);
    }
    return node.closed;
  }

  /** The state of `lexeme` in `lexemeState`, as `node` would go on. */
  lexemeState({ next }: LexemeNode, lexeme: Lexeme, lexemeState: number): State {
    return this.stateOf(this.#store.lexeme(lexeme, lexemeState, next));
  }

  /** The state of the nodes in `state.structure`. */
  structureOf(state: State): State {
    return (state.structureState ??= state.structure.length === state.nodes.length ? state : this.#closedState(state.structure));
  }

  /** The form of a captured node, whatever its text, with what follows then. */
  withoutMemory({ lexeme, state, capture }: CapturedNode): LexemeNode {
    const reduced = lexeme.reduce(state);
    return this.#store.form(reduced.lexeme, reduced.state, capture.afterAny);
  }

  #findForcedByte(state: State): number {
    if (state.isComplete) return -1;
    if (state.soleByte >= 0) return state.soleByte;
    let only = -1;
    for (const byte of this.firstBytes(state)) {
      if (!this.next(state, byte)) continue;
      if (only >= 0) return -1;
      only = byte;
    }
    return only;
  }

  #compute(state: State, byte: number): State | null {
    const after: Node[] = [];
    for (const node of state.nodes) {
      const next = node.step(byte);
      if (next) after.push(next);
    }
    return after.length === 0 ? null : this.#stateOf(after);
  }

  #stateOf(nodes: readonly Node[]): State {
    return nodes.length === 1 ? this.stateOf(nodes[0]) : this.#closedState(this.#store.closure(nodes));
  }

  /** @param nodes closed and in order of their ids */
  #closedState(nodes: readonly Node[]): State {
    if (nodes.length === 1) return this.stateOf(nodes[0]);
    const key = nodes.map(({ id }) => id).join();
    let state = this.#states.get(key);
    if (!state) {
      this.#stateCount++;
      this.#states.set(key, (state = new State(nodes)));
    }
    return state;
  }
}
