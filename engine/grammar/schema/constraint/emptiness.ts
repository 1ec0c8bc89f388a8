// Whether a set is seen to be empty without building it: keeps products small and tells the members of oneOf apart.
import { type Algebra, type ArraySet, type Constraint, itemAt, JSON_TYPES, type ObjectSet, type ValueSet } from "./constraint.js";
import { isNumberRangeEmpty } from "./intersect.js";
import { valueOfName } from "./property-values.js";

/** Items that are looked at. */
const MAX_ITEMS = 8;

/** @param depth levels of parts that are looked into; @returns false where it cannot be told */
export function isSetEmpty(set: ValueSet, depth: number, algebra: Algebra): boolean {
  switch (set.kind) {
    case "literal":
      return set.values.length === 0;
    case "number":
      return isNumberRangeEmpty(set);
    case "string":
      return set.minLength > set.maxLength || (set.rules.length > 1 && algebra.areContradictory(set.rules));
    case "array":
      return isArrayEmpty(set, depth, algebra);
    case "object":
      return isObjectEmpty(set, depth, algebra);
  }
}

function isConstraintEmpty(constraint: Constraint, depth: number, algebra: Algebra): boolean {
  if (constraint === algebra.never) return true;
  if (depth <= 0 || constraint === algebra.any) return false;
  return JSON_TYPES.every((type) => algebra.sets(constraint, type).every((set) => isSetEmpty(set, depth, algebra)));
}

function isArrayEmpty(set: ArraySet, depth: number, algebra: Algebra): boolean {
  if (set.minItems > set.maxItems || set.contains.some(({ min, max }) => min > Math.min(max, set.maxItems))) return true;
  const longest = Math.max(0, ...set.layers.map(({ prefix }) => prefix.length));
  const count = Math.min(set.minItems, longest + 1, MAX_ITEMS);
  for (let index = 0; index < count; index++) {
    const items = algebra.and(set.layers.map((layer) => itemAt(layer, index)));
    if (isConstraintEmpty(items, depth - 1, algebra)) return true;
  }
  return false;
}

function isObjectEmpty(set: ObjectSet, depth: number, algebra: Algebra): boolean {
  if (set.minProperties > set.maxProperties || set.required.length > set.maxProperties) return true;
  return set.required.some((name) => isConstraintEmpty(valueOfName(set, name, algebra, []), depth - 1, algebra));
}
