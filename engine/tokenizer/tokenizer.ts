// The seam between text and token ids; `create-tokenizer.ts` builds one from a checkpoint's metadata.

export type Role = "system" | "user" | "assistant";

export interface ChatMessage {
  role: Role;
  content: string;
}

/** A rendered chat prompt: what the model reads, as text and as ids. */
export interface ChatPrompt {
  /** The rendered text, control tokens in their written form. */
  text: string;
  tokens: number[];
}

export interface ChatPromptOptions {
  /** Text the reply is made to start with, after the template's own opening. It may hold the model's thinking marks. */
  replyPrefix?: string;
}

/** Ids of a text that may go on. */
export interface OpenText {
  ids: number[];
  /** How many of the first ids stay as they are whatever follows. */
  settledCount: number;
}

export interface Tokenizer {
  readonly vocabularySize: number;
  /** Ids after which generation stops (end of turn, end of text). */
  readonly endTokens: readonly number[];
  /** The bytes of each token; undefined for control and other added tokens (`<think>`), which no text can produce. */
  readonly tokenBytes: readonly (Uint8Array | undefined)[];
  /** Plain text to ids. Written forms of control tokens stay text, whatever the text contains. */
  encode(text: string): number[];
  /** The same for the beginning of a text, cut between two characters: says which ids are those of the whole text too. */
  encodeOpen(text: string): OpenText;
  /** Text of the engine's own making, such as a thinking mark: written forms of control tokens become these tokens. */
  encodeMarks(text: string): number[];
  /** Ids to text; control tokens vanish, bytes that are no UTF-8 become U+FFFD. */
  decode(tokens: readonly number[]): string;
  /** Renders the checkpoint's own chat template; message contents can never become control tokens. */
  encodeChat(messages: readonly ChatMessage[], options?: ChatPromptOptions): ChatPrompt;
}
