// Opens a GGUF model file as a `Checkpoint`: header at once, tensors on demand.
// Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
import { open, type FileHandle } from "node:fs/promises";
import { CheckpointError } from "../error/checkpoint-error.js";
import { UnsupportedModelError } from "../error/unsupported-model-error.js";
import type { Checkpoint, MetadataValue, TensorInfo, TensorType } from "./checkpoint.js";
import { checkTensors } from "./check-tensors.js";
import { decoderConfig } from "./decoder-config.js";
import { GgufCursor, NeedMoreBytes } from "./gguf-cursor.js";

/** Weights and bytes of one block, by the number the file format gives the type. */
const TENSOR_TYPES: Record<number, { type: TensorType; blockWeights: number; blockBytes: number }> = {
  0: { type: "F32", blockWeights: 1, blockBytes: 4 },
  1: { type: "F16", blockWeights: 1, blockBytes: 2 },
  2: { type: "Q4_0", blockWeights: 32, blockBytes: 18 },
  3: { type: "Q4_1", blockWeights: 32, blockBytes: 20 },
  6: { type: "Q5_0", blockWeights: 32, blockBytes: 22 },
  7: { type: "Q5_1", blockWeights: 32, blockBytes: 24 },
  8: { type: "Q8_0", blockWeights: 32, blockBytes: 34 },
  12: { type: "Q4_K", blockWeights: 256, blockBytes: 144 },
  13: { type: "Q5_K", blockWeights: 256, blockBytes: 176 },
  14: { type: "Q6_K", blockWeights: 256, blockBytes: 210 },
  30: { type: "BF16", blockWeights: 1, blockBytes: 2 },
};

/** Headers are a few megabytes, most of it vocabulary; one that states more is damaged. */
const LARGEST_HEADER_BYTES = 1 << 28;
/** A single read of the system takes no more than 2 GiB. */
const READ_BYTES = 1 << 30;

interface GgufHeader {
  metadata: Map<string, MetadataValue>;
  tensors: Map<string, TensorInfo & { offset: number }>;
  dataStart: number;
}

/**
 * Opens a GGUF file of the llama or qwen2 architecture.
 *
 * @throws CheckpointError where the file is no GGUF, damaged or cut short.
 * @throws UnsupportedModelError where the architecture or a tensor type is not one the engine runs.
 */
export async function openGguf(path: string): Promise<Checkpoint> {
  const file = await open(path, "r").catch((cause: unknown) => {
    throw new CheckpointError(`Cannot open the model file ${path}.`, { cause, hint: "Check the path, or pull the model." });
  });
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new CheckpointError(`${path} is not a file.`, { hint: "Name a .gguf file." });
    const { size } = stats;
    const header = await readHeader(file, path, size);
    checkLength(header, path, size);
    return createGgufCheckpoint(path, file, size, header);
  } catch (error) {
    await file.close();
    throw error;
  }
}

function createGgufCheckpoint(path: string, file: FileHandle, sizeBytes: number, header: GgufHeader): Checkpoint {
  const config = decoderConfig(header.metadata, header.tensors);
  checkTensors(config, header.tensors);
  return {
    path,
    sizeBytes,
    config,
    metadata: header.metadata,
    tensors: header.tensors,
    async readTensor(name) {
      const tensor = header.tensors.get(name);
      if (!tensor) throw new CheckpointError(`${path} has no tensor ${name}.`);
      const bytes = Buffer.allocUnsafeSlow(tensor.sizeBytes);
      for (let done = 0; done < bytes.length; ) {
        const length = Math.min(READ_BYTES, bytes.length - done);
        const { bytesRead } = await file.read(bytes, done, length, header.dataStart + tensor.offset + done);
        if (bytesRead === 0) throw new CheckpointError(`${path} ends inside the tensor ${name}.`);
        done += bytesRead;
      }
      return bytes;
    },
    close: () => file.close(),
  };
}

/** The header's length is stated nowhere, so the part read grows until the header fits. */
async function readHeader(file: FileHandle, path: string, sizeBytes: number): Promise<GgufHeader> {
  for (let length = 1 << 23; ; length *= 2) {
    const bytes = Buffer.allocUnsafeSlow(Math.min(length, sizeBytes));
    await file.read(bytes, 0, bytes.length, 0);
    if (bytes.length < 24 || bytes.toString("latin1", 0, 4) !== "GGUF") {
      throw new CheckpointError(`${path} is not a GGUF file.`, { hint: "Name a .gguf file of a llama or qwen2 model." });
    }
    try {
      return parseHeader(new GgufCursor(bytes));
    } catch (cause) {
      if (cause instanceof UnsupportedModelError) throw cause;
      if (cause instanceof NeedMoreBytes && bytes.length < Math.min(sizeBytes, LARGEST_HEADER_BYTES)) continue;
      throw new CheckpointError(`The header of ${path} is damaged or cut short.`, { cause, hint: "Fetch the file again." });
    }
  }
}

function parseHeader(cursor: GgufCursor): GgufHeader {
  cursor.position = 4;
  const version = cursor.uint32();
  if (version !== 2 && version !== 3) throw new UnsupportedModelError(`GGUF version ${version} is not supported.`);
  const tensorCount = cursor.uint64();
  const pairCount = cursor.uint64();
  const metadata = new Map<string, MetadataValue>();
  for (let i = 0; i < pairCount; i++) {
    const key = cursor.string();
    metadata.set(key, cursor.value(cursor.uint32()));
  }
  const tensors: GgufHeader["tensors"] = new Map();
  for (let i = 0; i < tensorCount; i++) {
    const tensor = parseTensorInfo(cursor);
    tensors.set(tensor.name, tensor);
  }
  const alignment = metadata.get("general.alignment") ?? 32;
  if (typeof alignment !== "number" || alignment < 1 || !Number.isInteger(alignment)) {
    throw new RangeError(`an alignment of ${String(alignment)}`);
  }
  return { metadata, tensors, dataStart: Math.ceil(cursor.position / alignment) * alignment };
}

function parseTensorInfo(cursor: GgufCursor): TensorInfo & { offset: number } {
  const name = cursor.string();
  const dimensionCount = cursor.uint32();
  if (dimensionCount > 4) throw new RangeError(`tensor ${name} with ${dimensionCount} dimensions`);
  // The file lists the contiguous dimension first.
  const shape = Array.from({ length: dimensionCount }, () => cursor.uint64()).toReversed();
  const typeNumber = cursor.uint32();
  const layout = TENSOR_TYPES[typeNumber];
  if (!layout) {
    throw new UnsupportedModelError(`The tensor ${name} has a type (${typeNumber}) that the engine does not read.`, {
      hint: "Use a file quantized as Q4_K_M, Q5_K_M, Q6_K, Q8_0, Q4_0, F16 or the like.",
    });
  }
  const weightCount = shape.reduce((product, length) => product * length, 1);
  if ((shape.at(-1) ?? 0) % layout.blockWeights !== 0) throw new RangeError(`tensor ${name} with rows of ${shape.at(-1)} weights`);
  const sizeBytes = (weightCount / layout.blockWeights) * layout.blockBytes;
  return { name, type: layout.type, shape, sizeBytes, offset: cursor.uint64() };
}

function checkLength(header: GgufHeader, path: string, sizeBytes: number): void {
  let end = header.dataStart;
  for (const tensor of header.tensors.values()) end = Math.max(end, header.dataStart + tensor.offset + tensor.sizeBytes);
  if (end > sizeBytes) {
    throw new CheckpointError(`${path} is cut short: it has ${sizeBytes} bytes and states ${end}.`, {
      hint: "Fetch the file again.",
    });
  }
}
