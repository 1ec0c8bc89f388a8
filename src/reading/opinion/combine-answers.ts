// Lays a second reading of a record over the first, leaf by leaf; the first one's values stay.
import { combineReadings } from "../../consensus/combine-readings.js";
import { matchItems } from "../../consensus/match-items.js";
import type { Field } from "../../result/extraction.js";
import { isPlainObject, type FieldTree, type PlainObject } from "../../result/field-tree.js";
import { itemView, propertyView, type SchemaView } from "../../schema/schema-view.js";

/** Data and its fields, of the same shape. */
export interface ReadTree {
  data: unknown;
  fields: FieldTree;
}

/** The fields of `first`. Items of a list that the second reading lacks count as contradicted by it. */
export function combineAnswers(first: ReadTree, second: ReadTree | undefined, view: SchemaView): FieldTree {
  if (Array.isArray(first.data)) return combineLists(first, first.data, second, view);
  if (isPlainObject(first.data)) {
    const keys = Object.keys(first.data);
    return Object.fromEntries(
      keys.map((key) => [key, combineAnswers(memberOf(first, key)!, memberOf(second, key), propertyView(view, key))]),
    );
  }
  const { confidence } = isLeaf(second) ? (second.fields as Field) : { confidence: undefined };
  const value = isLeaf(second) ? second.data : null;
  return combineReadings({ value: first.data, field: first.fields as Field }, { value, confidence });
}

function combineLists(first: ReadTree, items: readonly unknown[], second: ReadTree | undefined, view: SchemaView): FieldTree[] {
  const others = Array.isArray(second?.data) ? second.data : [];
  const partners = new Map<number, number>();
  for (const cluster of matchItems([items, others], itemView(view, 0))) {
    const mine = cluster.find(({ list }) => list === 0);
    const theirs = cluster.find(({ list }) => list === 1);
    if (mine && theirs) partners.set(mine.index, theirs.index);
  }
  return items.map((_, index) => {
    const partner = partners.get(index);
    return combineAnswers(memberOf(first, index)!, partner === undefined ? undefined : memberOf(second, partner), itemView(view, index));
  });
}

function memberOf(tree: ReadTree | undefined, key: string | number): ReadTree | undefined {
  const data = (tree?.data as PlainObject | undefined)?.[key];
  return data === undefined ? undefined : { data, fields: (tree!.fields as Record<string, FieldTree>)[key] };
}

function isLeaf(tree: ReadTree | undefined): tree is ReadTree {
  return tree !== undefined && !Array.isArray(tree.data) && !isPlainObject(tree.data);
}
