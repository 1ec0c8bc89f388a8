// What two sets of one type have in common.
import {
  type Algebra, type ArraySet, type ContainsRule, isFull, type LiteralSet, type NumberSet, type ObjectSet, type Refusal,
  type StringSet, type ValueSet,
} from "./constraint.js";
import { fitsSet } from "./fits.js";
import { equalityKey } from "./json-value.js";

/** At most two sets, for values of which it is not clear whether they fit stand apart; none where nothing is left. */
export function intersectSets(a: ValueSet, b: ValueSet, algebra: Algebra): readonly ValueSet[] {
  if (a === b || isFull(b)) return [a];
  if (isFull(a)) return [b];
  if (a.kind === "literal") return b.kind === "literal" ? commonLiterals(a, b) : fitting(a, b, algebra);
  if (b.kind === "literal") return fitting(b, a, algebra);
  const both = intersectKinds(a, b);
  return both ? [both] : [];
}

function intersectKinds(a: ValueSet, b: ValueSet): ValueSet | undefined {
  const opaque = joined(a.opaque, b.opaque);
  if (a.kind === "number" && b.kind === "number") return intersectNumbers(a, b, opaque);
  if (a.kind === "string" && b.kind === "string") return intersectStrings(a, b, opaque);
  if (a.kind === "array" && b.kind === "array") return intersectArrays(a, b, opaque);
  if (a.kind === "object" && b.kind === "object") return intersectObjects(a, b, opaque);
  throw new Error(`A ${a.kind} set was met with a ${b.kind} set.`);
}

function commonLiterals(a: LiteralSet, b: LiteralSet): ValueSet[] {
  const keys = new Set(b.values.map(equalityKey));
  const values = a.values.filter((value) => keys.has(equalityKey(value)));
  return values.length > 0 ? [{ kind: "literal", values, opaque: joined(a.opaque, b.opaque) }] : [];
}

function fitting(literals: LiteralSet, set: ValueSet, algebra: Algebra): ValueSet[] {
  const certain: unknown[] = [];
  const unclear: unknown[] = [];
  const reasons = new Set<Refusal>();
  for (const value of literals.values) {
    const fit = fitsSet(value, set, algebra);
    if (fit === true) certain.push(value);
    if (typeof fit !== "object") continue;
    unclear.push(value);
    reasons.add(fit);
  }
  const sets: ValueSet[] = [];
  if (certain.length > 0) sets.push({ ...literals, values: certain });
  if (unclear.length > 0) sets.push({ kind: "literal", values: unclear, opaque: [...literals.opaque, ...reasons] });
  return sets;
}

function intersectNumbers(a: NumberSet, b: NumberSet, opaque: readonly Refusal[]): NumberSet | undefined {
  const low = b.minimum > a.minimum || (b.minimum === a.minimum && b.isMinimumOpen) ? b : a;
  const high = b.maximum < a.maximum || (b.maximum === a.maximum && b.isMaximumOpen) ? b : a;
  const both: NumberSet = {
    kind: "number",
    isInteger: a.isInteger || b.isInteger,
    isFraction: a.isFraction || b.isFraction,
    minimum: low.minimum,
    isMinimumOpen: low.isMinimumOpen,
    maximum: high.maximum,
    isMaximumOpen: high.isMaximumOpen,
    multiplesOf: joined(a.multiplesOf, b.multiplesOf),
    except: joined(a.except, b.except),
    opaque,
  };
  return isNumberRangeEmpty(both) ? undefined : both;
}

export function isNumberRangeEmpty(set: NumberSet): boolean {
  let { minimum, maximum, isMinimumOpen, isMaximumOpen } = set;
  if (set.isInteger && set.isFraction) return true;
  if (set.isInteger) {
    const least = Math.ceil(minimum);
    const most = Math.floor(maximum);
    minimum = isMinimumOpen && least === minimum ? least + 1 : least;
    maximum = isMaximumOpen && most === maximum ? most - 1 : most;
    isMinimumOpen = false;
    isMaximumOpen = false;
  }
  if (minimum === maximum) return isMinimumOpen || isMaximumOpen || set.except.includes(minimum);
  return minimum > maximum;
}

function intersectStrings(a: StringSet, b: StringSet, opaque: readonly Refusal[]): StringSet | undefined {
  const minLength = Math.max(a.minLength, b.minLength);
  const maxLength = Math.min(a.maxLength, b.maxLength);
  if (minLength > maxLength) return undefined;
  const keys = new Set(a.rules.map(({ key }) => key));
  const others = b.rules.filter(({ key }) => !keys.has(key));
  const rules = others.length > 0 ? [...a.rules, ...others] : a.rules;
  const isUnclear = a.verbatim && b.verbatim && a.verbatim.options !== b.verbatim.options;
  return {
    kind: "string",
    minLength,
    maxLength,
    rules,
    except: joined(a.except, b.except),
    verbatim: a.verbatim ?? b.verbatim,
    opaque: isUnclear ? [...opaque, { path: b.verbatim!.path, keyword: "x-verbatim", reason: "it stands beside another." }] : opaque,
  };
}

function intersectArrays(a: ArraySet, b: ArraySet, opaque: readonly Refusal[]): ArraySet | undefined {
  const minItems = Math.max(a.minItems, b.minItems);
  const maxItems = Math.min(a.maxItems, b.maxItems);
  if (minItems > maxItems) return undefined;
  const contains = [...a.contains];
  for (const rule of b.contains) {
    const twin = contains.findIndex((other) => isSameCount(rule, other));
    if (twin < 0) contains.push(rule);
    else contains[twin] = { ...rule, min: Math.max(rule.min, contains[twin].min), max: Math.min(rule.max, contains[twin].max) };
  }
  if (contains.some(({ min, max }) => min > max)) return undefined;
  return { kind: "array", layers: joined(a.layers, b.layers), minItems, maxItems, contains, uniqueAt: a.uniqueAt ?? b.uniqueAt, opaque };
}

/** Whether two rules count the same items. */
function isSameCount(a: ContainsRule, b: ContainsRule): boolean {
  return a.prefix.length === b.prefix.length && a.rest === b.rest && a.prefix.every((item, index) => item === b.prefix[index]);
}

function intersectObjects(a: ObjectSet, b: ObjectSet, opaque: readonly Refusal[]): ObjectSet | undefined {
  const minProperties = Math.max(a.minProperties, b.minProperties);
  const maxProperties = Math.min(a.maxProperties, b.maxProperties);
  const required = joined(a.required, b.required);
  if (minProperties > maxProperties || required.length > maxProperties) return undefined;
  return {
    kind: "object",
    layers: joined(a.layers, b.layers),
    names: joined(a.names, b.names),
    required,
    minProperties,
    maxProperties,
    witnesses: joined(a.witnesses, b.witnesses),
    opaque,
  };
}

/** Without the sets that are seen to lie within others: products are full of them. */
export function withoutAbsorbed(sets: readonly ValueSet[]): readonly ValueSet[] {
  return sets.filter((set, index) => !sets.some((other, place) => place !== index && isWithin(set, other) && !(place > index && isWithin(other, set))));
}

function isWithin(a: ValueSet, b: ValueSet): boolean {
  if (a.kind !== "object" || b.kind !== "object" || a.minProperties < b.minProperties || a.maxProperties > b.maxProperties) return false;
  return (
    hasAll(a.required, b.required) && hasAll(a.layers, b.layers) && hasAll(a.names, b.names) && hasAll(a.witnesses, b.witnesses) && hasAll(a.opaque, b.opaque)
  );
}

function hasAll<T>(all: readonly T[], some: readonly T[]): boolean {
  return some.length <= all.length && some.every((one) => all.includes(one));
}

/** The union of two lists, in order; one of them itself where it holds the other. */
function joined<T>(a: readonly T[], b: readonly T[]): readonly T[] {
  if (b.length === 0) return a;
  if (a.length === 0) return b;
  const all = new Set([...a, ...b]);
  return all.size === a.length ? a : [...all];
}
