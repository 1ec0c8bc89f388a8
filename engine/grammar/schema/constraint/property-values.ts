// What the layers of an object say of one name.
import type { Algebra, Constraint, ObjectSet, PropertyLayer, Refusal } from "./constraint.js";
import { fits } from "./fits.js";

/** The constraints that one layer puts on the value of `name`; refusals go to `unclear`. */
function valuesInLayer(layer: PropertyLayer, name: string, algebra: Algebra, unclear: Refusal[]): Constraint[] {
  const values: Constraint[] = [];
  const declared = layer.properties.get(name);
  if (declared) values.push(declared);
  for (const { rule, value } of layer.patterns) {
    const isMatch = algebra.matches(rule, name);
    if (typeof isMatch === "object") unclear.push(isMatch);
    else if (isMatch) values.push(value);
  }
  if (values.length === 0 && unclear.length === 0) values.push(layer.additional);
  return values;
}

/** The value of `name`; refusals go to `unclear`. */
export function valueOfName(set: ObjectSet, name: string, algebra: Algebra, unclear: Refusal[]): Constraint {
  for (const names of set.names) {
    const isName = fits(name, names, algebra);
    if (isName === false) return algebra.never;
    if (isName !== true) unclear.push(isName);
  }
  return algebra.and(set.layers.flatMap((layer) => valuesInLayer(layer, name, algebra, unclear)));
}
