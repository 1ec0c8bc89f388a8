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

/** `schema`: properties come in the schema's order, others after them; `any`: in whatever order. */
export type KeyOrder = "schema" | "any";

export const SPACED: JsonStyle = { colon: ": ", comma: ", " };
export const COMPACT: JsonStyle = { colon: ":", comma: "," };

export function itemShape(shape: ArrayShape, index: number): ItemShape {
  return shape.prefix[index] ?? shape.rest;
}

export function childrenOf(shape: Shape): Shape[] {
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
