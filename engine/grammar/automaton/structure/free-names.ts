// Further properties whose names must differ: what the shortest of them cost.
import type { FreeProperties, JsonStyle } from "../../shape.js";
import { type UniqueItems, wayText } from "./unique-items.js";

export class FreeNames {
  constructor(
    private readonly free: readonly FreeProperties[],
    private readonly style: JsonStyle,
    private readonly unique: UniqueItems,
  ) {}

  /** Bytes of each of `count` further properties, comma included, where `names` are written; fewer where there are no more. */
  costs(names: readonly string[], count: number): number[] {
    const taken = [...names];
    const costs: number[] = [];
    while (costs.length < count) {
      const next = this.#cheapest(taken);
      if (!next) break;
      costs.push(next.bytes);
      // The last one's name matters to none.
      if (costs.length < count) taken.push(next.name());
    }
    return costs;
  }

  #cheapest(names: readonly string[]): { bytes: number; name: () => string } | undefined {
    const joints = 2 + this.style.colon.length + this.style.comma.length;
    let best: { bytes: number; name: () => string } | undefined;
    for (const { key, value } of this.free) {
      const lexeme = names.length === 0 ? key : this.unique.exceptBodies(key, names);
      const bytes = lexeme.distance(lexeme.start) + value.minimumBytes + joints;
      const name = () => Buffer.from(wayText(lexeme, lexeme.start), "latin1").toString();
      if (bytes < (best?.bytes ?? Infinity)) best = { bytes, name };
    }
    return best;
  }
}
