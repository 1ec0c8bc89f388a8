// Random forks, takings back and computations on sequences that share trees, against each path computed by itself.
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { KvTree } from "../../engine/cache/kv-tree.js";
import { createRandom } from "../../engine/sampler/random.js";
import type { Sequence } from "../../engine/scheduler/sequence.js";
import { createLinearDecoder, type LinearDecoder } from "../fixtures/engine/linear-decoder.mjs";
import { compute, openScheduler, type OpenedScheduler } from "../fixtures/engine/open-scheduler.js";
import { temporaryFolder } from "../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../fixtures/engine/tiny-model.js";

const TOLERANCE = 1e-4;
const CONTEXT_LENGTH = 640;
const RESERVED_ROWS = 120;
const home = await temporaryFolder();
let opened: OpenedScheduler;
let linear: LinearDecoder;
const compactions = vi.spyOn(KvTree.prototype, "compact");

beforeAll(async () => {
  const path = await writeTinyModel(home, { seed: 31, contextLength: CONTEXT_LENGTH });
  opened = await openScheduler(path, { home, budgetRows: 6144 });
  linear = createLinearDecoder(opened.decoder, CONTEXT_LENGTH);
});
afterAll(async () => {
  linear.release();
  await opened.close();
  expect(opened.liveBuffers()).toBe(0);
});

/** A sequence, the tokens of its path, and what has been computed of it since it was last looked at. */
interface Player {
  sequence: Sequence;
  path: number[];
  found: Float32Array[];
}

class Game {
  readonly random: () => number;
  readonly players: Player[] = [];
  copiedTokens = 0;

  constructor(seed: number) {
    this.random = createRandom(seed);
  }

  below(end: number): number {
    return Math.floor(this.random() * end);
  }

  /** Of few kinds, so that paths meet. */
  tokens(count: number, kinds = 3): number[] {
    return Array.from({ length: count }, () => this.below(kinds));
  }

  /** With the beginning of another's path, now and then with a long end of its own. */
  async open(): Promise<void> {
    const other = this.players[this.below(this.players.length + 1)];
    const shared = other?.path.slice(0, this.below(other.path.length + 1)) ?? [];
    const prompt = [...shared, ...this.tokens(1 + this.below(this.below(2) === 0 ? 200 : 30), 250)].slice(0, 300);
    const trees = new Set(opened.pool.trees);
    const sequence = await opened.scheduler.open({ prompt, reservedRows: RESERVED_ROWS });
    if (!trees.has(sequence.tree)) this.copiedTokens += sequence.length;
    const player = { sequence, path: prompt.slice(0, sequence.length), found: [] };
    this.players.push(player);
    await this.extend(player, prompt.slice(sequence.length), 1);
  }

  async extend(player: Player, tokens: readonly number[], wantedCount: number): Promise<void> {
    player.path.push(...tokens);
    player.found = await compute(player.sequence, tokens, wantedCount);
    expect(player.found).toHaveLength(Math.min(wantedCount, tokens.length));
  }

  /** What a player does on its own while the others do something too. */
  async act(player: Player): Promise<void> {
    const action = this.below(10);
    const room = RESERVED_ROWS + player.sequence.prompt.length - player.path.length;
    if (action < 5 && room > 0) {
      const tokens = this.tokens(1 + this.below(Math.min(20, room)));
      await this.extend(player, tokens, 1 + this.below(tokens.length));
    } else if (action < 8 || room <= 0) {
      const length = Math.max(player.sequence.prompt.length, player.path.length - this.below(30));
      player.sequence.rewind(length);
      player.path = player.path.slice(0, length);
      player.found = [];
    } else if (this.players.length < 24) {
      const fork = player.sequence.fork(RESERVED_ROWS);
      const twin = { sequence: fork, path: [...player.path], found: [] };
      this.players.push(twin);
      await this.extend(twin, this.tokens(1), 1);
    }
  }

  leave(player: Player): void {
    player.sequence.release();
    this.players.splice(this.players.indexOf(player), 1);
  }

  async check(): Promise<void> {
    for (const { sequence, path, found } of this.players) {
      expect(sequence.length).toBe(path.length);
      if (found.length === 0) continue;
      linear.restart();
      const expected = await linear.forward(path, found.length);
      expect(largestDifference(found, expected)).toBeLessThan(TOLERANCE);
    }
    opened.pool.checkIntegrity();
  }
}

function largestDifference(rows: readonly Float32Array[], expected: Float32Array): number {
  const values = rows.flatMap((row) => [...row]);
  expect(values).toHaveLength(expected.length);
  return values.reduce((largest, value, i) => Math.max(largest, Math.abs(value - expected[i])), 0);
}

async function play(seed: number, rounds: number): Promise<Game> {
  const game = new Game(seed);
  for (let round = 0; round < rounds; round++) {
    if (game.players.length < 4 || game.below(3) === 0) await game.open();
    await Promise.all(game.players.filter(() => game.below(3) > 0).map((player) => game.act(player)));
    await game.check();
    const leaving = game.players.filter(() => game.below(game.players.length > 10 ? 3 : 8) === 0);
    for (const player of leaving) game.leave(player);
  }
  while (game.players.length > 0) game.leave(game.players[0]);
  return game;
}

describe("random interleavings", () => {
  test.each([1, 2, 3, 4])("every path's logits are those of its tokens alone (seed %i)", async (seed) => {
    const before = { ...opened.counts };
    const game = await play(seed, 80);
    const after = opened.counts;
    expect(game.copiedTokens).toBeGreaterThan(100);
    expect(after.slots - before.slots).toBeGreaterThan(after.passes - before.passes);
    expect(opened.pool.activeCount).toBe(0);
  });

  test("gaps were closed on the way", () => {
    expect(compactions.mock.calls.length).toBeGreaterThan(3);
  });
});
