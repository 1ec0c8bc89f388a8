// How far an array is written: whether it may close, which items may come, and what it still needs.
import type { ArrayShape, ItemShape, JsonStyle } from "../../shape.js";
import { itemShape } from "../../shape.js";
import type { UniqueItems } from "./unique-items.js";
import { UsedItems } from "./used-items.js";

/** Immutable; positions that are alike are one object. */
export interface ArrayPosition {
  readonly count: number;
  /** Counted items so far (`contains`), no higher than matters. */
  readonly hits: number;
  /** The items so far where they must differ. */
  readonly used: UsedItems;
  readonly canClose: boolean;
  /** Bytes of the shortest way from here to after the closing bracket. */
  readonly bytes: number;
}

export class ArrayPlan {
  readonly start: ArrayPosition;
  readonly #commaBytes: number;
  /** All counts from here on are alike, if there is no upper bound. */
  readonly #countCap: number;
  readonly #hitsCap: number;
  readonly #minHits: number;
  readonly #maxHits: number;
  /** Bytes of the items still needed at each index of the prefix and number of hits, each with its comma. */
  readonly #needed = new Map<number, number>();
  readonly #positions = new Map<UsedItems, Map<number, ArrayPosition>>();
  readonly #unused = new UsedItems();
  #uniqueCosts: readonly number[] | undefined;

  /** @param unique where items must differ */
  constructor(
    readonly shape: ArrayShape,
    style: JsonStyle,
    readonly unique: UniqueItems | undefined,
  ) {
    this.#commaBytes = style.comma.length;
    this.#countCap = shape.maxItems === Infinity ? Math.max(shape.minItems, shape.prefix.length, 1) : Infinity;
    this.#minHits = shape.contains?.min ?? 0;
    this.#maxHits = shape.contains?.max ?? Infinity;
    this.#hitsCap = this.#maxHits === Infinity ? this.#minHits : this.#maxHits;
    this.start = this.#at(0, 0, this.#unused);
  }

  item(position: ArrayPosition): ItemShape {
    return itemShape(this.shape, position.count);
  }

  /** Whether an item may come that does not count, or that counts. */
  canTake(position: ArrayPosition, isCounted: boolean): boolean {
    const { count, hits } = position;
    const item = this.item(position);
    const shape = isCounted ? item.counted : item.value;
    if (!shape || shape.minimumBytes === Infinity || count >= this.shape.maxItems) return false;
    const after = isCounted ? hits + 1 : hits;
    return after <= this.#maxHits && this.#neededAt(count + 1, Math.min(after, this.#hitsCap)) < Infinity;
  }

  /** @param text of the item, where items must differ */
  take(position: ArrayPosition, isCounted: boolean, text?: string): ArrayPosition {
    return this.#at(position.count + 1, position.hits + (isCounted ? 1 : 0), text === undefined ? this.#unused : position.used.with(text));
  }

  #at(count: number, hits: number, used: UsedItems): ArrayPosition {
    const at = Math.min(count, this.#countCap);
    const cappedHits = Math.min(hits, this.#hitsCap);
    let positions = this.#positions.get(used);
    if (!positions) this.#positions.set(used, (positions = new Map()));
    const key = at * (this.#hitsCap + 1) + cappedHits;
    let position = positions.get(key);
    if (!position) positions.set(key, (position = this.#create(at, cappedHits, used)));
    return position;
  }

  #create(count: number, hits: number, used: UsedItems): ArrayPosition {
    const bytes = this.unique ? this.#neededUnique(count) : this.#neededAt(count, hits);
    const first = count === 0 && bytes > 0 ? this.#commaBytes : 0;
    return { count, hits, used, canClose: count >= this.shape.minItems && hits >= this.#minHits, bytes: 1 + bytes - first };
  }

  /** Items that must differ are all of one shape, and none is counted. */
  #neededUnique(count: number): number {
    const { minItems, rest } = this.shape;
    const missing = Math.max(0, minItems - count);
    this.#uniqueCosts ??= this.unique!.costs(rest.value, minItems);
    const costs = this.#uniqueCosts.slice(count, minItems);
    return costs.length < missing ? Infinity : costs.reduce((sum, cost) => sum + cost + this.#commaBytes, 0);
  }

  #neededAt(index: number, hits: number): number {
    if (index >= this.shape.prefix.length) return this.#neededOfRest(index, hits);
    const key = index * (this.#hitsCap + 1) + hits;
    const known = this.#needed.get(key);
    if (known !== undefined) return known;
    // From the end on, so that no prefix is too long for the call stack.
    for (let i = this.shape.prefix.length - 1; i >= index; i--) {
      for (let h = 0; h <= this.#hitsCap; h++) this.#needed.set(i * (this.#hitsCap + 1) + h, this.#neededOfPrefix(i, h));
    }
    return this.#needed.get(key)!;
  }

  #neededOfPrefix(index: number, hits: number): number {
    if (index >= this.shape.minItems && hits >= this.#minHits) return 0;
    if (index >= this.shape.maxItems) return Infinity;
    const { value, counted } = this.shape.prefix[index];
    const after = (h: number) => (index + 1 >= this.shape.prefix.length ? this.#neededOfRest(index + 1, h) : this.#needed.get((index + 1) * (this.#hitsCap + 1) + h)!);
    const plain = value.minimumBytes + after(hits);
    const hit = counted && hits < this.#maxHits ? counted.minimumBytes + after(Math.min(hits + 1, this.#hitsCap)) : Infinity;
    return this.#commaBytes + Math.min(plain, hit);
  }

  #neededOfRest(index: number, hits: number): number {
    const { rest, minItems, maxItems } = this.shape;
    const missingHits = Math.max(0, this.#minHits - hits);
    const items = Math.max(minItems - index, missingHits, 0);
    if (items === 0) return 0;
    if (index + items > maxItems) return Infinity;
    const counted = rest.counted?.minimumBytes ?? Infinity;
    const others = items - missingHits;
    const plain = (missingHits > 0 ? missingHits * counted : 0) + (others > 0 ? others * rest.value.minimumBytes : 0);
    const all = hits + items <= this.#maxHits ? items * counted : Infinity;
    return items * this.#commaBytes + Math.min(plain, all);
  }
}
