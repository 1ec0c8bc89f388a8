// Packs what sequences ask for into one forward pass: short work always, long prompts in turns, equal tokens once.
import type { KvPool } from "../cache/kv-pool.js";
import type { KvTree } from "../cache/kv-tree.js";
import type { AttentionPolicy } from "../forward/sparse/attention-policy.js";
import { findEchoes } from "../forward/sparse/echoes.js";
import { MAX_WANTED, type Pass, type SlotPass } from "../forward/pass.js";
import type { Sequence, Work } from "./sequence.js";

/** New rows of a pass: large enough for full speed, small enough to stop and to let others in within a second. */
export const PASS_ROWS = 256;
/** Work of so few tokens is part of the next pass whatever else waits. */
const SHORT_WORK_TOKENS = 64;
/** New rows of a pass for the long prompt whose turn it is, however much short work there is. */
const LEAST_LONG_ROWS = 32;

/** Read whole, however long the prompt. */
const PROMPT_END_TOKENS = 64;

/** Long prompts that one pass can read to their ends: each wants the logits of its last row. */
const MOST_ENDING_PROMPTS = PASS_ROWS / SHORT_WORK_TOKENS + 1;

/** What a pass computes of one piece of work. */
export interface Share {
  work: Work;
  /** The sequence as it was, for where the pass fails. */
  before: Pick<Sequence, "row" | "reservedRows" | "computedTokens">;
  /** Tokens of it that are computed when the pass is done, from the first. */
  count: number;
  /** Packed rows of the wanted logits, once all its tokens are. */
  wanted: readonly number[];
}

export interface PlannedPass {
  pass: Pass;
  shares: readonly Share[];
  /** Where each tree ended before, to be cut back to where the pass fails. */
  starts: ReadonlyMap<KvTree, number>;
}

/** New rows of one tree. */
interface Growth {
  tree: KvTree;
  start: number;
  /** Whether work was refused for lack of room. */
  isFull: boolean;
  shares: (Omit<Share, "wanted"> & { rows: number[] })[];
}

export interface PassPlannerOptions {
  pool: KvPool;
  attention: AttentionPolicy;
  /** Whether a pass takes more than one piece of work. */
  isPacking: boolean;
}

export class PassPlanner {
  readonly #pool: KvPool;
  readonly #attention: AttentionPolicy;
  readonly #isPacking: boolean;
  /** Every other pass serves the shortest prompt first, so that it never waits long behind a long one. */
  #servesShortest = false;

  constructor({ pool, attention, isPacking }: PassPlannerOptions) {
    this.#pool = pool;
    this.#attention = attention;
    this.#isPacking = isPacking;
  }

  /** The next pass, or none where there is nothing to compute; `refuse` gets work that there is no room for, and why if it is known. */
  plan(works: readonly Work[], refuse: (work: Work, reason?: unknown) => void): PlannedPass | undefined {
    const growths = new Map<KvTree, Growth>();
    try {
      this.#grow(growths, works, refuse);
      return toPass([...growths.values()].filter(({ shares }) => shares.length > 0), this.#attention);
    } catch (error) {
      // Rows that nothing will compute must not be found by others.
      for (const { tree, start } of growths.values()) tree.cutBack(start);
      throw error;
    }
  }

  #grow(growths: Map<KvTree, Growth>, works: readonly Work[], refuse: (work: Work, reason?: unknown) => void): void {
    let rowsLeft = PASS_ROWS;
    let wantedLeft = MAX_WANTED - MOST_ENDING_PROMPTS;
    let longRows = LEAST_LONG_ROWS;
    for (const work of this.#inTurn(works)) {
      if (isShort(work)) {
        if (work.wantedCount > wantedLeft) continue;
        wantedLeft -= work.wantedCount;
      }
      const { tree } = work.sequence;
      let growth = growths.get(tree);
      if (!growth) {
        tree.tidy();
        growth = { tree, start: tree.tokens.length, isFull: false, shares: [] };
        growths.set(tree, growth);
      }
      const limit = isShort(work) ? work.tokens.length : Math.min(Math.max(rowsLeft, longRows), this.#attention.mostNewRows(work.sequence.length));
      if (!isShort(work)) longRows = 0;
      try {
        if (this.#hasRoom(growth, Math.min(limit, work.tokens.length))) rowsLeft = Math.max(0, rowsLeft - this.#insert(work, growth, limit));
        // Beside rows of this pass, or where another one has just made room, it waits for the next one.
        else if (tree.tokens.length === growth.start && !growth.isFull) {
          growth.isFull = true;
          refuse(work);
        }
      } catch (error) {
        refuse(work, error);
      }
    }
  }

  /** Short work as it was asked for, so that what found no room in one pass is first in the next; then long prompts by turns. */
  #inTurn(works: readonly Work[]): Work[] {
    const short = works.filter(isShort);
    const long = works.filter((work) => !isShort(work)).toSorted((a, b) => a.sequence.order - b.sequence.order);
    this.#servesShortest = !this.#servesShortest;
    const turns = [...short, ...(this.#servesShortest ? long.toSorted((a, b) => a.tokens.length - b.tokens.length) : long)];
    return this.#isPacking ? turns : turns.slice(0, 1);
  }

  /** Makes room where gaps can be closed or the buffer can grow; not once rows of this pass are in it. */
  #hasRoom(growth: Growth, rows: number): boolean {
    const { tree } = growth;
    if (tree.tokens.length + rows <= tree.buffer.capacity) return true;
    if (tree.tokens.length > growth.start) return false;
    if (tree.buffer.isHostVisible) tree.compact();
    growth.start = tree.tokens.length;
    return this.#pool.ensureRows(tree, growth.start + rows);
  }

  /** Appends the tokens that the tree does not hold yet; returns how many. */
  #insert(work: Work, { tree, start, shares }: Growth, limit: number): number {
    const { sequence, tokens, wantedCount } = work;
    const { row, reservedRows, computedTokens } = sequence;
    const firstWanted = tokens.length - wantedCount;
    const rows: number[] = [];
    let added = 0;
    let count = 0;
    for (; count < tokens.length; count++) {
      const known = tree.tokens.child(sequence.row, tokens[count]);
      // Logits of a row that an earlier pass computed are gone: it is computed again beside itself.
      const isUsable = known !== undefined && (count < firstWanted || known >= start);
      if (!isUsable && added === limit) break;
      if (isUsable) sequence.row = known;
      else {
        sequence.row = tree.tokens.append(sequence.row, tokens[count]);
        added++;
      }
      if (count >= firstWanted) rows.push(sequence.row);
    }
    if (count === 0) return 0;
    sequence.reservedRows = Math.max(0, reservedRows - added);
    sequence.computedTokens += added;
    shares.push({ work, before: { row, reservedRows, computedTokens }, count, rows });
    return added;
  }
}

/** Where several tokens' logits are wanted, one pass gives them all. */
function isShort({ tokens, wantedCount }: Work): boolean {
  return tokens.length <= SHORT_WORK_TOKENS || wantedCount > 1;
}

function toPass(growths: readonly Growth[], attention: AttentionPolicy): PlannedPass | undefined {
  const slots: SlotPass[] = [];
  const shares: Share[] = [];
  const wanted: number[] = [];
  const packedRows = new Map<string, number>();
  let packedStart = 0;
  for (const [slot, { tree, start, shares: treeShares }] of growths.entries()) {
    const wantedIndex = (row: number): number => {
      const key = `${slot}:${row}`;
      const known = packedRows.get(key);
      if (known !== undefined) return known;
      packedRows.set(key, wanted.length);
      return wanted.push(packedStart + row - start) - 1;
    };
    for (const { work, before, count, rows } of treeShares) {
      shares.push({ work, before, count, wanted: count === work.tokens.length ? rows.map(wantedIndex) : [] });
    }
    const newRows = Array.from({ length: tree.tokens.length - start }, (_, index) => start + index);
    if (newRows.length === 0) continue;
    slots.push(slotPass(tree, start, newRows, treeShares.some(endsPrompt) ? undefined : attention));
    packedStart += newRows.length;
  }
  if (shares.length === 0) return undefined;
  // A pass in the midst of prompts wants no logits, and the graph computes some.
  if (wanted.length === 0) wanted.push(packedStart - 1);
  return { pass: { slots, wanted }, shares, starts: new Map(growths.map(({ tree, start }) => [tree, start])) };
}

/**
 * The end of a prompt is most often a question, whose words look for single places; so does the key that a schema forces
 * while a record is written. Rows of others in the same tree and pass read whole with it: more than they would, never less.
 */
function endsPrompt({ work: { tokens, wantedCount }, count }: Omit<Share, "wanted">): boolean {
  return tokens.length > wantedCount && count > tokens.length - PROMPT_END_TOKENS;
}

/** @param attention Undefined: all is read. */
function slotPass({ tokens, buffer }: KvTree, pastLength: number, rows: readonly number[], attention: AttentionPolicy | undefined): SlotPass {
  // By the length of a path: what others append to the tree does not make a short text a long one.
  const keep = attention?.keep(Math.max(...rows.map((row) => tokens.depth(row))) + 1);
  return {
    buffer,
    pastLength,
    tokens: rows.map((row) => tokens.token(row)),
    positions: rows.map((row) => tokens.depth(row)),
    ...(rows.some((row) => !tokens.isLinear(row)) && { visible: rows.map((row) => tokens.visible(row)) }),
    ...(keep !== undefined && { keep, echoes: findEchoes((row) => tokens.token(row), pastLength + rows.length, rows.length) }),
  };
}

