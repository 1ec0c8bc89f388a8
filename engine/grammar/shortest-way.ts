// The guaranteed finish: from every state one fixed shortest way to the end, cut greedily into the longest tokens.
import type { Automaton, State } from "./automaton.js";
import { type TokenTrie, trieChild } from "./token-trie.js";

/**
 * The way takes, among the bytes that bring the end nearer, the smallest. It depends on the state alone, so
 * the rest of a way is the way of the state it passes: after the way's own token one token fewer is left,
 * and a budget that once held the way holds it until the end.
 */
export class ShortestWay {
  constructor(
    private readonly automaton: Automaton,
    private readonly trie: TokenTrie,
  ) {}

  /** Tokens of the way from `state`: an upper bound of the shortest completion. */
  tokens(state: State): number {
    const passed: State[] = [];
    let at = state;
    for (; at.tokensToEnd < 0; at = this.#afterToken(at)) {
      if (at.distance === 0) at.tokensToEnd = 0;
      else passed.push(at);
      if (at.distance === 0) break;
    }
    let tokens = at.tokensToEnd;
    for (const before of passed.toReversed()) before.tokensToEnd = ++tokens;
    return tokens;
  }

  /** The state after the longest token along the way. */
  #afterToken(from: State): State {
    let after: State | undefined;
    let node = -1;
    for (let at = from; at.distance > 0; ) {
      node = trieChild(this.trie, node, this.#byteOnWay(at));
      if (node < 0) break;
      at = this.automaton.next(at, at.byteOnWay)!;
      if (this.trie.tokens[node] >= 0) after = at;
    }
    if (!after) throw new RangeError(`The vocabulary has no token for the byte 0x${from.byteOnWay.toString(16)}.`);
    return after;
  }

  #byteOnWay(state: State): number {
    if (state.soleByte >= 0) state.byteOnWay = state.soleByte;
    for (let byte = 0; state.byteOnWay < 0; byte++) {
      if (byte > 255) throw new Error(`Distances of the automaton disagree at ${state.distance} bytes from the end.`);
      const next = this.automaton.next(state, byte);
      if (next && next.distance === state.distance - 1) state.byteOnWay = byte;
    }
    return state.byteOnWay;
  }
}
