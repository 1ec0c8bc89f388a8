// What a value may look like: the form between a JSON Schema and the byte automaton, and how short a value can be.
import type { Lexeme } from "./lexeme/lexeme.js";
import { WordList } from "./lexeme/word-list.js";

/** One of a closed set of texts. */
export interface WordsShape {
  kind: "words";
  words: WordList;
  minimumBytes: number;
}

/** A lexical form, such as a number; with quotes around it where `isQuoted`. */
export interface LexemeShape {
  kind: "lexeme";
  lexeme: Lexeme;
  isQuoted: boolean;
  type: "string" | "number";
  minimumBytes: number;
}

export interface ItemShape {
  value: Shape;
  /**
   * Under `contains`: the items that count. Where there is an upper bound of them, `value` holds only those
   * that do not count; otherwise all that may stand here.
   */
  counted: Shape | undefined;
}

export interface ArrayShape {
  kind: "array";
  /** The first items. */
  prefix: ItemShape[];
  /** All further items. */
  rest: ItemShape;
  minItems: number;
  /** Infinity where there is no bound. */
  maxItems: number;
  /** Bounds of the counted items; undefined where none are counted. */
  contains: { min: number; max: number } | undefined;
  /** No two items are equal. Items are then scalars. */
  isUnique: boolean;
  minimumBytes: number;
}

export interface PropertyShape {
  key: string;
  value: Shape;
  isRequired: boolean;
}

/** A class of further names and what stands under them. */
export interface FreeProperties {
  /** The name as JSON writes it, without quotes; in canonical escapes, so that no name has two spellings. */
  key: Lexeme;
  value: Shape;
}

export interface ObjectShape {
  kind: "object";
  /** In the order in which they are written. */
  properties: PropertyShape[];
  /** Properties of other names, after all named ones; the classes are disjoint. */
  free: FreeProperties[];
  minProperties: number;
  /** Infinity where there is no bound. */
  maxProperties: number;
  minimumBytes: number;
}

/** Any of its members; a reference is a union of one, filled in after its target was begun. */
export interface UnionShape {
  kind: "union";
  members: Shape[];
  minimumBytes: number;
}

export type Shape = WordsShape | LexemeShape | ArrayShape | ObjectShape | UnionShape;

/** The values of these texts; not yet settled, as all new shapes. */
export function wordsShape(texts: readonly string[]): WordsShape {
  return { kind: "words", words: new WordList(texts), minimumBytes: Infinity };
}

export function unionShape(members: Shape[]): UnionShape {
  return { kind: "union", members, minimumBytes: Infinity };
}

/** How the parts of a value are joined. */
export interface JsonStyle {
  /** Between a key and its value. */
  colon: string;
  /** Between two items or properties. */
  comma: string;
}

export const SPACED: JsonStyle = { colon: ": ", comma: ", " };
export const COMPACT: JsonStyle = { colon: ":", comma: "," };

/** The bytes of a property's key with its quotes and colon. */
function keyBytes(key: string, style: JsonStyle): number {
  return Buffer.byteLength(JSON.stringify(key)) + style.colon.length;
}

export function itemShape(shape: ArrayShape, index: number): ItemShape {
  return shape.prefix[index] ?? shape.rest;
}

/**
 * Sets `minimumBytes` of `root` and all it holds, and takes out what no finite text can fill: union
 * members, optional properties, further items. What stays Infinity cannot be satisfied.
 */
export function settleMinimumBytes(root: Shape, style: JsonStyle): void {
  const shapes = collect(root);
  // The least fixed point; children stand before their parents, so few rounds are needed.
  for (let isChanged = true; isChanged; ) {
    isChanged = false;
    for (const shape of shapes) {
      const bytes = minimumOf(shape, style);
      if (bytes < shape.minimumBytes) isChanged = true;
      shape.minimumBytes = bytes;
    }
  }
  for (const shape of shapes) prune(shape);
}

function prune(shape: Shape): void {
  const isPossible = (other: Shape) => other.minimumBytes < Infinity;
  if (shape.kind === "union") shape.members = shape.members.filter(isPossible);
  if (shape.kind === "object") {
    shape.properties = shape.properties.filter((property) => property.isRequired || isPossible(property.value));
    shape.free = shape.free.filter(({ key, value }) => isPossible(value) && key.distance(key.start) < Infinity);
  }
  if (shape.kind === "array") {
    const end = [...shape.prefix, shape.rest].findIndex((item) => !isPossible(item.value));
    if (end >= 0) shape.maxItems = Math.min(shape.maxItems, end);
  }
}

function minimumOf(shape: Shape, style: JsonStyle): number {
  switch (shape.kind) {
    case "words":
      return shape.words.shortest(0, shape.words.words.length);
    case "lexeme":
      return shape.lexeme.distance(shape.lexeme.start) + (shape.isQuoted ? 2 : 0);
    case "union":
      return shape.members.reduce((least, member) => Math.min(least, member.minimumBytes), Infinity);
    case "array":
      return shape.minItems > shape.maxItems ? Infinity : 1 + arrayBytes(shape, 0, style);
    case "object":
      return 1 + (objectBytes(shape, style)[0] ?? 0);
  }
}

/** Bytes from after `count` items to after the closing bracket. */
export function arrayBytes(shape: ArrayShape, count: number, style: JsonStyle): number {
  const missing = shape.minItems - count;
  if (missing <= 0) return 1;
  let bytes = (missing - (count === 0 ? 1 : 0)) * style.comma.length + 1;
  for (let i = count; i < Math.min(shape.prefix.length, shape.minItems); i++) bytes += shape.prefix[i].value.minimumBytes;
  const further = shape.minItems - Math.max(count, shape.prefix.length);
  return further > 0 ? bytes + further * shape.rest.value.minimumBytes : bytes;
}

/**
 * By the number of properties passed: bytes from there to after the closing brace, where nothing was
 * written yet. Where something was, a required property costs one comma more.
 */
export function objectBytes(shape: ObjectShape, style: JsonStyle): number[] {
  const bytes = [1];
  let isFirst = true;
  for (const { key, value, isRequired } of shape.properties.toReversed()) {
    const after = bytes[bytes.length - 1];
    if (!isRequired) {
      bytes.push(after);
      continue;
    }
    bytes.push(after + keyBytes(key, style) + value.minimumBytes + (isFirst ? 0 : style.comma.length));
    isFirst = false;
  }
  return bytes.toReversed();
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

function childrenOf(shape: Shape): Shape[] {
  switch (shape.kind) {
    case "union":
      return shape.members;
    case "array":
      return [...shape.prefix, shape.rest].flatMap(({ value, counted }) => (counted ? [value, counted] : [value]));
    case "object":
      return [...shape.properties.map((property) => property.value), ...shape.free.map(({ value }) => value)];
    default:
      return [];
  }
}
