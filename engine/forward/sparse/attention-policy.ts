// When a token tree is read in part instead of whole.
import { ROWS_PER_CHOICE } from "../pass.js";

/** `auto`: sparse where it pays, for texts of at least `AUTO_SPARSE_ROWS` tokens. */
export const ATTENTION_MODES = ["dense", "sparse", "auto"] as const;
export type AttentionMode = (typeof ATTENTION_MODES)[number];

/** Below, a quarter of the blocks is too few to choose from for what the saved time is worth (`npm run bench:sparse`). */
export const AUTO_SPARSE_ROWS = 4096;
/** Share of the blocks whose loss shows neither in perplexity nor in what is found (`npm run bench:sparse`). */
const DEFAULT_KEEP = 0.25;

export interface AttentionPolicy {
  /** The share of its blocks that passes read of a text of so many tokens, new ones included; undefined: all, without choosing. */
  keep(tokenCount: number): number | undefined;
  /** New rows that a long prompt gets at most in a pass, of which so many tokens are computed. */
  mostNewRows(tokenCount: number): number;
}

/** @throws RangeError where `keep` is no share. */
export function createAttentionPolicy({ mode = "auto", keep = DEFAULT_KEEP }: { mode?: AttentionMode; keep?: number }): AttentionPolicy {
  if (!(keep > 0 && keep <= 1)) throw new RangeError(`keep is above 0 and at most 1, not ${keep}`);
  const fromRows = { dense: Number.POSITIVE_INFINITY, sparse: 0, auto: AUTO_SPARSE_ROWS }[mode];
  return {
    keep: (tokenCount) => (tokenCount >= fromRows ? keep : undefined),
    mostNewRows: (tokenCount) => (tokenCount + ROWS_PER_CHOICE >= fromRows ? ROWS_PER_CHOICE : Number.POSITIVE_INFINITY),
  };
}
