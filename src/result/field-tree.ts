// Walks data and its fields: what a leaf is, and how to visit all of them.
import { childPointer } from "../schema/json-pointer.js";
import type { Field } from "./extraction.js";

export type { FieldTree } from "./extraction.js";

export type PlainObject = Record<string, unknown>;

/** Objects made by a schema's transforms, such as dates, are values of their own. */
export function isPlainObject(value: unknown): value is PlainObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** The shape of `data` with `change(leaf, pointer)` at every leaf. */
export function mapLeaves<Leaf>(data: unknown, change: (value: unknown, pointer: string) => Leaf, pointer = ""): unknown {
  if (Array.isArray(data)) return data.map((item, index) => mapLeaves(item, change, childPointer(pointer, index)));
  if (isPlainObject(data)) {
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, mapLeaves(value, change, childPointer(pointer, key))]));
  }
  return change(data, pointer);
}

/** The field of an absent value. */
export function absentField(confidence: number | undefined): Field {
  return { status: "absent", spans: [], confidence, alternatives: [] };
}
