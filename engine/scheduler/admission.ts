// Where a new request's tokens go: into a tree that holds most of its prompt, or into one of its own with what another tree, or a file, has of it.
import { commonLength, SHORTEST_SHARED_TOKENS } from "../cache/kept-rows.js";
import type { KvPool } from "../cache/kv-pool.js";
import type { KvTree } from "../cache/kv-tree.js";
import { ROOT } from "../cache/token-tree.js";
import { MAX_SLOTS } from "../forward/pass.js";
import type { Sequence } from "./sequence.js";

/** Branches see each other's rows only to mask them: what differs should be little beside what is shared. */
const BRANCH_TOKENS = 64;
const BRANCH_SHARE = 0.25;
/** An idle tree loses the rest of what it holds to a request that begins like it for at least this share. */
const TAKE_OVER_SHARE = 0.5;

interface Candidate {
  tree: KvTree;
  /** The row that ends what the tree holds of the prompt. */
  row: number;
  /** Tokens of the prompt that the tree holds. */
  heldTokens: number;
  /** Tokens of the prompt that the tree holds or that its requests are about to compute. */
  sharedTokens: number;
}

export type Admission = "admitted" | "later" | "full";

export interface AdmissionOptions {
  pool: KvPool;
  /** Whether requests take over what others computed. */
  isSharing: boolean;
}

export class AdmissionDesk {
  readonly #pool: KvPool;
  readonly #isSharing: boolean;

  constructor({ pool, isSharing }: AdmissionOptions) {
    this.#pool = pool;
    this.#isSharing = isSharing;
  }

  /** Lets a request in that needs little beside what a tree holds, or is about to hold. */
  admitBranch(sequence: Sequence): boolean {
    const best = this.#best(sequence.prompt);
    return best !== undefined && isBranch(best, sequence.prompt) && this.#join(sequence, best);
  }

  /** `later`: another request computes what this one shares with it; `full`: there is no memory or no free slot. */
  admit(sequence: Sequence): Admission {
    const { prompt, kept } = sequence;
    const best = this.#best(prompt);
    if (kept && kept.count >= (best?.sharedTokens ?? 0) + SHORTEST_SHARED_TOKENS) return this.#plant(sequence, best) ? "admitted" : "full";
    const isTakenOver = best?.tree.isIdle && best.heldTokens >= TAKE_OVER_SHARE * prompt.length;
    if (best && (isTakenOver || isBranch(best, prompt)) && this.#join(sequence, best)) return "admitted";
    if (best && best.sharedTokens >= best.heldTokens + SHORTEST_SHARED_TOKENS) return "later";
    return this.#plant(sequence, best) ? "admitted" : "full";
  }

  #join(sequence: Sequence, { tree, row, heldTokens }: Candidate): boolean {
    if (tree.isFilling || (tree.isIdle && this.#pool.activeCount >= MAX_SLOTS)) return false;
    const planned = sequence.reservedRows + sequence.prompt.length - heldTokens;
    if (!this.#pool.ensureRows(tree, tree.rowsWanted(row) + planned)) return false;
    sequence.reservedRows = planned;
    sequence.enter(tree, row);
    this.#pool.touch(tree);
    return true;
  }

  /** A tree of its own, with the rows that another one has of the prompt. */
  #plant(sequence: Sequence, best: Candidate | undefined): boolean {
    if (this.#pool.activeCount >= MAX_SLOTS) return false;
    const { prompt, kept } = sequence;
    const rows = prompt.length + sequence.reservedRows;
    const least = Math.max(SHORTEST_SHARED_TOKENS, (kept?.count ?? 0) - SHORTEST_SHARED_TOKENS + 1);
    const source = best && best.heldTokens >= least ? best : undefined;
    const beside = this.#pool.create(rows, source?.tree);
    const tree = beside ?? this.#pool.create(rows);
    if (!tree) return false;
    const row = beside && source ? copyPath(source, beside, prompt) : ROOT;
    tree.isFilling = row === ROOT && kept !== undefined;
    sequence.reservedRows += prompt.length - (row + 1);
    sequence.enter(tree, row);
    this.#pool.touch(tree);
    return true;
  }

  /** Reads what a file holds of the prompt of a request that was let in, where its tree waits for that. */
  async fill(sequence: Sequence): Promise<void> {
    const { tree, kept, prompt } = sequence;
    if (!tree.isFilling || !kept) return;
    const { count } = kept;
    const rows = await kept.read();
    tree.isFilling = false;
    // Whoever has left meanwhile has no place any more.
    if (!rows || !tree.leaves.has(sequence)) return;
    tree.buffer.importRows(rows, count);
    for (let row = 0; row < count; row++) sequence.row = tree.tokens.append(row - 1, prompt[row]);
    sequence.reservedRows -= count;
  }

  #best(prompt: readonly number[]): Candidate | undefined {
    if (!this.#isSharing) return undefined;
    let best: Candidate | undefined;
    for (const tree of this.#pool.trees) {
      const candidate = look(tree, prompt);
      if (!best || candidate.sharedTokens > best.sharedTokens) best = candidate;
    }
    return best;
  }
}

/** The prompt's last token is computed in any case: its logits are wanted. */
function look(tree: KvTree, prompt: readonly number[]): Candidate {
  const limit = prompt.length - 1;
  const row = tree.tokens.match(prompt, limit);
  const heldTokens = tree.tokens.depth(row) + 1;
  let sharedTokens = heldTokens;
  for (const leaf of tree.leaves) {
    const sequence = leaf as Sequence;
    if (sequence.isPending) sharedTokens = Math.max(sharedTokens, commonLength(sequence.prompt, prompt, limit));
  }
  return { tree, row, heldTokens, sharedTokens };
}

function isBranch({ sharedTokens }: Candidate, prompt: readonly number[]): boolean {
  return sharedTokens >= SHORTEST_SHARED_TOKENS && prompt.length - sharedTokens <= Math.max(BRANCH_TOKENS, BRANCH_SHARE * sharedTokens);
}

/** Copies the rows of a path that lie at the beginning of their buffer; returns the last one's row. */
function copyPath({ tree: from, heldTokens }: Candidate, to: KvTree, prompt: readonly number[]): number {
  if (!from.buffer.isHostVisible || !to.buffer.isHostVisible) return ROOT;
  let row = ROOT;
  while (row + 1 < heldTokens && from.tokens.token(row + 1) === prompt[row + 1] && from.tokens.isLinear(row + 1)) row++;
  to.buffer.copyRows(from.buffer, row + 1);
  for (let copied = 0; copied <= row; copied++) to.tokens.append(copied - 1, prompt[copied]);
  return row;
}
