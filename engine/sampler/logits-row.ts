// What the model says of one next token, and what follows from it whoever asks: samples of one row share a `LogitsRow`.
import { logSumExp } from "./log-probabilities.js";

/** Valid as long as `values` are, which the next pass may overwrite; each memory is filled when first asked. */
export class LogitsRow {
  #best = -1;
  #logSumExp: number | undefined;
  #above: { floor: number; ids: readonly number[] } | undefined;

  /** @param values [vocabulary] f32 */
  constructor(readonly values: Float32Array) {}

  /** A row that the next pass leaves alone. */
  keep(): LogitsRow {
    return new LogitsRow(this.values.slice());
  }

  /** The likeliest token, the first of equals. */
  get best(): number {
    if (this.#best < 0) this.#best = indexOfLargest(this.values);
    return this.#best;
  }

  /** log(sum(exp(values))) */
  get logSumExp(): number {
    return (this.#logSumExp ??= logSumExp(this.values, this.values[this.best]));
  }

  /** Natural logarithm of the model's own probability of a token. */
  logProbability(id: number): number {
    return this.values[id] - this.logSumExp;
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

function indexOfLargest(values: Float32Array): number {
  let best = 0;
  let largest = values[0];
  for (let id = 1; id < values.length; id++) {
    const value = values[id];
    if (value > largest) {
      largest = value;
      best = id;
    }
  }
  return best;
}
