// The tensors by which a pass tells the graph what a slot may choose from and what it reads in any case.
import { BLOCK_ROWS, GROUP_ROWS } from "../../cache/key-summaries.js";
import type { DecoderConfig } from "../../checkpoint/checkpoint.js";
import { sparseNames, type LevelNames } from "../../graph/attention/sparse-names.js";
import type { Precision } from "../../graph/decoder-graph.js";
import type { Runtime } from "../../ort/runtime.js";
import type { Tensor } from "../../ort/tensor.js";
import { HIDDEN } from "../attention-bias.js";
import type { SlotPass } from "../pass.js";
import { rangesOf, type SparsePlan } from "./sparse-plan.js";

/** Added to a share of attention, which is at most 1: -4, as a half float by its bits. */
const NO_CANDIDATE = { f32: -4, f16: 0xc400 } as const;

export interface SparseSlot {
  rows: SlotPass;
  /** By level of `layer-shares.ts`. */
  plans: readonly SparsePlan[];
  precision: Precision;
}

/** By input name, shapes as in `sparse-names.ts`. The caller releases them. */
export function createSparseInputs(
  runtime: Runtime,
  config: DecoderConfig,
  slot: number,
  { rows, plans, precision }: SparseSlot,
): Record<string, Tensor> {
  const { headCount, kvHeadCount, headSize } = config;
  const names = sparseNames(slot);
  const rowCount = rows.tokens.length;
  const headBlocks = rows.buffer.capacity / BLOCK_ROWS;
  const heads = Array.from({ length: kvHeadCount }, (_, head) => head);
  const [{ groups }] = plans;
  const levels = plans.map((plan, level) => levelInputs(runtime, config, names.level(level), { rows, plan, precision }));
  return {
    [names.rowCells]: createRowCells(runtime, config, rows),
    [names.groups]: integers(runtime, groups, [groups.length]),
    [names.groupCells]: integers(runtime, heads.flatMap((head) => groups.flatMap((group) => [head, group])), [kvHeadCount, groups.length, 2]),
    [names.headStart]: integers(runtime, heads.map((head) => head * headBlocks), [kvHeadCount, 1]),
    [names.shareShape]: integers(runtime, [kvHeadCount, rowCount, headCount / kvHeadCount, -1], [4]),
    [names.scale]: runtime.createTensor(precision === "f32" ? Float32Array.of(headSize ** -0.5) : Uint16Array.of(halfFloat(headSize ** -0.5)), [1]),
    ...Object.assign({}, ...levels),
  };
}

/** Where a slot's new rows go, as (0, head, row): [new rows, kvHeads, 3] i64 */
export function createRowCells(runtime: Runtime, { kvHeadCount }: DecoderConfig, { pastLength, tokens }: SlotPass): Tensor {
  const cells = new BigInt64Array(tokens.length * kvHeadCount * 3);
  for (let at = 0; at < cells.length; at += 3) {
    cells[at + 1] = BigInt((at / 3) % kvHeadCount);
    cells[at + 2] = BigInt(pastLength + Math.floor(at / 3 / kvHeadCount));
  }
  return runtime.createTensor(cells, [tokens.length, kvHeadCount, 3]);
}

interface Level {
  rows: SlotPass;
  plan: SparsePlan;
  precision: Precision;
}

function levelInputs(
  runtime: Runtime,
  { headCount, kvHeadCount }: DecoderConfig,
  names: LevelNames,
  level: Level,
): Record<string, Tensor> {
  const { rows, plan } = level;
  const rowCount = rows.tokens.length;
  const headBlocks = rows.buffer.capacity / BLOCK_ROWS;
  const readRows = (plan.chosenCount + plan.always.length) * BLOCK_ROWS;
  const bias = candidateBias(level);
  const always = Array.from({ length: kvHeadCount }, (_, head) => plan.always.map((block) => head * headBlocks + block)).flat();
  return {
    [names.comparedGroups]: integers(runtime, [bias.length * (BLOCK_ROWS / GROUP_ROWS)], [1]),
    [names.candidateBias]: runtime.createTensor(bias, [bias.length]),
    [names.chosenCount]: integers(runtime, [plan.chosenCount], [1]),
    [names.always]: integers(runtime, always, [kvHeadCount, plan.always.length]),
    [names.mask]: runtime.createTensor(mask(level, readRows), [rowCount, 1, readRows]),
    [names.maskShape]: integers(runtime, [rowCount * (headCount / kvHeadCount), readRows], [2]),
  };
}

function integers(runtime: Runtime, values: readonly number[], shape: readonly number[]): Tensor {
  return runtime.createTensor(BigInt64Array.from(values, BigInt), shape);
}

function candidateBias({ plan: { candidates }, precision }: Level): Float32Array | Uint16Array {
  const bias = zeros((candidates.at(-1) ?? 0) + 1, precision).fill(NO_CANDIDATE[precision]);
  for (const block of candidates) bias[block] = 0;
  return bias;
}

/** Chosen blocks, which come first, are seen by all. */
function mask({ rows, plan: { chosenCount, always }, precision }: Level, readRows: number): Float32Array | Uint16Array {
  const values = zeros(rows.tokens.length * readRows, precision);
  for (let row = 0; row < rows.tokens.length; row++) {
    const start = row * readRows + chosenCount * BLOCK_ROWS;
    values.fill(HIDDEN[precision], start, (row + 1) * readRows);
    for (const range of rangesOf(rows, row)) {
      always.forEach((block, index) => {
        const from = Math.max(range.start - block * BLOCK_ROWS, 0);
        const to = Math.min(range.end - block * BLOCK_ROWS, BLOCK_ROWS);
        if (from < to) values.fill(0, start + index * BLOCK_ROWS + from, start + index * BLOCK_ROWS + to);
      });
    }
  }
  return values;
}

function zeros(length: number, precision: Precision): Float32Array | Uint16Array {
  return precision === "f32" ? new Float32Array(length) : new Uint16Array(length);
}

/** The bits of a number between 2^-14 and 1. */
function halfFloat(value: number): number {
  const exponent = Math.floor(Math.log2(value));
  return ((exponent + 15) << 10) + Math.round((value / 2 ** exponent - 1) * 1024);
}
