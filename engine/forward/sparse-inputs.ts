// The tensors by which a pass tells the graph what a slot may choose from and what it reads in any case.
import { BLOCK_ROWS, GROUP_ROWS } from "../cache/key-summaries.js";
import type { DecoderConfig } from "../checkpoint/checkpoint.js";
import { sparseNames } from "../graph/attention/sparse-names.js";
import type { Runtime } from "../ort/runtime.js";
import type { Tensor } from "../ort/tensor.js";
import type { SlotPass } from "./pass.js";
import { sparseMask, type SparsePlan } from "./sparse-plan.js";

/** A share of attention is at most 1. */
const NO_CANDIDATE = -4;

/** By input name, shapes as in `sparse-names.ts`. The caller releases them. */
export function createSparseInputs(
  runtime: Runtime,
  { headCount, kvHeadCount }: DecoderConfig,
  slot: number,
  { rows, plan }: { rows: SlotPass; plan: SparsePlan },
): Record<string, Tensor> {
  const names = sparseNames(slot);
  const rowCount = rows.tokens.length;
  const groupHeads = headCount / kvHeadCount;
  const headBlocks = rows.buffer.capacity / BLOCK_ROWS;
  const readRows = (plan.chosenCount + plan.always.length) * BLOCK_ROWS;
  const heads = Array.from({ length: kvHeadCount }, (_, head) => head);
  const newRows = Array.from({ length: rowCount }, (_, row) => rows.pastLength + row);
  const integers = (values: readonly number[], shape: readonly number[]): Tensor =>
    runtime.createTensor(BigInt64Array.from(values, BigInt), shape);
  const bias = candidateBias(plan);
  return {
    [names.rowCells]: integers(newRows.flatMap((row) => heads.flatMap((head) => [0, head, row])), [rowCount, kvHeadCount, 3]),
    [names.groups]: integers(plan.groups, [plan.groups.length]),
    [names.groupCells]: integers(
      heads.flatMap((head) => plan.groups.flatMap((group) => [head, group])),
      [kvHeadCount, plan.groups.length, 2],
    ),
    [names.comparedGroups]: integers([bias.length * (BLOCK_ROWS / GROUP_ROWS)], [1]),
    [names.candidateBias]: runtime.createTensor(bias, [bias.length]),
    [names.chosenCount]: integers([plan.chosenCount], [1]),
    [names.always]: integers(
      heads.flatMap((head) => plan.always.map((block) => head * headBlocks + block)),
      [kvHeadCount, plan.always.length],
    ),
    [names.headStart]: integers(heads.map((head) => head * headBlocks), [kvHeadCount, 1]),
    [names.shareShape]: integers([kvHeadCount, rowCount, groupHeads, -1], [4]),
    [names.mask]: runtime.createTensor(sparseMask(rows, plan), [rowCount, 1, readRows]),
    [names.maskShape]: integers([rowCount * groupHeads, readRows], [2]),
  };
}

function candidateBias({ candidates }: SparsePlan): Float32Array {
  const bias = new Float32Array((candidates.at(-1) ?? 0) + 1).fill(NO_CANDIDATE);
  for (const block of candidates) bias[block] = 0;
  return bias;
}
