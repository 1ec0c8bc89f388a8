// Every node of every decoder graph has a kernel on CUDA: read from ONNX Runtime's own table, as no GPU of that kind is at hand.
import { describe, expect, test } from "vitest";
import type { Architecture, TensorType } from "../../../engine/checkpoint/checkpoint.js";
import { openGguf } from "../../../engine/checkpoint/gguf.js";
import { convertOnce } from "../../../engine/graph/converted-cache.js";
import { writeDecoder, type GraphKey } from "../../../engine/graph/decoder-graph.js";
import type { Graph } from "../../../engine/graph/onnx-model.js";
import type { WeightMode } from "../../../engine/graph/weights/convert-weights.js";
import { MAX_SLOTS } from "../../../engine/forward/pass.js";
import { cudaProblems } from "../../fixtures/device/cuda-kernels.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../../fixtures/engine/tiny-model.js";

const TYPES: TensorType[] = ["F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q4_K", "Q5_K", "Q6_K"];
const ARCHITECTURES: Architecture[] = ["qwen2", "llama"];
const home = await temporaryFolder();

async function graphWriter(architecture: Architecture, type: TensorType, weights: WeightMode): Promise<(key: Omit<GraphKey, "activations">) => Graph> {
  const checkpoint = await openGguf(await writeTinyModel(home, { architecture, type, seed: 3 }));
  const { config } = checkpoint;
  const { map } = await convertOnce(checkpoint, { weights, home });
  await checkpoint.close();
  return (key) => writeDecoder(config, map, { ...key, activations: "f32" });
}

const slots = <Kind>(count: number, kind: Kind): Kind[] => Array.from({ length: count }, () => kind);

describe.each(ARCHITECTURES)("%s", (architecture) => {
  test.each(TYPES.flatMap((type) => (["exact", "fast"] as const).map((weights) => ({ type, weights }))))(
    "$type, $weights: causal and with trees, one to eight slots",
    async ({ type, weights }) => {
      const write = await graphWriter(architecture, type, weights);
      for (let count = 1; count <= MAX_SLOTS; count++) {
        for (const kind of ["causal", "dense"] as const) {
          const graph = write({ slots: slots(count, kind), precision: "f16" });
          expect(graph.nodes.filter(({ operator }) => operator === "GroupQueryAttention")).toHaveLength(2 * count);
          expect(cudaProblems(graph)).toEqual([]);
        }
      }
    },
  );

  test("choosing blocks, one to eight slots", async () => {
    const write = await graphWriter(architecture, "Q4_0", "exact");
    for (let count = 1; count <= MAX_SLOTS; count++) expect(cudaProblems(write({ slots: slots(count, "sparse"), precision: "f16" }))).toEqual([]);
  });
});

test("what CUDA does not run is found", async () => {
  const write = await graphWriter("qwen2", "Q8_0", "exact");
  const single = cudaProblems(write({ slots: ["causal"], precision: "f32" }));
  expect(single).toEqual([0, 1].map((layer) => `/layers.${layer}/attn (GroupQueryAttention): no kernel for T float`).flatMap((line) => [line, line.replace("T float", "T_CACHE float")]));
  const graph = write({ slots: ["causal", "causal"], precision: "f16" });
  const [first, ...others] = graph.nodes;
  const change = (node: typeof first) => cudaProblems({ ...graph, nodes: [node, ...others] });
  expect(change({ ...first, operator: "Swish" }).join()).toContain("Swish");
  expect(change({ ...first, attributes: first.attributes.filter(({ name }) => name !== "block_size") }).join()).toContain("blocks");
  const split = graph.nodes.find(({ operator }) => operator === "Split")!;
  const computed = { ...graph, inputs: graph.inputs.filter(({ name }) => name !== split.inputs[1]), nodes: [{ ...first, name: "lengths", operator: "Reshape", domain: "", inputs: ["position_ids", "position_ids"], outputs: [split.inputs[1]], attributes: [] }, ...graph.nodes] };
  expect(cudaProblems(computed).join()).toContain("read on the host");
});
