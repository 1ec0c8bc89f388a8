// Renders a checkpoint's own Jinja chat template so that every character of the result is known to come
// from the template or from a message: only the former may become control tokens.
import { Template } from "@huggingface/jinja";
import { TokenizerError } from "../error/tokenizer-error.js";
import type { ChatMessage } from "./tokenizer.js";

export interface RenderedPart {
  origin: "template" | "message";
  text: string;
}

export interface ChatTemplate {
  render(messages: readonly ChatMessage[]): RenderedPart[];
}

/** Templates cut an assistant's thinking off by this mark, so they must see it inside a message. */
const THINKING_END = "</think>";

// Messages enter the template as placeholders: OPEN, nonce, number of the piece, CLOSE. Private-use characters are
// no white space, no letters, and are not escaped by any filter. White space at the edges of a piece stays outside
// of its placeholder, so that a template's `trim` does its work.
const OPEN = "\uE0D1";
const CLOSE = "\uE0D2";

/** @throws TokenizerError where the template cannot be parsed. */
export function createChatTemplate(source: string, variables: Readonly<Record<string, string>>): ChatTemplate {
  const template = attempt("The model's chat template cannot be parsed.", () => new Template(source));
  return {
    render(messages) {
      const placeholders = new Placeholders(source, messages);
      const hidden = messages.map(({ role, content }) => ({ role, content: placeholders.hide(content) }));
      const text = attempt("The model's chat template refused the messages.", () =>
        template.render({ ...variables, messages: hidden, add_generation_prompt: true }),
      );
      return placeholders.reveal(text);
    },
  };
}

function attempt<T>(message: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    const reason = cause instanceof Error ? ` (${cause.message})` : "";
    throw new TokenizerError(`${message.slice(0, -1)}${reason}.`, { cause });
  }
}

class Placeholders {
  readonly #prefix: string;
  readonly #pieces: string[] = [];
  /** The last piece of each message that has any: a template may drop the others, not this one. */
  readonly #required: number[] = [];

  readonly #looksForThinking: boolean;

  constructor(source: string, messages: readonly ChatMessage[]) {
    const texts = [source, ...messages.map((message) => message.content)];
    let nonce = 0;
    while (texts.some((text) => text.includes(`${OPEN}${nonce}:`))) nonce++;
    this.#prefix = `${OPEN}${nonce}:`;
    this.#looksForThinking = source.includes(THINKING_END);
  }

  hide(content: string): string {
    const parts = this.#looksForThinking ? content.split(THINKING_END) : [content];
    const hidden = parts.map((part) => {
      const core = part.trim();
      if (core === "" && parts.length === 1) return part;
      const start = core === "" ? 0 : part.indexOf(core);
      this.#pieces.push(core);
      const placeholder = `${this.#prefix}${this.#pieces.length - 1}${CLOSE}`;
      return part.slice(0, start) + placeholder + part.slice(start + core.length);
    });
    if (content.trim() !== "") this.#required.push(this.#pieces.length - 1);
    return hidden.join(THINKING_END);
  }

  reveal(rendered: string): RenderedPart[] {
    const one = `${this.#prefix}\\d+${CLOSE}`;
    // Pieces of one message with the mark still between them: the mark is the message's own text.
    const run = new RegExp(`${one}(?:\\s*${THINKING_END}\\s*${one})*`, "g");
    const seen = new Set<number>();
    const parts: RenderedPart[] = [];
    let end = 0;
    for (const match of rendered.matchAll(run)) {
      parts.push({ origin: "template", text: rendered.slice(end, match.index) });
      const text = match[0].replaceAll(new RegExp(`${this.#prefix}(\\d+)${CLOSE}`, "g"), (_, piece: string) => {
        seen.add(Number(piece));
        return this.#pieces[Number(piece)];
      });
      parts.push({ origin: "message", text });
      end = match.index + match[0].length;
    }
    parts.push({ origin: "template", text: rendered.slice(end) });
    if (this.#required.some((piece) => !seen.has(piece))) {
      throw new TokenizerError("The model's chat template left out one of the messages.", {
        hint: "Its template may not know the message's role or order; merge the text into the user's message.",
      });
    }
    return parts;
  }
}
