import type { LinearDecoder } from "../../fixtures/engine/linear-decoder.mjs";

/** What llama.cpp did with one prompt of prompts.json. */
export interface Golden {
  name: string;
  /** Ids of the prompt. */
  prompt: number[];
  /** Ids of the greedy continuation, with the end token where it came to one. */
  next: number[];
  /** The most likely token at each position when prompt and continuation are read in one go. */
  best: number[];
  /** Natural logarithm of the probability of each of `next`. */
  logProbabilities: number[];
  /** How much more likely the best token was than the second, as a difference of log probabilities. */
  margins: number[];
}

export interface GoldenAgreement {
  positions: number;
  /** Share of positions where both have the same most likely token. */
  topAgreement: number;
  /** Of log probabilities of llama.cpp's tokens, absolute. */
  meanDifference: number;
  largestDifference: number;
}

export function compareGoldens(decoder: LinearDecoder, goldens: readonly Golden[]): Promise<GoldenAgreement>;
