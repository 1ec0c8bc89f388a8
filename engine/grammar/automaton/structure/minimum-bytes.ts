// How short values can be, and so which parts of a schema no finite text can fill.
import { type ArrayShape, childrenOf, type JsonStyle, type ObjectShape, type PropertyShape, type Shape } from "../../shape.js";
import { VerbatimLexeme } from "../../verbatim/verbatim-lexeme.js";
import { ArrayPlan } from "./array-position.js";
import { freeCosts } from "./free-costs.js";
import { cheapestSum } from "./object-position.js";
import { UniqueItems } from "./unique-items.js";

/** What no text can fill, though it must be filled. */
export interface ImpossiblePlace {
  /** JSON pointer into the value. */
  path: string;
  /** Where it is a copy: the name of the source, which has nothing that fits. */
  source: string | undefined;
}

/**
 * Sets `minimumBytes` of `root` and all it holds, and takes out what no finite text can fill: union
 * members, optional properties, further items.
 *
 * @returns where a part cannot be filled that must be; undefined where there are texts
 */
export function settleMinimumBytes(root: Shape, style: JsonStyle): ImpossiblePlace | undefined {
  const shapes = collect(root);
  const unique = new UniqueItems();
  // The least fixed point; children stand before their parents, so few rounds are needed.
  for (let isChanged = true; isChanged; ) {
    isChanged = false;
    for (const shape of shapes) {
      const bytes = minimumOf(shape, style, unique);
      if (bytes < shape.minimumBytes) isChanged = true;
      shape.minimumBytes = bytes;
    }
  }
  if (root.minimumBytes === Infinity) return impossiblePlace(root);
  for (const shape of shapes) prune(shape);
  return undefined;
}

/** The deepest part that makes `root` impossible; of several, the first. */
function impossiblePlace(root: Shape): ImpossiblePlace {
  const seen = new Set<Shape>();
  let path = "";
  let at = root;
  for (let part: { step: string; shape: Shape } | undefined = { step: "", shape: root }; part && !seen.has(part.shape); part = impossiblePart(at)) {
    seen.add(part.shape);
    path += part.step;
    at = part.shape;
  }
  return { path, source: at.kind === "lexeme" && at.lexeme instanceof VerbatimLexeme ? at.lexeme.source : undefined };
}

function impossiblePart(shape: Shape): { step: string; shape: Shape } | undefined {
  switch (shape.kind) {
    case "union":
      return shape.members.length === 1 ? { step: "", shape: shape.members[0] } : undefined;
    case "object": {
      const property = shape.properties.find(({ isRequired, value }) => isRequired && !isPossible(value));
      return property && { step: `/${property.key.replaceAll("~", "~0").replaceAll("/", "~1")}`, shape: property.value };
    }
    case "array": {
      const items = [...shape.prefix, shape.rest];
      const index = items.findIndex(({ value, counted }) => !isPossible(value) && !isPossible(counted));
      return index >= 0 && index < shape.minItems ? { step: `/${index}`, shape: items[index].value } : undefined;
    }
    default:
      return undefined;
  }
}

function isPossible(shape: Shape | undefined): boolean {
  return shape !== undefined && shape.minimumBytes < Infinity;
}

function prune(shape: Shape): void {
  if (shape.kind === "union") shape.members = shape.members.filter(isPossible);
  if (shape.kind === "object") {
    shape.properties = shape.properties.filter((property) => property.isRequired || isPossible(property.value));
    shape.free = shape.free.filter(({ key, value }) => isPossible(value) && key.distance(key.start) < Infinity);
  }
  if (shape.kind === "array") {
    const end = [...shape.prefix, shape.rest].findIndex(({ value, counted }) => !isPossible(value) && !isPossible(counted));
    if (end >= 0) shape.maxItems = Math.min(shape.maxItems, end);
  }
}

function minimumOf(shape: Shape, style: JsonStyle, unique: UniqueItems): number {
  switch (shape.kind) {
    case "words":
      return shape.words.shortest(0, shape.words.words.length);
    case "lexeme":
      return shape.lexeme.distance(shape.lexeme.start) + (shape.isQuoted ? 2 : 0);
    case "union":
      return shape.members.reduce((least, member) => Math.min(least, member.minimumBytes), Infinity);
    case "array":
      return arrayBytes(shape, style, unique);
    case "object":
      return objectBytes(shape, style);
  }
}

function arrayBytes(shape: ArrayShape, style: JsonStyle, unique: UniqueItems): number {
  if (shape.minItems > shape.maxItems) return Infinity;
  return 1 + new ArrayPlan(shape, style, shape.isUnique ? unique : undefined).start.bytes;
}

function objectBytes({ properties, free, minProperties, maxProperties }: ObjectShape, style: JsonStyle): number {
  const comma = style.comma.length;
  const cost = ({ key, value }: PropertyShape) => Buffer.byteLength(JSON.stringify(key)) + style.colon.length + value.minimumBytes + comma;
  const required = properties.filter(({ isRequired }) => isRequired);
  if (required.length > maxProperties || minProperties > maxProperties) return Infinity;
  const missing = Math.max(0, minProperties - required.length);
  let bytes = required.reduce((sum, property) => sum + cost(property), 0);
  if (missing > 0) {
    const optional = properties.filter(({ isRequired }) => !isRequired).map(cost).toSorted((a, b) => a - b);
    bytes += cheapestSum(optional, freeCosts(free, style, missing), missing);
  }
  return 2 + (bytes === 0 ? 0 : bytes - comma);
}

function collect(root: Shape): Shape[] {
  const seen = new Set<Shape>();
  const order: Shape[] = [];
  // Iterative: schemas nest deeper than the call stack.
  const pending: { shape: Shape; isLeaving: boolean }[] = [{ shape: root, isLeaving: false }];
  for (let entry = pending.pop(); entry; entry = pending.pop()) {
    const { shape, isLeaving } = entry;
    if (isLeaving) order.push(shape);
    else if (!seen.has(shape)) {
      seen.add(shape);
      pending.push({ shape, isLeaving: true });
      for (const child of childrenOf(shape)) pending.push({ shape: child, isLeaving: false });
    }
  }
  return order;
}
