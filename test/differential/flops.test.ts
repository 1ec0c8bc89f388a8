// The formula for a pass's operations against what ONNX Runtime's profile says it multiplied.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { InferenceSession, type Tensor } from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import type { KvBuffer } from "../../engine/cache/kv-buffer.js";
import type { DecoderConfig } from "../../engine/checkpoint/checkpoint.js";
import { openGguf } from "../../engine/checkpoint/gguf.js";
import { attentionFlops, layerFlops, wantedRowFlops } from "../../engine/forward/flops.js";
import type { SlotPass } from "../../engine/forward/pass.js";
import { createSparseInputs } from "../../engine/forward/sparse/sparse-inputs.js";
import { planLevels } from "../../engine/forward/sparse/sparse-plan.js";
import { sparseNames } from "../../engine/graph/attention/sparse-names.js";
import { convertOnce } from "../../engine/graph/converted-cache.js";
import { writeDecoder, type AttentionKind } from "../../engine/graph/decoder-graph.js";
import { GraphNames, slotNames } from "../../engine/graph/graph-names.js";
import { encodeModel } from "../../engine/graph/onnx-model.js";
import { createRotaryTables } from "../../engine/graph/rotary-tables.js";
import { feeds, floats, hostTensors, integers } from "../fixtures/engine/host-tensors.js";
import { temporaryFolder } from "../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../fixtures/engine/tiny-model.js";

const CAPACITY = 1024;
const home = await temporaryFolder();

interface ProfiledNode {
  args?: { op_name?: string; input_type_shape?: Record<string, number[]>[]; output_type_shape?: Record<string, number[]>[] };
}

const product = (lengths: readonly number[]): number => lengths.reduce((all, length) => all * length, 1);
const shapeOf = (described: Record<string, number[]>): number[] => Object.values(described)[0];

/** Twice the multiply-adds of all matrix products, and of the attention kernel by the rows that it sees. */
function countProfiled(nodes: readonly ProfiledNode[], totalRows: number): number {
  let count = 0;
  for (const { args } of nodes) {
    const { op_name: operator = "", input_type_shape: inputs = [], output_type_shape: outputs = [] } = args ?? {};
    if (["MatMul", "FusedMatMul", "MatMulNBits"].includes(operator)) count += 2 * product(shapeOf(outputs[0])) * (shapeOf(inputs[0]).at(-1) as number);
    if (operator === "GroupQueryAttention") count += 4 * product(shapeOf(inputs[0])) * totalRows;
  }
  return count;
}

async function profile(path: string, inputs: Record<string, Tensor>): Promise<ProfiledNode[]> {
  const prefix = join(dirname(path), "profile");
  const session = await InferenceSession.create(path, { enableProfiling: true, profileFilePrefix: prefix, logSeverityLevel: 3 });
  await session.run(inputs);
  session.endProfiling();
  await session.release();
  const names = (await readdir(dirname(path))).filter((name) => name.startsWith("profile")).toSorted();
  return JSON.parse(await readFile(join(dirname(path), names.at(-1) as string), "utf8")) as ProfiledNode[];
}

function inputsOf(config: DecoderConfig, slot: SlotPass, wanted: readonly number[]): Record<string, Tensor> {
  const { layerCount, kvHeadCount, headSize } = config;
  const rows = slot.tokens.length;
  const { cosines, sines, shape } = createRotaryTables(config, CAPACITY);
  const names = slotNames(0);
  const inputs: Record<string, Tensor> = {
    [GraphNames.inputIds]: integers(slot.tokens, [1, rows]),
    [GraphNames.positionIds]: integers(slot.positions, [1, rows]),
    [GraphNames.wanted]: integers(wanted, [wanted.length]),
    [GraphNames.rotaryCosines]: floats(cosines, shape),
    [GraphNames.rotarySines]: floats(sines, shape),
  };
  for (let layer = 0; layer < layerCount; layer++) {
    for (const name of [names.pastKey(layer), names.pastValue(layer)]) {
      inputs[name] = floats(new Float32Array(kvHeadCount * CAPACITY * headSize), [1, kvHeadCount, CAPACITY, headSize]);
    }
    if (slot.keep === undefined) continue;
    inputs[sparseNames(0).pastSummary(layer)] = floats(new Float32Array((kvHeadCount * CAPACITY * headSize) / 16), [kvHeadCount, CAPACITY / 16, headSize]);
  }
  return inputs;
}

async function lengthInputs(slot: SlotPass): Promise<Record<string, Tensor>> {
  const { Tensor: HostTensor } = await import("onnxruntime-node");
  const total = slot.pastLength + slot.tokens.length;
  return {
    [slotNames(0).lastRow]: new HostTensor("int32", Int32Array.of(total - 1), [1]),
    [slotNames(0).totalLength]: new HostTensor("int32", Int32Array.of(total), []),
  };
}

describe.each([
  { pastLength: 700, rowCount: 1, wantedCount: 1, keep: 0.25 },
  { pastLength: 512, rowCount: 128, wantedCount: 1, keep: 0.5 },
  { pastLength: 900, rowCount: 5, wantedCount: 5, keep: 1 },
  { pastLength: 700, rowCount: 1, wantedCount: 1, keep: undefined },
  { pastLength: 300, rowCount: 40, wantedCount: 3, keep: undefined },
])("$rowCount rows after $pastLength, keep $keep", ({ pastLength, rowCount, wantedCount, keep }) => {
  test("as many operations as were run", async () => {
    const checkpoint = await openGguf(await writeTinyModel(home, { seed: 41, contextLength: CAPACITY }));
    const { config } = checkpoint;
    const { weightsPath, map } = await convertOnce(checkpoint, { weights: "exact", home });
    await checkpoint.close();
    const tokens = Array.from({ length: rowCount }, (_, row) => row + 1);
    const slot: SlotPass = {
      buffer: { capacity: CAPACITY } as KvBuffer, pastLength, tokens, positions: tokens.map((_, row) => pastLength + row), keep,
    };
    const kind: AttentionKind = keep === undefined ? "causal" : "sparse";
    const path = join(dirname(weightsPath), `${kind}.onnx`);
    await writeFile(path, encodeModel(writeDecoder(config, map, { slots: [kind], precision: "f32", activations: "int8" })));
    const wanted = Array.from({ length: wantedCount }, (_, row) => row);
    const further =
      keep === undefined
        ? await lengthInputs(slot)
        : feeds(createSparseInputs(hostTensors, config, 0, { rows: slot, plans: planLevels(config, slot, { keep, summarizedRows: 0 }), precision: "f32" }));
    const nodes = await profile(path, { ...inputsOf(config, slot, wanted), ...further });

    const { computed, skipped } = attentionFlops(config, slot);
    const total = rowCount * layerFlops(config) + wantedCount * wantedRowFlops(config) + computed;
    expect(total).toBe(countProfiled(nodes, pastLength + rowCount));
    // What is skipped is what the dense pass takes more.
    const dense = attentionFlops(config, { ...slot, keep: undefined }).computed;
    expect(skipped).toBe(keep === undefined || keep === 1 ? 0 : dense - computed);
    if (keep !== undefined && keep < 1) expect(skipped).toBeGreaterThan(0.35 * dense);
  });
});
