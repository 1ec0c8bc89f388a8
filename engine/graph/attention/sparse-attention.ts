// The rows of a slot attend to blocks of its buffer that matter: chosen by key summaries, in standard operators only.
import { BLOCK_ROWS, GROUP_ROWS } from "../../cache/key-summaries.js";
import type { DecoderConfig } from "../../checkpoint/checkpoint.js";
import type { GraphBuilder, NodeOptions } from "../graph-builder.js";
import { slotNames } from "../graph-names.js";
import { DataType } from "../onnx-model.js";
import { roundToInt8, timesScales } from "./int8-rows.js";
import type { SlotAttention, SlotRows } from "./slot-attention.js";
import { layerShares } from "./layer-shares.js";
import { sparseNames, type LevelNames } from "./sparse-names.js";

const GROUPS_PER_BLOCK = BLOCK_ROWS / GROUP_ROWS;

/**
 * ```
 *   k, v ── ScatterND ── cache ──┬────────────────────────────────── Gather ── blocks ──┐   in place
 *                                └ Gather ── mean ── ScatterND ── summaries             │   in place
 *   q ─┬─ x summaries ── Softmax ── shares ── TopK ── + always ───────┘                 │
 *      └─ x blocks' keys ── + mask ── Softmax ── x blocks' values ── y ─────────────────┘
 * ```
 * A softmax over the summaries, summed within a block, estimates the block's share of a row's attention. All rows and
 * all heads of a group read the same blocks: those with the largest mean over heads, where the rows differ the largest of any row.
 * Of an int8 buffer what is read is cast, not scaled: the scales of keys are taken into q, those of values into y.
 */
export const sparseAttention: SlotAttention = {
  declare(builder, config, slot, type) {
    const { layerCount, kvHeadCount, headSize } = config;
    const names = sparseNames(slot);
    builder.input(names.rowCells, DataType.int64, [`rows.${slot}`, kvHeadCount, 3]);
    builder.input(names.groups, DataType.int64, [`groups.${slot}`]);
    builder.input(names.groupCells, DataType.int64, [kvHeadCount, `groups.${slot}`, 2]);
    builder.input(names.headStart, DataType.int64, [kvHeadCount, 1]);
    builder.input(names.shareShape, DataType.int64, [4]);
    builder.input(names.scale, type, [1]);
    for (let layer = 0; layer < layerCount; layer++) {
      const shape = [kvHeadCount, `summaries.${slot}`, headSize];
      builder.input(names.pastSummary(layer), type, shape);
      builder.output(names.presentSummary(layer), type, shape);
    }
    for (const level of new Set(layerShares(config).levels)) declareLevel(builder, config, slot, level, type);
  },

  write(builder, config, rows) {
    const writer = new SparseWriter(builder, config, rows);
    const cache = writer.append();
    const query = writer.query();
    const summaries = writer.summarize(cache.keys);
    const blocks = writer.choose(query, summaries);
    return writer.attend(query, writer.read("keys", cache.keys, blocks), writer.read("values", cache.values, blocks));
  },
};

/** With the mask once for all layers of the level, in the order of the scores: [new rows * heads of a group, rows read] f32 */
function declareLevel(builder: GraphBuilder, { headCount, kvHeadCount }: DecoderConfig, slot: number, level: number, type: DataType): void {
  const { comparedGroups, candidateBias, chosenCount, always, mask, maskShape } = sparseNames(slot).level(level);
  builder.input(comparedGroups, DataType.int64, [1]);
  builder.input(candidateBias, type, [`compared_blocks.${slot}.${level}`]);
  builder.input(chosenCount, DataType.int64, [1]);
  builder.input(always, DataType.int64, [kvHeadCount, `always.${slot}.${level}`]);
  builder.input(mask, type, [`rows.${slot}`, 1, `read_rows.${slot}.${level}`]);
  builder.input(maskShape, DataType.int64, [2]);
  const heads = builder.node("Expand", { name: `${mask}/expanded`, inputs: [mask, builder.integers([1, headCount / kvHeadCount, 1])] });
  builder.node("Reshape", { name: headMask(mask), inputs: [heads, maskShape] });
}

const headMask = (mask: string): string => `${mask}/heads`;

class SparseWriter {
  readonly #builder: GraphBuilder;
  readonly #config: DecoderConfig;
  readonly #rows: SlotRows;
  readonly #names: ReturnType<typeof sparseNames>;
  readonly #level: LevelNames;

  constructor(builder: GraphBuilder, config: DecoderConfig, rows: SlotRows) {
    this.#builder = builder;
    this.#config = config;
    this.#rows = rows;
    this.#names = sparseNames(rows.slot);
    this.#level = this.#names.level(layerShares(config).levels[rows.layer]);
  }

  /** Writes the new rows into the buffer. */
  append(): { keys: string; values: string } {
    const { slot, layer, k, v } = this.#rows;
    const names = slotNames(slot);
    return {
      keys: this.#appendTo("keys", names.pastKey(layer), k, names.presentKey(layer)),
      values: this.#appendTo("values", names.pastValue(layer), v, names.presentValue(layer)),
    };
  }

  #appendTo(what: "keys" | "values", past: string, rows: string, present: string): string {
    const { kvHeadCount, headSize } = this.#config;
    const { scales, ...place } = this.#rows;
    const kept = scales ? roundToInt8(this.#builder, { ...place, scales }, what, rows) : rows;
    const heads = this.#reshape(`new_${what}`, kept, [-1, kvHeadCount, headSize]);
    return this.#node("ScatterND", `append_${what}`, [past, this.#names.rowCells, heads], { outputs: [present] });
  }

  /** The buffer's summaries, those of the touched groups anew: [kvHeads, capacity / 16, headDim] f32 */
  summarize(keys: string): string {
    const { kvHeadCount, headSize } = this.#config;
    const { pastSummary, presentSummary, groups, groupCells } = this.#names;
    const allGroups = this.#reshape("groups", keys, [kvHeadCount, -1, GROUP_ROWS * headSize]);
    const touched = this.#node("Gather", "touched_groups", [allGroups, groups], { attributes: { axis: 1 } });
    const means = this.#reduce("ReduceMean", "means", this.#reshape("touched_keys", this.#asFloats("touched", touched), [kvHeadCount, -1, GROUP_ROWS, headSize]), 2);
    const { layer } = this.#rows;
    return this.#node("ScatterND", "summarize", [pastSummary(layer), groupCells, means], { outputs: [presentSummary(layer)] });
  }

  /** Scaled, [kvHeads, new rows * heads of a group, headDim] f32 */
  query(): string {
    const { headCount, kvHeadCount, headSize } = this.#config;
    const { q, scales, ...rows } = this.#rows;
    const x = scales ? timesScales(this.#builder, this.#config, { ...rows, scales }, { name: this.#path("query_times_scales"), what: "keys", x: q }) : q;
    const scaled = this.#node("Mul", "scaled_query", [x, this.#names.scale]);
    const byRow = this.#reshape("query_groups", scaled, [-1, kvHeadCount, (headCount / kvHeadCount) * headSize]);
    return this.#reshape("query", this.#transpose("query_by_head", byRow, [1, 0, 2]), [kvHeadCount, -1, headSize]);
  }

  /** [kvHeads, chosen + always] i64: rows of [kvHeads * blocks, 64 * headDim] */
  choose(query: string, summaries: string): string {
    const { comparedGroups, candidateBias, chosenCount, always } = this.#level;
    const first = this.#builder.integers([0]);
    const compared = this.#node("Slice", "compared", [summaries, first, comparedGroups, this.#builder.integers([1])]);
    const scores = this.#node("MatMul", "group_scores", [query, this.#transpose("compared_columns", compared, [0, 2, 1])]);
    // [kvHeads, new rows * heads of a group, groups] f32
    const shares = this.#node("Softmax", "group_shares", [scores], { attributes: { axis: -1 } });
    const ranked = this.#node("Add", "ranked", [this.#blockShares(shares), candidateBias]);
    const chosen = this.#path("chosen");
    this.#node("TopK", "chosen", [ranked, chosenCount], {
      outputs: [`${chosen}_shares`, chosen],
      attributes: { axis: 1, largest: 1, sorted: 0 },
    });
    const rows = this.#node("Add", "chosen_rows", [chosen, this.#names.headStart]);
    return this.#node("Concat", "blocks", [rows, always], { attributes: { axis: 1 } });
  }

  /** [kvHeads, blocks] f32: of the row that gives a block most, mean over its heads. */
  #blockShares(shares: string): string {
    const { kvHeadCount } = this.#config;
    const byHead = this.#node("Reshape", "head_shares", [shares, this.#names.shareShape]);
    const groups = this.#reshape("row_groups", this.#reduce("ReduceMean", "row_shares", byHead, 2), [kvHeadCount, 0, -1, GROUPS_PER_BLOCK]);
    return this.#reduce("ReduceMax", "block_shares", this.#reduce("ReduceSum", "row_block_shares", groups, 3), 1);
  }

  /** [kvHeads, (chosen + always) * 64, headDim] f32 */
  read(what: string, cache: string, blocks: string): string {
    const { kvHeadCount, headSize } = this.#config;
    const rows = this.#reshape(`${what}_by_block`, cache, [-1, BLOCK_ROWS * headSize]);
    const gathered = this.#node("Gather", `read_${what}`, [rows, blocks], { attributes: { axis: 0 } });
    return this.#reshape(`read_${what}_rows`, this.#asFloats(`read_${what}`, gathered), [kvHeadCount, -1, headSize]);
  }

  /** [1, new rows, heads * headDim] f32 */
  attend(query: string, keys: string, values: string): string {
    const { headCount, kvHeadCount, headSize } = this.#config;
    const scores = this.#node("MatMul", "scores", [query, this.#transpose("key_columns", keys, [0, 2, 1])]);
    const masked = this.#node("Add", "masked_scores", [scores, headMask(this.#level.mask)]);
    const weights = this.#node("Softmax", "weights", [masked], { attributes: { axis: -1 } });
    // [kvHeads, new rows * heads of a group, headDim] f32
    const mixed = this.#node("MatMul", "mixed", [weights, values]);
    const byHead = this.#reshape("mixed_groups", mixed, [kvHeadCount, -1, (headCount / kvHeadCount) * headSize]);
    const byRow = this.#transpose("mixed_by_row", byHead, [1, 0, 2]);
    const { scales, ...rows } = this.#rows;
    const name = scales ? this.#path("attended") : rows.name;
    const y = this.#builder.node("Reshape", { name, inputs: [byRow, this.#builder.integers([1, -1, headCount * headSize])] });
    return scales ? timesScales(this.#builder, this.#config, { ...rows, scales }, { name: rows.name, what: "values", x: y }) : y;
  }

  #asFloats(name: string, x: string): string {
    return this.#rows.scales ? this.#node("Cast", `${name}_cast`, [x], { attributes: { to: DataType.float } }) : x;
  }

  #transpose(name: string, x: string, order: readonly number[]): string {
    return this.#node("Transpose", name, [x], { attributes: { perm: { integers: order } } });
  }

  #reshape(name: string, x: string, shape: readonly number[]): string {
    return this.#node("Reshape", name, [x, this.#builder.integers(shape)]);
  }

  #reduce(operator: "ReduceMean" | "ReduceSum" | "ReduceMax", name: string, x: string, axis: number): string {
    return this.#node(operator, name, [x, this.#builder.integers([axis])], { attributes: { keepdims: 0 } });
  }

  #node(operator: string, name: string, inputs: readonly string[], options: Pick<NodeOptions, "outputs" | "attributes"> = {}): string {
    return this.#builder.node(operator, { name: this.#path(name), inputs, ...options });
  }

  #path(name: string): string {
    return `${this.#rows.name}/${name}`;
  }
}
