// Holds a checkpoint's tensors against its stated dimensions: a file that contradicts itself is told before it is run.
import { CheckpointError } from "../error/checkpoint-error.js";
import { UnsupportedModelError } from "../error/unsupported-model-error.js";
import type { DecoderConfig, TensorInfo } from "./checkpoint.js";

/** ONNX Runtime's attention takes no other heads. */
const HEAD_MULTIPLE = 8;

/**
 * @throws CheckpointError where a tensor is missing or of another shape than the metadata states.
 * @throws UnsupportedModelError where the tensors belong to a variant whose arithmetic differs.
 */
export function checkTensors(config: DecoderConfig, tensors: ReadonlyMap<string, TensorInfo>): void {
  if (tensors.has("rope_freqs.weight")) throw new UnsupportedModelError("RoPE scaling (rope_freqs.weight) is not supported.");
  checkDimensions(config);
  const { hiddenSize, headCount, kvHeadCount, headSize, feedForwardSize, vocabularySize, layerCount } = config;
  const expect = (name: string, ...shape: number[]): void => {
    const found = tensors.get(name);
    if (!found) throw new CheckpointError(`The model file has no tensor ${name}.`, { hint: "Fetch the file again." });
    if (found.shape.join() === shape.join()) return;
    throw new CheckpointError(`The tensor ${name} is [${found.shape.join(", ")}], and [${shape.join(", ")}] is stated.`, {
      hint: "Fetch the file again.",
    });
  };
  expect("token_embd.weight", vocabularySize, hiddenSize);
  expect("output_norm.weight", hiddenSize);
  if (tensors.has("output.weight")) expect("output.weight", vocabularySize, hiddenSize);
  const projections: [name: string, outputs: number, inputs: number][] = [
    ["attn_q", headCount * headSize, hiddenSize],
    ["attn_k", kvHeadCount * headSize, hiddenSize],
    ["attn_v", kvHeadCount * headSize, hiddenSize],
    ["attn_output", hiddenSize, headCount * headSize],
    ["ffn_gate", feedForwardSize, hiddenSize],
    ["ffn_up", feedForwardSize, hiddenSize],
    ["ffn_down", hiddenSize, feedForwardSize],
  ];
  for (let layer = 0; layer < layerCount; layer++) {
    expect(`blk.${layer}.attn_norm.weight`, hiddenSize);
    expect(`blk.${layer}.ffn_norm.weight`, hiddenSize);
    for (const [name, outputs, inputs] of projections) {
      expect(`blk.${layer}.${name}.weight`, outputs, inputs);
      if (tensors.has(`blk.${layer}.${name}.bias`)) expect(`blk.${layer}.${name}.bias`, outputs);
    }
  }
}

function checkDimensions(config: DecoderConfig): void {
  for (const [name, value] of Object.entries(config) as [string, number][]) {
    if (name === "architecture") continue;
    const isReal = name === "ropeBase" || name === "rmsNormEpsilon";
    if (value > 0 && (isReal ? Number.isFinite(value) : Number.isSafeInteger(value))) continue;
    throw new CheckpointError(`The model file states ${value} as its ${name}.`, { hint: "Fetch the file again." });
  }
  const { headCount, kvHeadCount, headSize } = config;
  if (headCount % kvHeadCount !== 0) throw new CheckpointError(`${headCount} heads cannot share ${kvHeadCount} key heads.`);
  if (headSize % HEAD_MULTIPLE !== 0) throw new UnsupportedModelError(`A head of ${headSize} values is not supported.`);
}
