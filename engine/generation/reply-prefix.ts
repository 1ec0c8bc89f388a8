// A reply that begins with given text: which tokens the model reads of it, and how the first of its own may go on.
import { ReplyPrefixError } from "../error/reply-prefix-error.js";
import type { Grammar, Matcher } from "../grammar/matcher.js";
import type { ReplyPrefix } from "../request.js";
import type { Tokenizer } from "../tokenizer/tokenizer.js";

/** What the step loop needs of a place in a grammar. */
export type GrammarPlace = Pick<Matcher, "mask" | "forced" | "isComplete" | "minimumTokens" | "verbatim"> & { accept(token: number): Matcher };

export interface OpenedReply {
  /** The prefix, but for its last token. */
  tokens: readonly number[];
  place: GrammarPlace;
}

/**
 * The tokenizer may cut the end of the prefix in another way once it is known what follows: a space, then a quote, are
 * one token. So the last token is left to the model, which may write it alone or any token that begins with it.
 *
 * @throws ReplyPrefixError where the prefix does not fit the grammar or nothing but the banned values could follow.
 */
export function openReply(grammar: Grammar, { text, banned }: ReplyPrefix, tokenizer: Tokenizer): OpenedReply {
  const tokens = tokenizer.encode(text);
  let matcher = grammar.start();
  for (const token of tokens) matcher = allowed(() => matcher.accept(token), "The given beginning of the reply does not fit its format.");
  if (banned.length > 0) matcher = allowed(() => matcher.without(banned), "No value is left where the given beginning of the reply ends.");
  const last = tokens.pop();
  return { tokens, place: last === undefined ? matcher : new Seam(last, matcher, tokenizer) };
}

function allowed(step: () => Matcher, message: string): Matcher {
  try {
    return step();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ReplyPrefixError(message, { cause, hint: "Give a beginning that ends where a value begins, spaced as replies are, and leave a value that may stand there." });
  }
}

/** The place before the last token of the prefix. */
class Seam implements GrammarPlace {
  /** Tokens that begin with the last one, by their other bytes; these are the key of the token they would be alone. */
  readonly #longer = new Map<string, number>();

  constructor(
    private readonly last: number,
    private readonly after: Matcher,
    private readonly tokenizer: Tokenizer,
  ) {
    const start = Buffer.from(tokenizer.tokenBytes[last] ?? []);
    for (const [token, bytes] of tokenizer.tokenBytes.entries()) {
      if (bytes && bytes.length > start.length && start.equals(bytes.subarray(0, start.length))) this.#longer.set(keyOf(bytes.subarray(start.length)), token);
    }
  }

  mask(budgetTokens?: number): Uint32Array {
    const shorter = this.after.mask(budgetTokens);
    const mask = new Uint32Array(shorter.length);
    let count = 0;
    this.#visitLonger(shorter, (longer) => {
      setBit(mask, longer);
      count++;
    });
    if (count === 0 || budgetTokens === undefined || this.minimumTokens() <= budgetTokens) setBit(mask, this.last);
    return mask;
  }

  accept(token: number): Matcher {
    if (token === this.last) return this.after;
    const { tokenBytes } = this.tokenizer;
    const rest = Buffer.from(tokenBytes[token]?.subarray(tokenBytes[this.last]?.length) ?? []);
    return this.after.accept(tokenBytes.findIndex((bytes) => bytes?.length === rest.length && rest.equals(bytes)));
  }

  /** Nothing: what comes next is cut by the model. */
  forced(): Uint8Array {
    return new Uint8Array();
  }

  isComplete(): boolean {
    return false;
  }

  minimumTokens(): number {
    return this.after.minimumTokens() + 1;
  }

  verbatim(): ReturnType<Matcher["verbatim"]> {
    return this.after.verbatim();
  }

  /** The longer tokens whose other bytes are one of `shorter`. */
  #visitLonger(shorter: Uint32Array, visit: (longer: number) => void): void {
    for (let word = 0; word < shorter.length; word++) {
      for (let bits = shorter[word]; bits !== 0; bits &= bits - 1) {
        const longer = this.#longer.get(keyOf(this.tokenizer.tokenBytes[word * 32 + 31 - Math.clz32(bits & -bits)]));
        if (longer !== undefined) visit(longer);
      }
    }
  }
}

function keyOf(bytes: Uint8Array = new Uint8Array()): string {
  return Buffer.from(bytes).toString("latin1");
}

function setBit(mask: Uint32Array, token: number): void {
  mask[token >>> 5] |= 1 << (token & 31);
}
