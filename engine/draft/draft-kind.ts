// Kinds of drafted tokens, by what tells how likely they are right.

const PROMPT_BYTES = [4, 7, 12, 24];
const REPLY_TOKENS = [1, 2, 4, 8];
const PROMPT_KINDS = (PROMPT_BYTES.length + 1) * 4;

export interface PromptDraft {
  /** Bytes written before the token that agree with the prompt. */
  matchedBytes: number;
  /** Places of the prompt that agree with what was written. */
  placeCount: number;
  /** A line or a part of a sentence ends before the token. */
  isAtBreak: boolean;
}

export function promptKind({ matchedBytes, placeCount, isAtBreak }: PromptDraft): number {
  return rankIn(PROMPT_BYTES, matchedBytes) * 4 + (placeCount > 1 ? 2 : 0) + (isAtBreak ? 1 : 0);
}

export interface TokenDraft {
  /** Tokens written before the token that agree with the source. */
  matchedTokens: number;
  source: TokenSource;
  /** Signs of JSON and nothing else: alike in all replies of a form. */
  isStructure: boolean;
}

/** `prompt`: examples in the prompt, or its schema. */
export type TokenSource = "own" | "reply" | "prompt";

export function tokenKind({ matchedTokens, source, isStructure }: TokenDraft): number {
  const rank = ["own", "reply", "prompt"].indexOf(source) * 2 + (isStructure ? 1 : 0);
  return PROMPT_KINDS + rankIn(REPLY_TOKENS, matchedTokens) * 6 + rank;
}

function rankIn(bounds: readonly number[], value: number): number {
  const rank = bounds.findIndex((bound) => value <= bound);
  return rank < 0 ? bounds.length : rank;
}

/** Shares of right tokens to start from, by kind: rounded from replies of a 0.5B model on receipts, contracts and judgments. */
// prettier-ignore
export const STARTING_SHARES: readonly number[] = [
  // One place, the same at a break; several places, the same at a break.
  0.9, 0.35, 0.65, 0.3,
  0.88, 0.3, 0.75, 0.25,
  0.88, 0.3, 0.75, 0.3,
  0.94, 0.3, 0.85, 0.3,
  0.93, 0.4, 0.92, 0.4,
  // The same reply, structure in it; another reply; the prompt.
  0.1, 0.6, 0.2, 0.4, 0.5, 0.4,
  0.1, 0.65, 0.5, 0.75, 0.6, 0.35,
  0.55, 0.7, 0.85, 0.88, 0.75, 0.65,
  0.7, 0.8, 0.9, 0.9, 0.7, 0.7,
  0.9, 0.75, 0.97, 0.97, 0.85, 0.7,
];
