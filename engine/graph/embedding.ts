// Token ids to vectors, gathered from the file's own blocks without loss.
import { MICROSOFT, type GraphBuilder } from "./graph-builder.js";
import type { EmbeddingForm } from "./weights/weight-map.js";

/**
 * ```
 *   ids ── GatherBlockQuantized (scale * (q - zp)) ── Reshape ── Add ── Reshape ── h    [1, tokens, hidden] f32
 *   └──── Gather (offsets) ── Unsqueeze ─────────────────────────┘      only where blocks have offsets
 * ```
 */
export function writeEmbedding(builder: GraphBuilder, form: EmbeddingForm, ids: string): string {
  const name = "/embed_tokens";
  if (form.kind === "plain") return builder.node("Gather", { name, inputs: [builder.weight(form.values), ids] });
  const { columns, bits, blockSize, quants, scales, offsets } = form;
  const blockCount = columns / blockSize;
  const gathered = builder.node("GatherBlockQuantized", {
    name: offsets ? `${name}/scaled` : name,
    domain: MICROSOFT,
    inputs: [builder.weight(quants), ids, builder.weight(scales)],
    attributes: { bits, block_size: blockSize, gather_axis: 0, quantize_axis: 1 },
  });
  if (!offsets) return gathered;
  const offset = builder.node("Gather", { name: `${name}/offset`, inputs: [builder.weight(offsets), ids] });
  const column = builder.node("Unsqueeze", { name: `${name}/offset_column`, inputs: [offset, builder.integers([-1])] });
  const blocks = builder.node("Reshape", {
    name: `${name}/blocks`,
    inputs: [gathered, builder.integers([1, -1, blockCount, blockSize])],
  });
  const sum = builder.node("Add", { name: `${name}/sum`, inputs: [blocks, column] });
  return builder.node("Reshape", { name, inputs: [sum, builder.integers([1, -1, columns])] });
}
