// Proposes the tokens to try after what a reply has written: copied from its prompt, from replies to the same prompt, or from itself.
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import type { Acceptance } from "./acceptance.js";
import { cutAfter } from "./cut.js";
import { promptKind, tokenKind, type TokenSource } from "./draft-kind.js";
import type { PromptText } from "./prompt-text.js";
import { TokenText } from "./token-text.js";
import { WrittenValue } from "./written-value.js";

const QUOTE = 0x22, BACKSLASH = 0x5c;
const STRUCTURE = new Set(Buffer.from(' \n\t{}[]:,"'));
/** Written tokens that the cut of what comes next may depend on. */
const TAIL_TOKENS = 3;
/** Most tokens are shorter. */
const BYTES_PER_TOKEN = 8;

export interface DrafterOptions {
  prompt: PromptText;
  /** Replies to the same prompt, finished or not. */
  replies: readonly TokenText[];
  /** Learns from all that is drafted with it. */
  acceptance: Acceptance;
  tokenizer: Pick<Tokenizer, "tokenBytes" | "encodeOpen">;
  /** How values are written: with JSON's quotes and escapes, or as they are. */
  format: "json" | "text";
}

interface Draft {
  ids: number[];
  kinds: number[];
}

const NOTHING: Draft = { ids: [], kinds: [] };

/**
 * A draft is certain of its tokens. So to verify it, each place draws the token that it would have drawn anyway, and
 * the draft is right as far as it has the same: exact rejection sampling (Leviathan et al. 2023) without a rejection
 * that costs a draw.
 */
export class Drafter {
  readonly #options: DrafterOptions;
  /** What is written. */
  readonly reply = new TokenText();
  readonly #value: WrittenValue;
  /** What the sources have instead of what is yet to be written, whether it was worth to propose it or not. */
  #expected: Draft[] = [];

  constructor(options: DrafterOptions) {
    this.#options = options;
    this.#value = new WrittenValue(options.format);
  }

  /** Takes note of a token of the reply, whoever chose it. */
  push(id: number): void {
    this.#learn(id);
    this.reply.push(id);
    this.#value.push(this.#options.tokenizer.tokenBytes[id] ?? new Uint8Array());
  }

  /**
   * The tokens that are worth a place in the pass that computes the last token; often none. Forced ones may be among them.
   *
   * @param rowCost Time that one more row adds to the pass, as a share of a pass without drafts.
   */
  propose(maxTokens: number, rowCost: number): readonly number[] {
    this.#expected = [...this.#fromTokens(maxTokens), this.#fromPrompt(maxTokens)];
    let best = { rate: 1, tokens: NOTHING.ids };
    for (const { ids, kinds } of this.#expected) {
      const { count, rate } = this.#options.acceptance.worth(kinds, rowCost);
      if (rate > best.rate) best = { rate, tokens: ids.slice(0, count) };
    }
    return best.tokens;
  }

  /** Counts whether the drafted tokens that stand there are right; those after a wrong one tell nothing. */
  #learn(id: number): void {
    this.#expected = this.#expected.flatMap(({ ids, kinds }) => {
      if (ids.length === 0) return [];
      const isRight = ids[0] === id;
      this.#options.acceptance.count(kinds[0], isRight);
      return isRight ? [{ ids: ids.slice(1), kinds: kinds.slice(1) }] : [];
    });
  }

  /** Tokens as they have followed the last ones elsewhere. */
  #fromTokens(maxTokens: number): Draft[] {
    const { prompt, replies } = this.#options;
    const others = replies.filter((reply) => reply !== this.reply);
    return [this.#repeated([this.reply], "own", maxTokens), this.#repeated(others, "reply", maxTokens), this.#repeated([prompt.tokens], "prompt", maxTokens)];
  }

  #repeated(texts: readonly TokenText[], source: TokenSource, maxTokens: number): Draft {
    const end = this.reply.end;
    let best: { text: TokenText; end: number; matched: number } | undefined;
    for (const text of texts) {
      const found = text.find(end);
      if (found && found.matched >= (best?.matched ?? 0)) best = { text, end: found.end, matched: found.matched };
    }
    if (!best) return NOTHING;
    const { text, matched } = best;
    const next = text.ids(best.end, best.end + maxTokens);
    // Control tokens of a prompt are not of a reply.
    const length = next.findIndex((id) => this.#options.tokenizer.tokenBytes[id] === undefined);
    const ids = length < 0 ? next : next.slice(0, length);
    return { ids, kinds: ids.map((id, i) => tokenKind({ matchedTokens: matched + i, source, isStructure: this.#isStructure(id) })) };
  }

  #isStructure(id: number): boolean {
    return this.#options.tokenizer.tokenBytes[id]?.every((byte) => STRUCTURE.has(byte)) ?? false;
  }

  /** The value as the prompt goes on where it agrees. */
  #fromPrompt(maxTokens: number): Draft {
    const { prompt, tokenizer } = this.#options;
    const found = prompt.find(this.#value.bytes);
    if (!found) return NOTHING;
    const { end, matched, placeCount } = found;
    const copy = this.#written(prompt.bytes(end, end + maxTokens * BYTES_PER_TOKEN), end);
    const tail = Array.from(this.reply.end.slice(-TAIL_TOKENS));
    const ids = cutAfter(tail, Uint8Array.from(copy.bytes), tokenizer).slice(0, maxTokens);
    let written = 0;
    const kinds = ids.map((id) => {
      const kind = promptKind({ matchedBytes: matched + written, placeCount, isAtBreak: prompt.isBreak(copy.places[written]) });
      written += tokenizer.tokenBytes[id]?.length ?? 0;
      return kind;
    });
    return { ids, kinds };
  }

  /** Bytes as the reply's format writes them, each with its place. */
  #written(bytes: Uint8Array, start: number): { bytes: number[]; places: number[] } {
    const written: { bytes: number[]; places: number[] } = { bytes: [], places: [] };
    for (const [i, byte] of bytes.entries()) {
      const isEscaped = this.#value.isInString && (byte === QUOTE || byte === BACKSLASH);
      if (isEscaped) written.bytes.push(BACKSLASH);
      written.bytes.push(byte);
      written.places.push(start + i);
      if (isEscaped) written.places.push(start + i);
    }
    return written;
  }
}
