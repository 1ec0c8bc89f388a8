// A matrix product of the graph, in the form its weight's blocks ask for.
import { MICROSOFT, type GraphBuilder } from "./graph-builder.js";
import type { ProductForm, QuantizedShape, WeightMap } from "./weights/weight-map.js";

/** Activations are rounded to 8 bits per block, as llama.cpp does: twice the speed of f32 products. */
const INT8_ACTIVATIONS = 4;

export class LinearWriter {
  readonly #builder: GraphBuilder;
  readonly #forms: WeightMap["linears"];
  /** Sums over blocks of an activation, by its name: shared by all products that read it. */
  readonly #blockSums = new Map<string, string>();

  constructor(builder: GraphBuilder, forms: WeightMap["linears"]) {
    this.#builder = builder;
    this.#forms = forms;
  }

  /**
   * ```
   *   x ──────────── MatMulNBits (scale * (q - zp), + bias) ── Add ── y      [1, tokens, rows] f32
   *   └─ block sums ─ MatMulNBits (offsets, 8 bits) ───────────┘             only where blocks have offsets
   * ```
   * @param tensor Name in the weight map; a bias that belongs to it is added.
   */
  write(name: string, x: string, tensor: string): string {
    const form = this.#forms[tensor];
    if (form.kind !== "parts") return this.#product(name, x, form);
    const inputs = form.parts.map((part, index) => this.#product(`${name}/parts.${index}`, x, part));
    return this.#builder.node("Concat", { name, inputs, attributes: { axis: -1 } });
  }

  #product(name: string, x: string, form: ProductForm): string {
    const bias = form.bias ? this.#builder.weight(form.bias) : "";
    return form.kind === "plain" ? this.#plain(name, x, form.values, bias) : this.#quantized(name, x, form, bias);
  }

  #quantized(name: string, x: string, form: ProductForm & { kind: "quantized" }, bias: string): string {
    const { offsets, zeroPoints } = form;
    const product = this.#matMulNBits(offsets ? `${name}/scaled` : name, form, [
      x, this.#builder.weight(form.quants), this.#builder.weight(form.scales),
      zeroPoints ? this.#builder.weight(zeroPoints) : "", "", bias,
    ]);
    if (!offsets) return product;
    // sum over blocks of offset * (sum of x over the block)
    const sums = this.#sums(x, offsets.columns, form.blockSize);
    const inputs = [sums, this.#builder.weight(offsets.quants), this.#builder.weight(offsets.scales)];
    const offset = this.#matMulNBits(`${name}/offset`, offsets, inputs);
    return this.#builder.node("Add", { name, inputs: [product, offset] });
  }

  #matMulNBits(name: string, { rows, columns, bits, blockSize }: QuantizedShape, inputs: readonly string[]): string {
    const last = inputs.findLastIndex((input) => input !== "");
    return this.#builder.node("MatMulNBits", {
      name,
      domain: MICROSOFT,
      inputs: inputs.slice(0, last + 1),
      attributes: { K: columns, N: rows, bits, block_size: blockSize, accuracy_level: INT8_ACTIVATIONS },
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

  #plain(name: string, x: string, values: string, bias: string): string {
    const matrix = this.#builder.weight(values);
    if (!bias) return this.#builder.node("MatMul", { name, inputs: [x, matrix] });
    const product = this.#builder.node("MatMul", { name: `${name}/product`, inputs: [x, matrix] });
    return this.#builder.node("Add", { name, inputs: [product, bias] });
  }
}
