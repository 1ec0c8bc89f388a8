// The rest of a property's name, chosen among those that may come; its value follows.
import { Node, type NodeMaker } from "./node.js";
import type { ObjectPlan, ObjectPosition } from "../structure/object-position.js";

/** What an object's nodes share. */
export interface ObjectFrame {
  readonly plan: ObjectPlan;
  readonly position: ObjectPosition;
  /** The object from a later position on. */
  readonly after: (position: ObjectPosition) => Node;
  /** The rank of what follows the object. */
  readonly distanceAfter: number;
}

/** The rest of one of the names `[low, high)`, in byte order, that the position allows; `written` bytes of it were written. */
export class KeyNode extends Node {
  readonly distance: number;

  constructor(
    id: number,
    private readonly maker: NodeMaker,
    private readonly frame: ObjectFrame,
    readonly low: number,
    readonly high: number,
    readonly written: number,
  ) {
    super(id);
    this.distance = this.#shortest();
  }

  step(byte: number): Node | undefined {
    const { plan, position, after } = this.frame;
    const [low, high] = plan.keys.narrow(this.low, this.high, this.written, byte);
    const first = this.#firstAllowed(low, high);
    if (first < 0) return undefined;
    const written = this.written + 1;
    // Names end with a quote that stands nowhere else unescaped, so none is the beginning of another.
    if (plan.keys.words[first].length > written) return keyNode(this.maker, this.frame, [low, high, written]);
    const property = plan.propertyOfKey[first];
    return this.maker.value(plan.shape.properties[property].value, after(position.take(property)));
  }

  firstBytes(): readonly number[] {
    return this.frame.plan.keys.bytesAt(this.low, this.high, this.written);
  }

  /** The first of the names `[low, high)` that may come, or -1. */
  #firstAllowed(low: number, high: number): number {
    for (const property of allowedProperties(this.frame, low, high)) return this.frame.plan.keyOfProperty[property];
    return -1;
  }

  #shortest(): number {
    const { plan, position, distanceAfter } = this.frame;
    let shortest = Infinity;
    for (const property of allowedProperties(this.frame, this.low, this.high)) {
      const own = plan.costs[property] - plan.commaBytes - this.written;
      if (own < shortest) shortest = Math.min(shortest, own + position.bytesAfter(property) + distanceAfter);
    }
    return shortest;
  }
}

/** The properties that may come and whose names are among `[low, high)`; looks at the fewer of both. */
export function* allowedProperties({ plan, position }: Pick<ObjectFrame, "plan" | "position">, low: number, high: number): Iterable<number> {
  const { firstProperty, lastProperty } = position;
  if (lastProperty - firstProperty < high - low) {
    for (let property = firstProperty; property <= lastProperty; property++) {
      const key = plan.keyOfProperty[property];
      if (key >= low && key < high && position.allows(property)) yield property;
    }
    return;
  }
  for (let key = low; key < high; key++) if (position.allows(plan.propertyOfKey[key])) yield plan.propertyOfKey[key];
}

/** @param place low, high, written */
export function keyNode(maker: NodeMaker, frame: ObjectFrame, place: readonly [number, number, number]): Node {
  const [low, high, written] = place;
  const { keys } = frame.plan;
  const index = (low * (keys.words.length + 1) + high) * (keys.longest + 1) + written;
  return maker.intern(frame.after(frame.position), frame, index, (id) => new KeyNode(id, maker, frame, low, high, written));
}
