// A matrix product of the graph, in the form its weight's blocks ask for.
import { MICROSOFT, type GraphBuilder } from "./graph-builder.js";
import { sumColumns, type BlockSums } from "./blocks/append-offsets.js";
import type { ProductForm, WeightMap } from "./weights/weight-map.js";

/**
 * How activations are taken: `int8` rounds them to 8 bits per block, as llama.cpp does, which on the CPU is twice the speed of
 * f32 products. Devices round in blocks of their own, so large that what is small beside its neighbours is lost.
 */
export type Activations = "int8" | "f32";

const ACCURACY_LEVELS = { int8: 4, f32: 0 } as const;

export class LinearWriter {
  readonly #builder: GraphBuilder;
  readonly #forms: WeightMap["linears"];
  readonly #activations: Activations;
  /** Activations followed by the sums of their blocks, by name and form: shared by all products that read them. */
  readonly #extended = new Map<string, string>();

  constructor(builder: GraphBuilder, forms: WeightMap["linears"], activations: Activations) {
    this.#builder = builder;
    this.#forms = forms;
    this.#activations = activations;
  }

  /**
   * ```
   *   x ─┬──────────────── Concat ── MatMulNBits (scale * (q - zp), + bias) ── y      [1, rows of x, rows] f32
   *      └─ block sums ────┘             only where blocks have offsets
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
    const { rows, columns, bits, blockSize, zeroPoints } = form;
    const inputs = [
      form.sums ? this.#extend(x, form.sums, blockSize) : x, this.#builder.weight(form.quants), this.#builder.weight(form.scales),
      zeroPoints ? this.#builder.weight(zeroPoints) : "", "", bias,
    ];
    const last = inputs.findLastIndex((input) => input !== "");
    return this.#builder.node("MatMulNBits", {
      name,
      domain: MICROSOFT,
      inputs: inputs.slice(0, last + 1),
      attributes: { K: columns, N: rows, bits, block_size: blockSize, accuracy_level: ACCURACY_LEVELS[this.#activations] },
    });
  }

  /**
   * ```
   *   x ─┬────────────────────────────────┬─ Concat   [1, rows, columns + copies * padded sums] f32
   *      └─ Reshape ── ReduceSum ── Pad ──┘ (once or twice)
   * ```
   * A product of its own over the sums, and adding it, would take another 14 % of a prefill (1.5B Q4_K_M).
   */
  #extend(x: string, { columns, copies }: BlockSums, blockSize: number): string {
    const name = `${x}/with_sums.${blockSize}.${copies}`;
    const known = this.#extended.get(name);
    if (known) return known;
    const count = columns / blockSize;
    const blocks = this.#builder.node("Reshape", { name: `${name}/blocks`, inputs: [x, this.#builder.integers([1, -1, count, blockSize])] });
    const sums = this.#builder.node("ReduceSum", {
      name: `${name}/sums`,
      inputs: [blocks, this.#builder.integers([-1])],
      attributes: { keepdims: 0 },
    });
    const padding = this.#builder.integers([0, 0, 0, 0, 0, sumColumns(columns, blockSize) - count]);
    const padded = this.#builder.node("Pad", { name: `${name}/padded`, inputs: [sums, padding] });
    const extended = this.#builder.node("Concat", { name, inputs: [x, ...Array.from({ length: copies }, () => padded)], attributes: { axis: -1 } });
    this.#extended.set(name, extended);
    return extended;
  }

  #plain(name: string, x: string, values: string, bias: string): string {
    const matrix = this.#builder.weight(values);
    if (!bias) return this.#builder.node("MatMul", { name, inputs: [x, matrix] });
    const product = this.#builder.node("MatMul", { name: `${name}/product`, inputs: [x, matrix] });
    return this.#builder.node("Add", { name, inputs: [product, bias] });
  }
}
