// The decoder's dimensions, read from a checkpoint's metadata (keys of the GGUF specification).
import { CheckpointError } from "../error/checkpoint-error.js";
import { UnsupportedModelError } from "../error/unsupported-model-error.js";
import type { Architecture, DecoderConfig, MetadataValue, TensorInfo } from "./checkpoint.js";

const ARCHITECTURES: readonly string[] = ["llama", "qwen2"] satisfies Architecture[];

export function decoderConfig(
  metadata: ReadonlyMap<string, MetadataValue>,
  tensors: ReadonlyMap<string, TensorInfo>,
): DecoderConfig {
  const architecture = metadata.get("general.architecture");
  if (typeof architecture !== "string" || !ARCHITECTURES.includes(architecture)) {
    throw new UnsupportedModelError(`The architecture ${String(architecture)} is not supported.`, {
      hint: `Use a model of one of these: ${ARCHITECTURES.join(", ")}.`,
    });
  }
  refuseVariants(metadata, architecture);
  const embedding = tensors.get("token_embd.weight");
  if (!embedding) throw new CheckpointError("The model file has no token embedding (token_embd.weight).");
  const read = (key: string, fallback?: number): number => {
    const value = metadata.get(`${architecture}.${key}`) ?? fallback;
    if (typeof value !== "number" && typeof value !== "bigint") {
      throw new CheckpointError(`The model file does not state ${architecture}.${key}.`);
    }
    return Number(value);
  };
  const hiddenSize = read("embedding_length");
  const headCount = read("attention.head_count");
  const headSize = read("attention.key_length", hiddenSize / headCount);
  refusePartialHeads(headSize, read("rope.dimension_count", headSize), read("attention.value_length", headSize));
  return {
    architecture: architecture as Architecture,
    layerCount: read("block_count"),
    hiddenSize,
    headCount,
    kvHeadCount: read("attention.head_count_kv", headCount),
    headSize,
    feedForwardSize: read("feed_forward_length"),
    vocabularySize: embedding.shape[0],
    contextLength: read("context_length"),
    ropeBase: read("rope.freq_base", 10_000),
    rmsNormEpsilon: read("attention.layer_norm_rms_epsilon"),
  };
}

/** Members of the two architectures whose arithmetic differs; running them plainly would answer wrongly. */
function refuseVariants(metadata: ReadonlyMap<string, MetadataValue>, architecture: string): void {
  if (Number(metadata.get(`${architecture}.expert_count`) ?? 0) > 0) {
    throw new UnsupportedModelError("Mixture-of-experts models are not supported.");
  }
  const scaling = metadata.get(`${architecture}.rope.scaling.type`) ?? metadata.get(`${architecture}.rope.scale_linear`);
  if (scaling !== undefined && scaling !== "none" && scaling !== 1) {
    throw new UnsupportedModelError(`RoPE scaling (${String(scaling)}) is not supported.`);
  }
}

function refusePartialHeads(headSize: number, rotatedSize: number, valueSize: number): void {
  if (rotatedSize === headSize && valueSize === headSize) return;
  throw new UnsupportedModelError(
    `Heads of ${headSize} values, ${rotatedSize} of them rotated, with values of ${valueSize} are not supported.`,
  );
}
