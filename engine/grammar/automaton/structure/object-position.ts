// How far an object is written: which properties may come, and what it still needs.
import { WordList } from "../../lexeme/word-list.js";
import type { JsonStyle, KeyOrder, ObjectShape } from "../../shape.js";
import { freeCosts } from "./free-costs.js";
import { hasProperty, noProperties, withProperty } from "./property-set.js";

/** Immutable; positions that are alike are one object. */
export interface ObjectPosition {
  /** Whether a property was written. */
  readonly isStarted: boolean;
  readonly canClose: boolean;
  /** Whether a property of another name may come. */
  readonly canTakeFree: boolean;
  /** Whether a further name must differ from those written: else a repeated one would count twice. */
  readonly mustDiffer: boolean;
  /** Further names written so far, where that matters. */
  readonly names: readonly string[];
  /** Bytes of the shortest way from here to after the closing brace. */
  readonly bytes: number;
  /** Only properties from the first to the last of these may be allowed. */
  readonly firstProperty: number;
  readonly lastProperty: number;
  allows(property: number): boolean;
  take(property: number): ObjectPosition;
  /** `take(property).bytes` of a property that is allowed, without making the position: each property's is looked at where one is written. */
  bytesAfter(property: number): number;
  takeFree(name?: string): ObjectPosition;
}

/** Properties of other names written so far, kept while a repeated one would count twice. */
interface FurtherNames {
  readonly count: number;
  /** Those that are known. */
  readonly names: readonly string[];
}

const NO_NAMES: FurtherNames = { count: 0, names: [] };

function withName({ count, names }: FurtherNames, name: string | undefined): FurtherNames {
  return { count: count + 1, names: name === undefined ? names : [...names, name] };
}

function keyOf({ count, names }: FurtherNames): string {
  return count === 0 ? "" : `${count}${JSON.stringify(names.toSorted())}`;
}

/** What is computed once for an object: its names in byte order, and what each property costs. */
export class ObjectPlan {
  /** Each property's name with quotes and colon, sorted. */
  readonly keys: WordList;
  /** The property of each of `keys`. */
  readonly propertyOfKey: readonly number[];
  readonly keyOfProperty: Int32Array;
  /** Bytes of each property's shortest form, with the comma before it. */
  readonly costs: Float64Array;
  /** Bytes of the shortest properties of other names, see `freeCosts`: as many as can be needed, or one to show that there are. */
  readonly freeCosts: readonly number[];
  readonly commaBytes: number;
  readonly start: ObjectPosition;

  constructor(
    readonly shape: ObjectShape,
    style: JsonStyle,
    order: KeyOrder,
  ) {
    const texts = shape.properties.map(({ key }) => `${JSON.stringify(key)}${style.colon}`);
    const indices = new Map(texts.map((text, index) => [text, index]));
    const decoder = new TextDecoder();
    this.keys = new WordList(texts);
    this.propertyOfKey = this.keys.words.map((word) => indices.get(decoder.decode(word))!);
    this.keyOfProperty = new Int32Array(texts.length);
    this.propertyOfKey.forEach((property, key) => (this.keyOfProperty[property] = key));
    this.commaBytes = style.comma.length;
    this.costs = Float64Array.from(shape.properties, ({ value }, i) => Buffer.byteLength(texts[i]) + value.minimumBytes + this.commaBytes);
    this.freeCosts = freeCosts(shape.free, style, Math.max(1, shape.minProperties));
    this.start = order === "any" ? AnyOrder.start(this) : SchemaOrder.start(this);
  }

  /** Above this many properties no count matters. */
  get countCap(): number {
    const { minProperties, maxProperties } = this.shape;
    return Math.max(1, minProperties, maxProperties === Infinity ? 0 : maxProperties);
  }
}

/** Properties in the schema's order, further ones after them. */
class SchemaOrder implements ObjectPosition {
  private constructor(
    private readonly table: SchemaOrderTable,
    /** Properties before this one are done with. */
    private readonly index: number,
    private readonly count: number,
    private readonly further: FurtherNames,
  ) {}

  static start(plan: ObjectPlan): SchemaOrder {
    const table = new SchemaOrderTable(plan, (index, count, further) => new SchemaOrder(table, index, count, further));
    return table.at(0, 0, NO_NAMES);
  }

  get names(): readonly string[] {
    return this.further.names;
  }

  get isStarted(): boolean {
    return this.count > 0;
  }

  get canClose(): boolean {
    const { plan, nextRequired } = this.table;
    return this.count >= plan.shape.minProperties && nextRequired[this.index] === plan.costs.length;
  }

  get canTakeFree(): boolean {
    const { plan, nextRequired } = this.table;
    if (nextRequired[this.index] < plan.costs.length || this.count >= plan.shape.maxProperties || plan.freeCosts.length === 0) return false;
    return this.takeFree().bytes < Infinity;
  }

  get mustDiffer(): boolean {
    return this.count < this.table.plan.shape.minProperties;
  }

  get firstProperty(): number {
    return this.index;
  }

  get lastProperty(): number {
    return Math.min(this.table.nextRequired[this.index], this.table.plan.costs.length - 1);
  }

  get bytes(): number {
    const { further, count } = this;
    const bytes = further.count > 0 ? this.table.neededFree(further.count, count) : this.table.needed(this.index, count);
    return 1 + (bytes === 0 || this.isStarted ? bytes : bytes - this.table.plan.commaBytes);
  }

  allows(property: number): boolean {
    const { nextRequired, plan } = this.table;
    if (property < this.index || property > nextRequired[this.index]) return false;
    return this.count < plan.shape.maxProperties && plan.costs[property] + this.table.needed(property + 1, this.count + 1) < Infinity;
  }

  take(property: number): ObjectPosition {
    return this.table.at(property + 1, this.count + 1, NO_NAMES);
  }

  bytesAfter(property: number): number {
    return 1 + this.table.needed(property + 1, this.count + 1);
  }

  takeFree(name?: string): ObjectPosition {
    return this.table.at(this.table.plan.costs.length, this.count + 1, withName(this.further, name));
  }
}

/** Positions made so far and, for each, the bytes of the properties still needed. */
class SchemaOrderTable {
  readonly nextRequired: Int32Array;
  readonly #cap: number;
  /** By index and count; NaN where not computed. Without bounds on the count, all counts are alike. */
  readonly #needed: Float64Array;
  readonly #countsApart: number;
  readonly #positions = new Map<string, SchemaOrder>();

  constructor(
    readonly plan: ObjectPlan,
    private readonly create: (index: number, count: number, further: FurtherNames) => SchemaOrder,
  ) {
    const { properties, minProperties, maxProperties } = plan.shape;
    this.#cap = plan.countCap;
    this.#countsApart = minProperties === 0 && maxProperties === Infinity ? 1 : this.#cap + 1;
    this.nextRequired = new Int32Array(properties.length + 1).fill(properties.length);
    for (let i = properties.length - 1; i >= 0; i--) this.nextRequired[i] = properties[i].isRequired ? i : this.nextRequired[i + 1];
    this.#needed = this.#computeNeeded();
  }

  at(index: number, count: number, further: FurtherNames): SchemaOrder {
    const capped = Math.min(count, this.#cap);
    const kept = capped < this.plan.shape.minProperties ? further : NO_NAMES;
    const key = `${index},${capped},${keyOf(kept)}`;
    let position = this.#positions.get(key);
    if (!position) this.#positions.set(key, (position = this.create(index, capped, kept)));
    return position;
  }

  needed(index: number, count: number): number {
    return this.#needed[index * this.#countsApart + Math.min(count, this.#countsApart - 1)];
  }

  /** Where some further properties were written, and only such can come. */
  neededFree(written: number, count: number): number {
    const missing = this.plan.shape.minProperties - count;
    return sumOf(this.plan.freeCosts.slice(written), missing);
  }

  #computeNeeded(): Float64Array {
    const { shape, costs, freeCosts: further } = this.plan;
    const counts = this.#countsApart;
    const needed = new Float64Array((costs.length + 1) * counts);
    const last = costs.length * counts;
    for (let count = 0; count < counts; count++) needed[last + count] = sumOf(further, shape.minProperties - count);
    for (let i = costs.length - 1; i >= 0; i--) {
      for (let count = 0; count < counts; count++) {
        const isFull = count >= shape.maxProperties;
        const taken = isFull ? Infinity : costs[i] + needed[(i + 1) * counts + Math.min(count + 1, counts - 1)];
        needed[i * counts + count] = shape.properties[i].isRequired ? taken : Math.min(taken, needed[(i + 1) * counts + count]);
      }
    }
    return needed;
  }
}

/** What a position of any order has behind it. */
interface Written {
  /** The named properties written, see `property-set.ts`. */
  readonly seen: string;
  readonly count: number;
  /** Required properties not written yet, and their costs together. */
  readonly missing: number;
  readonly missingBytes: number;
  readonly further: FurtherNames;
}

/** Properties in any order, further ones between them. */
class AnyOrder implements ObjectPosition {
  readonly bytes: number;
  /** Properties needed beyond those required. */
  readonly #extra: Extra;

  private constructor(
    private readonly table: AnyOrderTable,
    private readonly written: Written,
  ) {
    this.#extra = table.extra(written);
    const bytes = written.missingBytes + this.#extra.bytes;
    this.bytes = 1 + (bytes === 0 || this.isStarted ? bytes : bytes - table.plan.commaBytes);
  }

  static start(plan: ObjectPlan): AnyOrder {
    const table = new AnyOrderTable(plan, (written) => new AnyOrder(table, written));
    return table.start();
  }

  get names(): readonly string[] {
    return this.written.further.names;
  }

  get isStarted(): boolean {
    return this.written.count > 0;
  }

  get canClose(): boolean {
    return this.written.count >= this.table.plan.shape.minProperties && this.written.missing === 0;
  }

  get canTakeFree(): boolean {
    const { plan } = this.table;
    const { count, missing } = this.written;
    return plan.freeCosts.length > 0 && count + missing < plan.shape.maxProperties && this.takeFree().bytes < Infinity;
  }

  get mustDiffer(): boolean {
    return this.written.count < this.table.plan.shape.minProperties;
  }

  get firstProperty(): number {
    return 0;
  }

  get lastProperty(): number {
    return this.table.plan.costs.length - 1;
  }

  allows(property: number): boolean {
    const { shape, costs } = this.table.plan;
    const { seen, count, missing } = this.written;
    if (costs[property] === Infinity || hasProperty(seen, property)) return false;
    const others = missing - (shape.properties[property].isRequired ? 1 : 0);
    return count + 1 + others <= shape.maxProperties;
  }

  take(property: number): ObjectPosition {
    const { shape, costs } = this.table.plan;
    const { seen, count, missing, missingBytes, further } = this.written;
    const { isRequired } = shape.properties[property];
    return this.table.at({
      seen: withProperty(seen, property),
      count: count + 1,
      missing: missing - (isRequired ? 1 : 0),
      missingBytes: missingBytes - (isRequired ? costs[property] : 0),
      further,
    });
  }

  bytesAfter(property: number): number {
    const { shape, costs } = this.table.plan;
    const { bytes, dearest } = this.#extra;
    // One property fewer is needed: this one if it was among them, else the dearest of them.
    const spared = shape.properties[property].isRequired ? costs[property] : Math.min(costs[property], dearest);
    return 1 + this.written.missingBytes + bytes - spared;
  }

  takeFree(name?: string): ObjectPosition {
    const { written } = this;
    return this.table.at({ ...written, count: written.count + 1, further: withName(written.further, name) });
  }
}

/** The cheapest properties that bring an object to its least count; Infinity where they are too few. */
interface Extra {
  bytes: number;
  /** Bytes of the dearest of them, 0 where none is needed. */
  dearest: number;
}

const NO_EXTRA: Extra = { bytes: 0, dearest: 0 };

class AnyOrderTable {
  /** Optional properties, the shortest first. */
  readonly #byCost: readonly number[];
  readonly #countCap: number;
  readonly #positions = new Map<string, AnyOrder>();

  constructor(
    readonly plan: ObjectPlan,
    private readonly create: (written: Written) => AnyOrder,
  ) {
    const { costs, shape } = plan;
    this.#byCost = [...costs.keys()].filter((i) => !shape.properties[i].isRequired).toSorted((a, b) => costs[a] - costs[b]);
    this.#countCap = Math.max(plan.countCap, costs.length);
  }

  start(): AnyOrder {
    const { costs, shape } = this.plan;
    const required = [...costs].filter((_, i) => shape.properties[i].isRequired);
    const missingBytes = required.reduce((sum, cost) => sum + cost, 0);
    return this.at({ seen: noProperties(costs.length), count: 0, missing: required.length, missingBytes, further: NO_NAMES });
  }

  at(written: Written): AnyOrder {
    const count = Math.min(written.count, this.#countCap);
    const further = count < this.plan.shape.minProperties ? written.further : NO_NAMES;
    const key = `${written.seen};${count};${keyOf(further)}`;
    let position = this.#positions.get(key);
    if (!position) this.#positions.set(key, (position = this.create({ ...written, count, further })));
    return position;
  }

  extra({ seen, count, missing, further }: Written): Extra {
    const { costs, freeCosts: free, shape } = this.plan;
    const needed = shape.minProperties - count - missing;
    if (needed <= 0) return NO_EXTRA;
    const optional = this.#byCost.filter((property) => !hasProperty(seen, property)).map((property) => costs[property]);
    const others = free.slice(further.count);
    const bytes = cheapestSum(optional, others, needed);
    return { bytes, dearest: bytes === Infinity ? Infinity : bytes - cheapestSum(optional, others, needed - 1) };
  }
}

/** The least sum of `count` costs from two ascending lists; Infinity where they are too few. */
export function cheapestSum(a: readonly number[], b: readonly number[], count: number): number {
  let sum = 0;
  for (let i = 0, j = 0; i + j < count; ) {
    const next = Math.min(a[i] ?? Infinity, b[j] ?? Infinity);
    sum += next;
    if (a[i] === next) i++;
    else if (b[j] === next) j++;
    else return Infinity;
  }
  return sum;
}

/** The sum of the first `count` costs; Infinity where they are too few. */
function sumOf(costs: readonly number[], count: number): number {
  return cheapestSum(costs, [], count);
}
