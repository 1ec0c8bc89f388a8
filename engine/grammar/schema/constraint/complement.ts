// The values of a type that are not in a set, as the union of the ways to miss it.
import {
  type Algebra, ALL_ARRAYS, ALL_NUMBERS, ALL_OBJECTS, ALL_STRINGS, type ArraySet, type Constraint, FULL, isFull, type ItemLayer, type JsonType,
  type LiteralSet, type NumberSet, type ObjectSet, type PropertyLayer, type Refusal, type StringSet, type ValueSet,
} from "./constraint.js";
import { intersectSets } from "./intersect.js";
import { equalityKey } from "./json-value.js";
import { listedValues } from "./one-of.js";

/** Names the negation in what cannot be expressed. */
export interface Negation {
  path: string;
  keyword: string;
}

export function complementSet(set: ValueSet, type: JsonType, negation: Negation, algebra: Algebra): readonly ValueSet[] {
  if (isFull(set)) return [];
  const opaque = set.opaque.map((refusal) => beyond(FULL[type], { ...negation, reason: `it negates what cannot be enforced: ${refusal.reason}` }));
  return [...missing(set, type, negation, algebra), ...opaque];
}

function missing(set: ValueSet, type: JsonType, negation: Negation, algebra: Algebra): ValueSet[] {
  switch (set.kind) {
    case "literal":
      return missingLiterals(set, type, negation, algebra);
    case "number":
      return missingNumbers(set, negation);
    case "string":
      return missingStrings(set, negation);
    case "array":
      return missingArrays(set, negation, algebra);
    case "object":
      return missingObjects(set, negation, algebra);
  }
}

/** A set with a condition that cannot be expressed. */
function beyond(set: ValueSet, refusal: Refusal): ValueSet {
  return { ...set, opaque: [refusal] };
}

function missingLiterals(set: LiteralSet, type: JsonType, negation: Negation, algebra: Algebra): ValueSet[] {
  const { values } = set;
  if (type === "string") return [{ ...ALL_STRINGS, except: values as string[] }];
  if (type === "number") return [{ ...ALL_NUMBERS, except: values as number[] }];
  if (type === "array" || type === "object") {
    const described = values.map((value) => algebra.not(describe(value, negation.path, algebra), negation.path, negation.keyword));
    return [...algebra.sets(algebra.and(described), type)];
  }
  const keys = new Set(values.map(equalityKey));
  const others = (FULL[type] as LiteralSet).values.filter((value) => !keys.has(equalityKey(value)));
  return others.length > 0 ? [{ kind: "literal", values: others, opaque: [] }] : [];
}

/** An array or object as the constraint that it alone fits, in whatever order its properties come. */
export function describe(value: unknown, path: string, algebra: Algebra): Constraint {
  const only = (item: unknown) => algebra.literal([item], path);
  if (Array.isArray(value)) {
    const layer: ItemLayer = { prefix: value.map(only), rest: algebra.never };
    return fromSet({ ...ALL_ARRAYS, layers: [layer], minItems: value.length, maxItems: value.length }, "array", path);
  }
  const entries = Object.entries(value as object);
  const properties = new Map(entries.map(([name, item]) => [name, only(item)]));
  const layer: PropertyLayer = { properties, patterns: [], additional: algebra.any };
  const required = [...properties.keys()];
  return fromSet({ ...ALL_OBJECTS, layers: [layer], required, maxProperties: required.length }, "object", path);
}

/** Not interned: described values are negated at once. */
function fromSet(set: ValueSet, type: JsonType, path: string): Constraint {
  return { id: NaN, path, form: { kind: "plain" }, known: {}, compute: (other) => (other === type ? [set] : []) };
}

function missingNumbers(set: NumberSet, negation: Negation): ValueSet[] {
  const sets: ValueSet[] = [];
  if (set.minimum > -Infinity) sets.push({ ...ALL_NUMBERS, maximum: set.minimum, isMaximumOpen: !set.isMinimumOpen });
  if (set.maximum < Infinity) sets.push({ ...ALL_NUMBERS, minimum: set.maximum, isMinimumOpen: !set.isMaximumOpen });
  if (set.isInteger) sets.push({ ...ALL_NUMBERS, isFraction: true });
  if (set.isFraction) sets.push({ ...ALL_NUMBERS, isInteger: true });
  if (set.multiplesOf.length > 0) sets.push(beyond(ALL_NUMBERS, { ...negation, reason: "it asks for numbers that are no multiples." }));
  if (set.except.length > 0) sets.push({ kind: "literal", values: set.except, opaque: [] });
  return sets;
}

function missingStrings(set: StringSet, negation: Negation): ValueSet[] {
  const sets: ValueSet[] = [];
  if (set.minLength > 0) sets.push({ ...ALL_STRINGS, maxLength: set.minLength - 1 });
  if (set.maxLength < Infinity) sets.push({ ...ALL_STRINGS, minLength: set.maxLength + 1 });
  for (const rule of set.rules) sets.push({ ...ALL_STRINGS, rules: [negatedRule(rule)] });
  if (set.except.length > 0) sets.push({ kind: "literal", values: set.except, opaque: [] });
  if (set.verbatim) sets.push(beyond(ALL_STRINGS, { ...negation, reason: "it negates a verbatim string." }));
  return sets;
}

function negatedRule<T extends { key: string; isNegated: boolean }>(rule: T): T {
  return { ...rule, isNegated: !rule.isNegated, key: rule.isNegated ? rule.key.slice(1) : `~${rule.key}` };
}

function missingArrays(set: ArraySet, { path, keyword }: Negation, algebra: Algebra): ValueSet[] {
  const { any, never } = algebra;
  const not = (constraint: Constraint) => algebra.not(constraint, path, keyword);
  const sets: ValueSet[] = [];
  if (set.minItems > 0) sets.push({ ...ALL_ARRAYS, maxItems: set.minItems - 1 });
  if (set.maxItems < Infinity) sets.push({ ...ALL_ARRAYS, minItems: set.maxItems + 1 });
  for (const { prefix, rest } of set.layers) {
    for (const [index, item] of prefix.entries()) {
      if (item === any) continue;
      const layer: ItemLayer = { prefix: [...Array.from({ length: index }, () => any), not(item)], rest: any };
      sets.push({ ...ALL_ARRAYS, layers: [layer], minItems: index + 1 });
    }
    if (rest === never) sets.push({ ...ALL_ARRAYS, minItems: prefix.length + 1 });
    else if (rest !== any) sets.push({ ...ALL_ARRAYS, contains: [{ prefix: prefix.map(() => never), rest: not(rest), min: 1, max: Infinity, path }] });
  }
  for (const rule of set.contains) {
    if (rule.min > 0) sets.push({ ...ALL_ARRAYS, contains: [{ ...rule, min: 0, max: rule.min - 1 }] });
    if (rule.max < Infinity) sets.push({ ...ALL_ARRAYS, contains: [{ ...rule, min: rule.max + 1, max: Infinity }] });
  }
  if (set.uniqueAt !== undefined) sets.push({ ...ALL_ARRAYS, minItems: 2, opaque: [{ path, keyword, reason: "it asks for two equal items." }] });
  return sets;
}

function missingObjects(set: ObjectSet, negation: Negation, algebra: Algebra): ValueSet[] {
  // Once a property that tells objects apart differs, the rest does not matter: so negations of many stay small.
  const telling = set.required.filter((name) => listedValues(set, name, algebra) !== undefined);
  const others = set.required.filter((name) => !telling.includes(name));
  const sets = [
    ...missingNames(telling, algebra),
    ...set.layers.flatMap((layer) => differing(layer, telling, negation, algebra)),
  ];
  const same: ObjectSet = { ...ALL_OBJECTS, required: telling, layers: set.layers.map((layer) => onlyNamed(layer, telling, algebra.any)) };
  const further = [
    ...missingNames(others, algebra),
    ...set.layers.flatMap((layer) => differing(layer, [...layer.properties.keys()].filter((name) => !telling.includes(name)), negation, algebra)),
    ...beyondNames(set, negation, algebra),
  ];
  return [...sets, ...(telling.length === 0 ? further : further.flatMap((one) => intersectSets(same, one, algebra)))];
}

function missingNames(names: readonly string[], algebra: Algebra): ObjectSet[] {
  return names.map((name) => withLayer(algebra.without(name)));
}

/** The objects in which one of these properties is not what the layer declares. */
function differing(layer: PropertyLayer, names: readonly string[], { path, keyword }: Negation, algebra: Algebra): ObjectSet[] {
  return names.flatMap((name) => {
    const value = layer.properties.get(name);
    if (!value || value === algebra.any) return [];
    const properties = new Map([[name, algebra.not(value, path, keyword)]]);
    return [{ ...withLayer({ properties, patterns: [], additional: algebra.any }), required: [name] }];
  });
}

function onlyNamed({ properties }: PropertyLayer, names: readonly string[], any: Constraint): PropertyLayer {
  return { properties: new Map([...properties].filter(([name]) => names.includes(name))), patterns: [], additional: any };
}

/** What else an object can violate: rules on names that are not listed, on all names, on their number. */
function beyondNames(set: ObjectSet, negation: Negation, algebra: Algebra): ObjectSet[] {
  const { any } = algebra;
  const { path, keyword } = negation;
  const not = (constraint: Constraint) => algebra.not(constraint, path, keyword);
  const sets: ObjectSet[] = [];
  for (const layer of set.layers) {
    for (const otherwise of unnamed(layer, any)) {
      const [name, value] = witnessed(otherwise, algebra, path);
      sets.push(withWitness(name, not(value), withLayer(otherwise), negation));
    }
  }
  for (const names of set.names) sets.push(withWitness(not(names), any, { ...ALL_OBJECTS, names: [names] }, negation));
  if (set.minProperties > 0) sets.push({ ...ALL_OBJECTS, maxProperties: set.minProperties - 1 });
  if (set.maxProperties < Infinity) sets.push({ ...ALL_OBJECTS, minProperties: set.maxProperties + 1 });
  for (const { otherwise } of set.witnesses) sets.push(otherwise);
  return sets;
}

function withLayer(layer: PropertyLayer): ObjectSet {
  return { ...ALL_OBJECTS, layers: [layer] };
}

function withWitness(name: Constraint, value: Constraint, otherwise: ObjectSet, negation: Negation): ObjectSet {
  const refusal = { ...negation, reason: "it asks for some property that it does not name." };
  return { ...ALL_OBJECTS, witnesses: [{ name, value, otherwise, refusal }] };
}

/** The conditions of a layer on names that it does not list, one by one. */
function unnamed(layer: PropertyLayer, any: Constraint): PropertyLayer[] {
  const layers: PropertyLayer[] = layer.patterns
    .filter(({ value }) => value !== any)
    .map((pattern) => ({ properties: new Map(), patterns: [pattern], additional: any }));
  if (layer.additional === any) return layers;
  const properties = new Map([...layer.properties.keys()].map((name) => [name, any]));
  const patterns = layer.patterns.map(({ rule }) => ({ rule, value: any }));
  return [...layers, { properties, patterns, additional: layer.additional }];
}

/** The names that such a condition is about, and what it says of their values. */
function witnessed({ properties, patterns, additional }: PropertyLayer, algebra: Algebra, path: string): [name: Constraint, value: Constraint] {
  if (additional === algebra.any) return [fromSet({ ...ALL_STRINGS, rules: [patterns[0].rule] }, "string", path), patterns[0].value];
  const rules = patterns.map(({ rule }) => negatedRule(rule));
  return [fromSet({ ...ALL_STRINGS, rules, except: [...properties.keys()] }, "string", path), additional];
}
