// Reads a tensor of a checkpoint in the form the graph wants: quantized blocks, or plain numbers.
import type { Checkpoint, TensorInfo } from "../../checkpoint/checkpoint.js";
import { CheckpointError } from "../../error/checkpoint-error.js";
import { createHalfTable } from "./half-float.js";
import { mapQ4K, mapQ5K, mapQ6K } from "./k-blocks.js";
import { mapQ4, mapQ5, mapQ8 } from "./legacy-blocks.js";
import type { QuantizedWeight } from "./quantized-weight.js";

/** A matrix: quantized as the file has it, or [rows, columns] f32. */
export type Weight =
  | { kind: "quantized"; weight: QuantizedWeight }
  | { kind: "plain"; rows: number; columns: number; values: Float32Array };

export class TensorReader {
  readonly #checkpoint: Checkpoint;
  readonly #half = createHalfTable();

  constructor(checkpoint: Checkpoint) {
    this.#checkpoint = checkpoint;
  }

  has(name: string): boolean {
    return this.#checkpoint.tensors.has(name);
  }

  /** A matrix in its file's own blocks, mapped without loss. */
  async readWeight(name: string): Promise<Weight> {
    const info = this.#info(name);
    const [rows, columns] = info.shape;
    const raw = await this.#checkpoint.readTensor(name);
    const reader = { raw, half: this.#half, rows, columns };
    switch (info.type) {
      case "Q4_0": return quantized(mapQ4(reader, false));
      case "Q4_1": return quantized(mapQ4(reader, true));
      case "Q5_0": return quantized(mapQ5(reader, false));
      case "Q5_1": return quantized(mapQ5(reader, true));
      case "Q8_0": return quantized(mapQ8(reader));
      case "Q4_K": return quantized(mapQ4K(reader));
      case "Q5_K": return quantized(mapQ5K(reader));
      case "Q6_K": return quantized(mapQ6K(reader));
      default: return { kind: "plain", rows, columns, values: this.#toFloat32(info, raw) };
    }
  }

  /** A vector (norm or bias). [length] f32 */
  async readVector(name: string): Promise<Float32Array> {
    const info = this.#info(name);
    return this.#toFloat32(info, await this.#checkpoint.readTensor(name));
  }

  #info(name: string): TensorInfo {
    const info = this.#checkpoint.tensors.get(name);
    if (!info) throw new CheckpointError(`The model file has no tensor ${name}.`);
    return info;
  }

  #toFloat32(info: TensorInfo, raw: Uint8Array): Float32Array {
    if (info.type === "F32") return new Float32Array(raw.buffer, raw.byteOffset, raw.byteLength / 4);
    const words = new Uint16Array(raw.buffer, raw.byteOffset, raw.byteLength / 2);
    if (info.type === "F16") return Float32Array.from(words, (word) => this.#half[word]);
    if (info.type === "BF16") return new Float32Array(Uint32Array.from(words, (word) => word << 16).buffer);
    throw new CheckpointError(`The tensor ${info.name} is quantized (${info.type}) where plain numbers are expected.`);
  }
}

function quantized(weight: QuantizedWeight): Weight {
  return { kind: "quantized", weight };
}
