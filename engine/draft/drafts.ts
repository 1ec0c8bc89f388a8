// What an engine keeps to draft from: the prompts of its latest requests and the replies to them.
import type { Tokenizer } from "../tokenizer/tokenizer.js";
import { Acceptance } from "./acceptance.js";
import { Drafter, type DrafterOptions } from "./drafter.js";
import { PromptText } from "./prompt-text.js";
import type { TokenText } from "./token-text.js";

/** A prompt of 16,000 tokens takes a megabyte or two. */
const KEPT_PROMPTS = 8;
/** Of each prompt: as many as there are samples of a record. */
const KEPT_REPLIES = 10;

interface Source {
  prompt: readonly number[];
  text: PromptText;
  /** The latest last. */
  replies: TokenText[];
}

export class Drafts {
  readonly #tokenizer: Tokenizer;
  readonly #acceptance = new Acceptance();
  /** The latest last. */
  readonly #sources: Source[] = [];

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** For one reply to a prompt. Replies to the same prompt draft from each other, those that are still written too. */
  begin(prompt: readonly number[], format: DrafterOptions["format"]): Drafter {
    const source = this.#sourceOf(prompt);
    const drafter = new Drafter({ prompt: source.text, replies: source.replies, acceptance: this.#acceptance, tokenizer: this.#tokenizer, format });
    source.replies.push(drafter.reply);
    if (source.replies.length > KEPT_REPLIES) source.replies.shift();
    return drafter;
  }

  #sourceOf(prompt: readonly number[]): Source {
    const at = this.#sources.findIndex(({ prompt: known }) => known.length === prompt.length && known.every((id, i) => id === prompt[i]));
    const source = at >= 0 ? this.#sources.splice(at, 1)[0] : { prompt, text: new PromptText(prompt, this.#tokenizer.tokenBytes), replies: [] };
    this.#sources.push(source);
    if (this.#sources.length > KEPT_PROMPTS) this.#sources.shift();
    return source;
  }
}
