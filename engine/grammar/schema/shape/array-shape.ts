// A set of arrays as a shape.
import type { ArrayShape, ItemShape } from "../../shape.js";
import { type ArraySet, type Constraint, type ContainsRule, itemAt } from "../constraint/constraint.js";
import type { ShapeWriter, Spelling } from "./shape-writer.js";

/** The shortest of so many different items are looked for ahead. */
const MOST_DIFFERENT = 64;

export function writeArray(writer: ShapeWriter, set: ArraySet, spelling: Spelling): ArrayShape[] {
  const { store } = writer;
  const { minItems, maxItems, rules } = countAll(set, store.any);
  if (minItems > maxItems || rules.some(({ min, max }) => min > max)) return [];
  if (rules.length > 1) writer.options.leaveOut({ path: rules[1].path, keyword: "contains", reason: "only one kind of items can be counted." });
  const rule = rules.at(0);
  const longest = Math.max(0, ...[...set.layers, ...rules].map(({ prefix }) => prefix.length));
  const itemsAt = (index: number) => store.and(set.layers.map((layer) => itemAt(layer, index)));
  const items = Array.from({ length: Math.min(longest, maxItems) + 1 }, (_, index) => itemsAt(index));
  const isUnique = set.uniqueAt !== undefined && maxItems > 1 && canDiffer(writer, { items, minItems, isCounted: rule !== undefined }, set.uniqueAt);
  const itemSpelling = isUnique ? "canonical" : spelling;
  const shapes = items.map((item, index) => writeItem(writer, item, rule && { ...rule, item: itemAt(rule, index) }, itemSpelling));
  return [
    {
      kind: "array",
      prefix: shapes.slice(0, -1),
      rest: shapes.at(-1)!,
      minItems,
      maxItems,
      contains: rule && { min: rule.min, max: rule.max },
      isUnique,
      minimumBytes: Infinity,
    },
  ];
}

/** Without the rules that count all items, or say nothing. */
function countAll(set: ArraySet, any: Constraint): { minItems: number; maxItems: number; rules: ContainsRule[] } {
  let { minItems, maxItems } = set;
  const rules: ContainsRule[] = [];
  for (const rule of set.contains) {
    if (rule.prefix.length === 0 && rule.rest === any) {
      minItems = Math.max(minItems, rule.min);
      maxItems = Math.min(maxItems, rule.max);
    } else if (rule.min > 0 || rule.max < Infinity) rules.push(rule);
  }
  return { minItems, maxItems, rules };
}

function writeItem(writer: ShapeWriter, item: Constraint, rule: { item: Constraint; max: number; path: string } | undefined, spelling: Spelling): ItemShape {
  const { store } = writer;
  if (!rule) return { value: writer.shape(item, spelling), counted: undefined };
  const others = rule.max < Infinity ? store.and([item, store.not(rule.item, rule.path, "contains")]) : item;
  return { value: writer.shape(others, spelling), counted: writer.shape(store.and([item, rule.item]), spelling) };
}

/** What is asked of items that must differ. */
interface DifferentItems {
  /** One for each place, the last for all further ones. */
  items: readonly Constraint[];
  minItems: number;
  isCounted: boolean;
}

/** Whether the automaton can tell items apart, and always finds so many. */
function canDiffer(writer: ShapeWriter, { items, minItems, isCounted }: DifferentItems, path: string): boolean {
  const refusal = (reason: string) => {
    writer.options.leaveOut({ path, keyword: "uniqueItems", reason });
    return false;
  };
  const isStructure = (item: Constraint) =>
    (["array", "object"] as const).some((type) => writer.sets(item, type).some(({ kind }) => kind !== "literal"));
  if (items.some(isStructure)) return refusal("only strings, numbers and other scalars are compared.");
  if (isCounted) return refusal("items cannot be counted and compared at once.");
  if (items.length > 1) return refusal("items of different schemas are not compared.");
  return minItems <= MOST_DIFFERENT || refusal(`more than ${MOST_DIFFERENT} different items are asked for.`);
}
