// The guaranteed finish: from every state one fixed short way to the end, cut greedily into the longest tokens.
import { type TokenTrie, trieChild } from "../mask/token-trie.js";
import type { Automaton } from "./automaton.js";
import type { State } from "./state.js";

/** Ways of more bytes than this are not followed to their end. */
const MAX_FOLLOWED_BYTES = 65_536;

/**
 * The way takes the byte that lowers the rank most, of several the smallest. It depends on the state alone, so
 * the rest of a way is the way of the state it passes: after the way's own token one token fewer is left,
 * and a budget that once held the way holds it until the end.
 */
export class ShortestWay {
  constructor(
    private readonly automaton: Automaton,
    private readonly trie: TokenTrie,
  ) {}

  /** Whether the way from `state` is short enough to be followed to its end. */
  isFollowed(state: State): boolean {
    return state.distance <= MAX_FOLLOWED_BYTES;
  }

  /** Tokens of the way from `state`: an upper bound of the shortest completion. */
  tokens(state: State): number {
    // No token is shorter than a byte.
    if (!this.isFollowed(state)) return state.distance;
    const passed: State[] = [];
    let at = state;
    for (; at.tokensToEnd < 0; at = this.firstToken(at).after) {
      if (at.distance === 0) at.tokensToEnd = 0;
      else passed.push(at);
      if (at.distance === 0) break;
    }
    let tokens = at.tokensToEnd;
    for (const before of passed.toReversed()) before.tokensToEnd = ++tokens;
    return tokens;
  }

  /** The longest token along the way, and the state after it. */
  firstToken(from: State): { token: number; after: State } {
    let first: { token: number; after: State } | undefined;
    let node = -1;
    for (let at = from; at.distance > 0; ) {
      node = trieChild(this.trie, node, this.byteOnWay(at));
      if (node < 0) break;
      at = this.automaton.next(at, at.byteOnWay)!;
      if (this.trie.tokens[node] >= 0) first = { token: this.trie.tokens[node], after: at };
    }
    if (!first) throw new RangeError(`The vocabulary has no token for the byte 0x${from.byteOnWay.toString(16)}.`);
    return first;
  }

  /** The byte that the way takes from `state`, which is not the end. */
  byteOnWay(state: State): number {
    if (state.byteOnWay >= 0) return state.byteOnWay;
    if (state.soleByte >= 0) return (state.byteOnWay = state.soleByte);
    let least = state.distance;
    for (const byte of this.automaton.firstBytes(state)) {
      const next = this.automaton.next(state, byte);
      if (!next || next.distance >= least) continue;
      least = next.distance;
      state.byteOnWay = byte;
      // Exact ranks cannot fall by more.
      if (least === state.distance - 1) break;
    }
    if (state.byteOnWay < 0) throw new Error(`Ranks of the automaton do not fall at ${state.distance} from the end.`);
    return state.byteOnWay;
  }
}
