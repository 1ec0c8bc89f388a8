// Whether one value is in a set: filters enumerations, and is what intersections and complements are measured against.
import {
  type Algebra, type ArraySet, type Constraint, isFull, itemAt, type NumberSet, type ObjectSet, type PropertyLayer, type Refusal, type StringSet,
  typeOfValue, type ValueSet, type WitnessRule,
} from "./constraint.js";
import { equalityKey, isMultiple } from "./json-value.js";

/** A refusal where it cannot be told. */
export type Fit = boolean | Refusal;

export function fits(value: unknown, constraint: Constraint, algebra: Algebra): Fit {
  if (constraint === algebra.any) return true;
  return someFit(algebra.sets(constraint, typeOfValue(value)), (set) => fitsSet(value, set, algebra));
}

/** @param value of the set's own type */
export function fitsSet(value: unknown, set: ValueSet, algebra: Algebra): Fit {
  if (isFull(set)) return true;
  const fit = fitsConditions(value, set, algebra);
  return fit === true && set.opaque.length > 0 ? set.opaque[0] : fit;
}

function fitsConditions(value: unknown, set: ValueSet, algebra: Algebra): Fit {
  switch (set.kind) {
    case "literal": {
      const key = equalityKey(value);
      return set.values.some((other) => equalityKey(other) === key);
    }
    case "number":
      return fitsNumber(value as number, set);
    case "string":
      return fitsString(value as string, set, algebra);
    case "array":
      return fitsArray(value as unknown[], set, algebra);
    case "object":
      return fitsObject(value as Record<string, unknown>, set, algebra);
  }
}

function fitsNumber(value: number, set: NumberSet): boolean {
  const isAbove = set.isMinimumOpen ? value > set.minimum : value >= set.minimum;
  const isBelow = set.isMaximumOpen ? value < set.maximum : value <= set.maximum;
  return (
    isAbove && isBelow && (Number.isInteger(value) ? !set.isFraction : !set.isInteger) && !set.except.includes(value) &&
    set.multiplesOf.every((divisor) => isMultiple(value, divisor))
  );
}

function fitsString(value: string, set: StringSet, algebra: Algebra): Fit {
  if (set.minLength > 0 || set.maxLength < Infinity) {
    const length = [...value].length;
    if (length < set.minLength || length > set.maxLength) return false;
  }
  if (set.except.includes(value)) return false;
  const { verbatim } = set;
  const copied: Fit = verbatim ? { path: verbatim.path, keyword: "x-verbatim", reason: "it stands beside listed values." } : true;
  return everyFit(set.rules, (rule) => algebra.matches(rule, value), copied);
}

function fitsArray(value: unknown[], set: ArraySet, algebra: Algebra): Fit {
  if (value.length < set.minItems || value.length > set.maxItems) return false;
  if (set.uniqueAt !== undefined && new Set(value.map(equalityKey)).size < value.length) return false;
  const items = everyFit(set.layers, (layer) => everyFit(value, (item, index) => fits(item, itemAt(layer, index), algebra)));
  return everyFit(
    set.contains,
    (rule) => {
      let count = 0;
      for (const [index, item] of value.entries()) {
        const fit = fits(item, itemAt(rule, index), algebra);
        if (typeof fit === "object") return fit;
        if (fit) count++;
      }
      return count >= rule.min && count <= rule.max;
    },
    items,
  );
}

function fitsObject(value: Record<string, unknown>, set: ObjectSet, algebra: Algebra): Fit {
  const names = Object.keys(value);
  if (names.length < set.minProperties || names.length > set.maxProperties) return false;
  if (!set.required.every((name) => Object.hasOwn(value, name))) return false;
  const named = everyFit(set.names, (rule) => everyFit(names, (name) => fits(name, rule, algebra)));
  const valued = everyFit(set.layers, (layer) => everyFit(names, (name) => fitsLayer(value[name], name, layer, algebra)), named);
  return everyFit(set.witnesses, (witness) => someFit(names, (name) => fitsWitness(value[name], name, witness, algebra)), valued);
}

function fitsWitness(value: unknown, name: string, witness: WitnessRule, algebra: Algebra): Fit {
  const fit = fits(name, witness.name, algebra);
  return fit === true ? fits(value, witness.value, algebra) : fit;
}

function fitsLayer(value: unknown, name: string, layer: PropertyLayer, algebra: Algebra): Fit {
  const declared = layer.properties.get(name);
  let isNamed = declared !== undefined;
  let fit: Fit = declared ? fits(value, declared, algebra) : true;
  for (const pattern of layer.patterns) {
    if (fit === false) return false;
    const isMatch = algebra.matches(pattern.rule, name);
    if (typeof isMatch === "object") fit = isMatch;
    if (isMatch !== true) continue;
    isNamed = true;
    const one = fits(value, pattern.value, algebra);
    if (one !== true) fit = one;
  }
  return isNamed || fit !== true ? fit : fits(value, layer.additional, algebra);
}

function everyFit<T>(parts: readonly T[], test: (part: T, index: number) => Fit, start: Fit = true): Fit {
  let whole = start;
  for (const [index, part] of parts.entries()) {
    if (whole === false) return false;
    const fit = test(part, index);
    if (fit !== true) whole = fit;
  }
  return whole;
}

function someFit<T>(parts: readonly T[], test: (part: T) => Fit): Fit {
  let whole: Fit = false;
  for (const part of parts) {
    const fit = test(part);
    if (fit === true) return true;
    if (fit !== false) whole = fit;
  }
  return whole;
}
