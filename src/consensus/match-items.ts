// Which items of several lists are the same thing; vote.ts decides which of them stay.
import { childPointer } from "../schema/json-pointer.js";
import { declaredKeys, hasMark, isClosedSet, propertyView, requiredKeys, type SchemaView, typesOf } from "../schema/schema-view.js";
import { isPlainObject, mapLeaves } from "../result/field-tree.js";
import { similarity, type Words, wordsOf } from "./similarity.js";
import { valueKey } from "./value-key.js";

export interface ListItem {
  /** Position among the lists. */
  list: number;
  /** Position in its list. */
  index: number;
}

/** Two objects that are less alike than this are different things. */
const likeness = 0.5;

/**
 * Clusters of matching items, at most one from each list, in the order of their mean position.
 *
 * Scalars match by normalised equality, counted: a value that stands twice matches twice. Objects match by equal `x-key`
 * fields; without such marks, the most alike ones first, judged by their required strings and then by all their leaves.
 */
export function matchItems(lists: readonly (readonly unknown[])[], view: SchemaView): ListItem[][] {
  const objects = lists.some((list) => list.some(isPlainObject));
  const keys = markedKeys(view);
  const clusters =
    objects && keys.length === 0
      ? matchByLikeness(lists, judgedKeys(view))
      : matchByKey(lists, (item) => (isPlainObject(item) ? keys.map((key) => valueKey(item[key])).join("\n") : valueKey(item)));
  return clusters.toSorted((a, b) => meanIndex(a) - meanIndex(b) || a[0].list - b[0].list || a[0].index - b[0].index);
}

/** Whether items match by equality alone, in these lists and with whatever further ones: a new list then moves no match. */
export function isMatchedByKey(lists: readonly (readonly unknown[])[], view: SchemaView): boolean {
  const types = typesOf(view);
  const mayHoldObjects = types.size === 0 || types.has("object") || lists.some((list) => list.some(isPlainObject));
  return !mayHoldObjects || markedKeys(view).length > 0;
}

function markedKeys(view: SchemaView): string[] {
  return declaredKeys(view).filter((key) => hasMark(propertyView(view, key), "x-key"));
}

function matchByKey(lists: readonly (readonly unknown[])[], keyOf: (item: unknown) => string): ListItem[][] {
  const clusters = new Map<string, ListItem[]>();
  for (const [list, items] of lists.entries()) {
    const counts = new Map<string, number>();
    for (const [index, item] of items.entries()) {
      const key = keyOf(item);
      const count = counts.get(key) ?? 0;
      counts.set(key, count + 1);
      const name = `${count}:${key}`;
      const cluster = clusters.get(name);
      if (cluster) cluster.push({ list, index });
      else clusters.set(name, [{ list, index }]);
    }
  }
  return [...clusters.values()];
}

/** Required strings say what an item is about; enums do not tell items apart. */
function judgedKeys(view: SchemaView): string[] {
  return requiredKeys(view).filter((key) => {
    const property = propertyView(view, key);
    return typesOf(property).has("string") && !isClosedSet(property);
  });
}

interface Candidate extends ListItem {
  leaves: Map<string, Words>;
}

function matchByLikeness(lists: readonly (readonly unknown[])[], judged: readonly string[]): ListItem[][] {
  const candidates = lists.flatMap((items, list) => items.map((item, index): Candidate => ({ list, index, leaves: leavesOf(item) })));
  const pairs: { first: Candidate; second: Candidate; score: number }[] = [];
  for (const [position, first] of candidates.entries()) {
    for (const second of candidates.slice(position + 1)) {
      if (first.list === second.list) continue;
      const score = likenessOf(first, second, judged);
      if (score >= likeness) pairs.push({ first, second, score });
    }
  }
  const clusterOf = new Map(candidates.map((candidate) => [candidate, [candidate]]));
  for (const { first, second } of pairs.toSorted((a, b) => b.score - a.score)) {
    const [left, right] = [clusterOf.get(first)!, clusterOf.get(second)!];
    if (left === right || left.some(({ list }) => right.some((other) => other.list === list))) continue;
    const joined = [...left, ...right].toSorted((a, b) => a.list - b.list);
    for (const member of joined) clusterOf.set(member, joined);
  }
  return [...new Set(clusterOf.values())];
}

/** The judged leaves decide; all leaves break ties between equally good partners. */
function likenessOf(first: Candidate, second: Candidate, judged: readonly string[]): number {
  const all = overlap(first, second, [...new Set([...first.leaves.keys(), ...second.leaves.keys()])]);
  return judged.length === 0 ? all : overlap(first, second, judged.map((key) => childPointer("", key))) + 1e-3 * all;
}

function overlap(first: Candidate, second: Candidate, pointers: readonly string[]): number {
  let sum = 0;
  for (const pointer of pointers) sum += similarity(first.leaves.get(pointer), second.leaves.get(pointer));
  return pointers.length === 0 ? 1 : sum / pointers.length;
}

function leavesOf(item: unknown): Map<string, Words> {
  const leaves = new Map<string, Words>();
  mapLeaves(item, (value, pointer) => leaves.set(pointer, wordsOf(value)));
  return leaves;
}

function meanIndex(cluster: readonly ListItem[]): number {
  return cluster.reduce((sum, { index }) => sum + index, 0) / cluster.length;
}
