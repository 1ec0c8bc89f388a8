// What the model says of one next token, and what follows from it whoever asks: samples of one row share a `LogitsRow`.
import { type RowSummary, summarise } from "./row-summary.js";

/** Valid as long as `values` are, which the next pass may overwrite; each memory is filled when first asked. */
export class LogitsRow {
  #summary: RowSummary | undefined;
  #kept: LogitsRow | undefined;
  #above: { floor: number; ids: readonly number[] } | undefined;

  /** @param values [vocabulary] f32 */
  constructor(readonly values: Float32Array) {}

  /** A row that the next pass leaves alone: one for all who ask. */
  keep(): LogitsRow {
    return (this.#kept ??= new LogitsRow(this.values.slice()));
  }

  /** The likeliest token, the first of equals. */
  get best(): number {
    return (this.#summary ??= summarise(this.values)).best;
  }

  /** log(sum(exp(values))) */
  get logSumExp(): number {
    return (this.#summary ??= summarise(this.values)).logSumExp;
  }

  /** Natural logarithm of the model's own probability of a token. */
  logProbability(id: number): number {
    return Math.min(0, this.values[id] - this.logSumExp);
  }

  /** The tokens whose values reach `floor`, in order of their ids. */
  idsFrom(floor: number): readonly number[] {
    const known = this.#above;
    if (known?.floor === floor) return known.ids;
    const { values } = this;
    if (known && known.floor < floor) return known.ids.filter((id) => values[id] >= floor);
    const ids: number[] = [];
    for (let id = 0; id < values.length; id++) if (values[id] >= floor) ids.push(id);
    this.#above = { floor, ids };
    return ids;
  }
}
