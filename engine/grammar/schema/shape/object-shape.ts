// A set of objects as shapes: named properties in the order of their schemas, then classes of free names.
import type { ObjectShape, PropertyShape } from "../../shape.js";
import type { Constraint, ObjectSet, Refusal, WitnessRule } from "../constraint/constraint.js";
import { fits } from "../constraint/fits.js";
import { valueOfName } from "../constraint/property-values.js";
import { freeNames, type NameClass } from "./free-names.js";
import type { ShapeWriter } from "./shape-writer.js";

export function writeObjects(writer: ShapeWriter, set: ObjectSet): ObjectShape[] {
  const { listed, classes } = freeNames(writer, set);
  const names = new Set([...set.layers.flatMap(({ properties }) => [...properties.keys()]), ...set.required, ...listed]);
  const [witness, ...witnesses] = set.witnesses;
  if (!witness) return [writeObject(writer, set, [...names], classes)];
  if (classes.length > 0) {
    writer.options.leaveOut(witness.refusal);
    return writeObjects(writer, { ...set, witnesses });
  }
  return [...names].flatMap((name) => withWitness(writer, { ...set, witnesses }, name, witness));
}

/** The objects of `set` in which `name` is the property that a witness rule asks for. */
function withWitness(writer: ShapeWriter, set: ObjectSet, name: string, witness: WitnessRule): ObjectShape[] {
  const fit = fits(name, witness.name, writer.store);
  if (fit === false) return [];
  if (fit !== true) writer.options.leaveOut(fit);
  const layer = { properties: new Map([[name, witness.value]]), patterns: [], additional: writer.store.any };
  return writeObjects(writer, { ...set, layers: [...set.layers, layer], required: [...new Set([...set.required, name])] });
}

function writeObject(writer: ShapeWriter, set: ObjectSet, names: readonly string[], classes: readonly NameClass[]): ObjectShape {
  const required = new Set(set.required);
  const valueOf = (name: string): Constraint => {
    const unclear: Refusal[] = [];
    const value = valueOfName(set, name, writer.store, unclear);
    for (const refusal of unclear) writer.options.leaveOut(refusal);
    return value;
  };
  const properties: PropertyShape[] = [];
  for (const key of names) {
    const value = valueOf(key);
    const isRequired = required.has(key);
    if (isRequired || value !== writer.store.never) properties.push({ key, value: writer.shape(value, "any"), isRequired });
  }
  return {
    kind: "object",
    properties,
    // Names are told apart by their spelling.
    free: classes.map(({ names: form, value }) => ({ key: writer.text(form, [...form.except, ...names]), value: writer.shape(value, "any") })),
    minProperties: set.minProperties,
    maxProperties: set.maxProperties,
    minimumBytes: Infinity,
  };
}
