// The seam between model files and the rest of the engine: configuration, metadata, tensors read lazily.

export type Architecture = "llama" | "qwen2";

export interface DecoderConfig {
  architecture: Architecture;
  layerCount: number;
  /** Width of the residual stream. */
  hiddenSize: number;
  headCount: number;
  kvHeadCount: number;
  headSize: number;
  feedForwardSize: number;
  vocabularySize: number;
  contextLength: number;
  ropeBase: number;
  rmsNormEpsilon: number;
}

/** Tensor types of the GGUF format that the engine reads. */
export type TensorType = "F32" | "F16" | "BF16" | "Q4_0" | "Q4_1" | "Q5_0" | "Q5_1" | "Q8_0" | "Q4_K" | "Q5_K" | "Q6_K";

export interface TensorInfo {
  name: string;
  type: TensorType;
  /** Row-major: the last dimension is contiguous, so a weight is `[outputs, inputs]`. */
  shape: readonly number[];
  sizeBytes: number;
}

export type MetadataValue = string | number | bigint | boolean | readonly MetadataValue[] | Float64Array;

export interface Checkpoint {
  readonly path: string;
  readonly sizeBytes: number;
  readonly config: DecoderConfig;
  /** The file's own key-value pairs, keys as written (`tokenizer.ggml.tokens`, ...). */
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** The raw block bytes of one tensor. */
  readTensor(name: string): Promise<Uint8Array>;
  close(): Promise<void>;
}
