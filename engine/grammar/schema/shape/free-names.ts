// The names that an object does not list, split into classes of one value each.
import { ALL_STRINGS, type Constraint, type ObjectSet, type PatternProperty, type PropertyLayer, type StringSet, type TextRule } from "../constraint/constraint.js";
import type { ShapeWriter } from "./shape-writer.js";

/** Combinations of patterns; for each pair of patterns in it, the automaton of their intersection is built. */
const MAX_COMBINATIONS = 64;

export interface NameClass {
  names: StringSet;
  value: Constraint;
}

/** `listed`: the names that `propertyNames` enumerates; `classes` still hold the names that are listed elsewhere. */
export function freeNames(writer: ShapeWriter, set: ObjectSet): { listed: string[]; classes: NameClass[] } {
  const classes = classesOf(writer, set.layers);
  if (set.names.length === 0 || (classes.length === 0 && set.witnesses.length === 0)) return { listed: [], classes };
  const listed: string[] = [];
  const bounded: NameClass[] = [];
  for (const names of writer.sets(writer.store.and(set.names), "string")) {
    for (const refusal of names.opaque) writer.options.leaveOut(refusal);
    if (names.kind === "literal") listed.push(...(names.values as string[]));
    if (names.kind !== "string") continue;
    for (const one of classes) bounded.push({ names: { ...names, rules: [...names.rules, ...one.names.rules] }, value: one.value });
  }
  return { listed, classes: bounded };
}

function classesOf(writer: ShapeWriter, layers: readonly PropertyLayer[]): NameClass[] {
  const { never } = writer.store;
  const patterns = new Map<string, PatternProperty>();
  for (const layer of layers) for (const pattern of layer.patterns) patterns.set(pattern.rule.key, pattern);
  let combinations: Combination[] = [{ matched: new Set(), rules: [] }];
  for (const { rule } of patterns.values()) {
    combinations = combinations.flatMap((combination) => split(combination, rule)).filter((combination) => isPossible(writer, layers, combination));
    if (combinations.length <= MAX_COMBINATIONS) continue;
    writer.options.leaveOut({ path: rule.path, keyword: rule.keyword, reason: "too many patterns overlap." });
    break;
  }
  const classes: NameClass[] = [];
  for (const { matched, rules } of combinations) {
    const value = writer.store.and(layers.flatMap((layer) => valuesOf(layer, matched)));
    if (value !== never) classes.push({ names: { ...ALL_STRINGS, rules }, value });
  }
  return classes;
}

/** Names by the patterns that they match. */
interface Combination {
  /** Keys of the rules. */
  matched: ReadonlySet<string>;
  rules: readonly TextRule[];
}

function split({ matched, rules }: Combination, rule: TextRule): Combination[] {
  return [
    { matched: new Set([...matched, rule.key]), rules: [...rules, rule] },
    { matched, rules: [...rules, { ...rule, isNegated: true, key: `~${rule.key}` }] },
  ];
}

/** Leaves out what no name can fit, and what no value may stand under. */
function isPossible({ store }: ShapeWriter, layers: readonly PropertyLayer[], { matched, rules }: Combination): boolean {
  const known = new Set(rules.map(({ key }) => key));
  for (const layer of layers) {
    const isSettled = layer.patterns.every(({ rule }) => known.has(rule.key) || known.has(`~${rule.key}`));
    if (isSettled && valuesOf(layer, matched).includes(store.never)) return false;
  }
  return rules.length < 2 || !store.areContradictory(rules);
}

function valuesOf(layer: PropertyLayer, matched: ReadonlySet<string>): Constraint[] {
  const values = layer.patterns.filter(({ rule }) => matched.has(rule.key)).map(({ value }) => value);
  return values.length > 0 ? values : [layer.additional];
}
