// A matrix product of the graph, in the form its weight's blocks ask for.
import type { TensorReader, Weight } from "./blocks/tensor-reader.js";
import { MICROSOFT, type GraphBuilder } from "./graph-builder.js";
import type { QuantizedWeight } from "./blocks/quantized-weight.js";
import { quantize8Bits, requantize4Bits } from "./blocks/requantize.js";

/** How the file's blocks become the graph's: as they are, or in 4 bits with blocks of 128 (lossy). */
export type WeightMode = "exact" | "fast";

/** Activations are rounded to 8 bits per block, as llama.cpp does: twice the speed of f32 products. */
const INT8_ACTIVATIONS = 4;
const OFFSET_BLOCK = 16;

export class LinearWriter {
  readonly #builder: GraphBuilder;
  readonly #reader: TensorReader;
  readonly #mode: WeightMode;
  /** Sums over blocks of an activation, by its name: shared by all products that read it. */
  readonly #blockSums = new Map<string, string>();

  constructor(builder: GraphBuilder, reader: TensorReader, mode: WeightMode) {
    this.#builder = builder;
    this.#reader = reader;
    this.#mode = mode;
  }

  /**
   * ```
   *   x ──────────── MatMulNBits (scale * (q - zp), + bias) ── Add ── y      [1, tokens, rows] f32
   *   └─ block sums ─ MatMulNBits (offsets, 8 bits) ───────────┘             only where blocks have offsets
   * ```
   * @param tensor Name in the model file without `.weight`; a bias of the same name is added if there is one.
   */
  async write(name: string, x: string, tensor: string): Promise<string> {
    const bias = this.#reader.has(`${tensor}.bias`)
      ? await this.#vector(`${name}.bias`, await this.#reader.readVector(`${tensor}.bias`))
      : "";
    const weight = await this.#reader.readWeight(`${tensor}.weight`);
    if (weight.kind === "plain") return this.#plain(name, x, weight, bias);
    const quantized = this.#mode === "fast" ? requantize4Bits(weight.weight) : weight.weight;
    return this.#quantized(name, x, quantized, { bias, share: `${tensor}.weight/${this.#mode}` });
  }

  async #quantized(
    name: string,
    x: string,
    weight: QuantizedWeight,
    { bias, share }: { bias: string; share: string },
  ): Promise<string> {
    const { rows, columns, bits, blockSize, offsets } = weight;
    const blockCount = Math.ceil(columns / blockSize);
    const quantShape = [rows, blockCount, (blockSize * bits) / 8];
    const quants = await this.#builder.weight(`${name}.quants`, weight.quants, quantShape, `${share}/quants`);
    const scales = await this.#builder.weight(`${name}.scales`, weight.scales, [rows, blockCount], `${share}/scales`);
    const zeroPoints = weight.zeroPoints
      ? await this.#builder.weight(`${name}.zero_points`, weight.zeroPoints, [rows, weight.zeroPoints.length / rows])
      : "";
    const product = this.#matMulNBits(offsets ? `${name}/scaled` : name, { rows, columns, bits, blockSize }, [
      x, quants, scales, zeroPoints, "", bias,
    ]);
    if (!offsets) return product;
    const offset = await this.#offsetProduct(name, x, weight);
    return this.#builder.node("Add", { name, inputs: [product, offset] });
  }

  /** sum over blocks of offset * (sum of x over the block) */
  async #offsetProduct(name: string, x: string, { rows, columns, blockSize, offsets }: QuantizedWeight): Promise<string> {
    const blockCount = columns / blockSize;
    const small = quantize8Bits(offsets as Float32Array, rows, blockCount, OFFSET_BLOCK);
    const paddedBlocks = Math.ceil(blockCount / OFFSET_BLOCK);
    const quants = await this.#builder.weight(`${name}.offset_quants`, small.quants, [rows, paddedBlocks, OFFSET_BLOCK]);
    const scales = await this.#builder.weight(`${name}.offset_scales`, small.scales, [rows, paddedBlocks]);
    const shape = { rows, columns: blockCount, bits: 8, blockSize: OFFSET_BLOCK };
    return this.#matMulNBits(`${name}/offset`, shape, [this.#sums(x, blockCount, blockSize), quants, scales]);
  }

  #matMulNBits(
    name: string,
    shape: { rows: number; columns: number; bits: number; blockSize: number },
    inputs: readonly string[],
  ): string {
    const last = inputs.findLastIndex((input) => input !== "");
    return this.#builder.node("MatMulNBits", {
      name,
      domain: MICROSOFT,
      inputs: inputs.slice(0, last + 1),
      attributes: {
        K: shape.columns,
        N: shape.rows,
        bits: shape.bits,
        block_size: shape.blockSize,
        accuracy_level: INT8_ACTIVATIONS,
      },
    });
  }

  /** [1, tokens, columns] f32 -> [1, tokens, columns / blockSize] f32 */
  #sums(x: string, blockCount: number, blockSize: number): string {
    const known = this.#blockSums.get(x);
    if (known) return known;
    const shape = this.#builder.integers([1, -1, blockCount, blockSize]);
    const blocks = this.#builder.node("Reshape", { name: `${x}/blocks`, inputs: [x, shape] });
    const sums = this.#builder.node("ReduceSum", {
      name: `${x}/block_sums`,
      inputs: [blocks, this.#builder.integers([-1])],
      attributes: { keepdims: 0 },
    });
    this.#blockSums.set(x, sums);
    return sums;
  }

  async #plain(name: string, x: string, weight: Weight & { kind: "plain" }, bias: string): Promise<string> {
    const { rows, columns, values } = weight;
    const transposed = new Float32Array(values.length);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) transposed[column * rows + row] = values[row * columns + column];
    }
    const matrix = await this.#builder.weight(`${name}.weight`, transposed, [columns, rows]);
    if (!bias) return this.#builder.node("MatMul", { name, inputs: [x, matrix] });
    const product = this.#builder.node("MatMul", { name: `${name}/product`, inputs: [x, matrix] });
    return this.#builder.node("Add", { name, inputs: [product, bias] });
  }

  #vector(name: string, values: Float32Array): Promise<string> {
    return this.#builder.weight(name, values, [values.length]);
  }
}
