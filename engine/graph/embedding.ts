// Token ids to vectors, gathered from the file's own blocks without loss.
import type { TensorReader } from "./blocks/tensor-reader.js";
import { MICROSOFT, type GraphBuilder } from "./graph-builder.js";

const TENSOR = "token_embd.weight";

/**
 * ```
 *   ids ── GatherBlockQuantized (scale * (q - zp)) ── Reshape ── Add ── Reshape ── h    [1, tokens, hidden] f32
 *   └──── Gather (offsets) ── Unsqueeze ─────────────────────────┘      only where blocks have offsets
 * ```
 */
export async function writeEmbedding(builder: GraphBuilder, reader: TensorReader, ids: string): Promise<string> {
  const name = "/embed_tokens";
  const embedding = await reader.readWeight(TENSOR);
  if (embedding.kind === "plain") {
    const { values, rows, columns } = embedding;
    const table = await builder.weight(`${name}.weight`, values, [rows, columns]);
    return builder.node("Gather", { name, inputs: [table, ids] });
  }
  const { rows, columns, bits, blockSize, quants, scales, offsets } = embedding.weight;
  const blockCount = columns / blockSize;
  const gathered = builder.node("GatherBlockQuantized", {
    name: offsets ? `${name}/scaled` : name,
    domain: MICROSOFT,
    inputs: [
      await builder.weight(`${name}.quants`, quants, [rows, (columns * bits) / 8], `${TENSOR}/exact/quants`),
      ids,
      await builder.weight(`${name}.scales`, scales, [rows, blockCount], `${TENSOR}/exact/scales`),
    ],
    attributes: { bits, block_size: blockSize, gather_axis: 0, quantize_axis: 1 },
  });
  if (!offsets) return gathered;
  const table = await builder.weight(`${name}.offsets`, offsets, [rows, blockCount]);
  const offset = builder.node("Gather", { name: `${name}/offset`, inputs: [table, ids] });
  const column = builder.node("Unsqueeze", { name: `${name}/offset_column`, inputs: [offset, builder.integers([-1])] });
  const blocks = builder.node("Reshape", {
    name: `${name}/blocks`,
    inputs: [gathered, builder.integers([1, -1, blockCount, blockSize])],
  });
  const sum = builder.node("Add", { name: `${name}/sum`, inputs: [blocks, column] });
  return builder.node("Reshape", { name, inputs: [sum, builder.integers([1, -1, columns])] });
}
