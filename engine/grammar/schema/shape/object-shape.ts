// A set of objects as shapes: named properties in the order of their schemas, then classes of free names.
import type { ObjectShape, PropertyShape } from "../../shape.js";
import type { Algebra, Constraint, ObjectSet, PropertyLayer, Refusal, WitnessRule } from "../constraint/constraint.js";
import { fits } from "../constraint/fits.js";
import { valueOfName } from "../constraint/property-values.js";
import { freeNames, type NameClass } from "./free-names.js";
import type { ShapeWriter } from "./shape-writer.js";

/** Each doubles the alternatives. */
const MAX_COUNTED_NAMES = 4;

export function writeObjects(writer: ShapeWriter, set: ObjectSet): ObjectShape[] {
  const { listed, classes } = freeNames(writer, set);
  const names = new Set([...declaredNames(set), ...set.required, ...listed]);
  const [witness, ...witnesses] = set.witnesses;
  if (!witness) return [writeObject(writer, set, [...names], classes)];
  if (classes.length > 0) {
    const known = namesOutsideOf(writer, witness);
    if (known) return subsets(known).flatMap((present) => writeObjects(writer, withMore({ ...set, witnesses }, known, present, writer.store)));
    writer.options.leaveOut(witness.refusal);
    return writeObjects(writer, { ...set, witnesses });
  }
  return [...names].flatMap((name) => withWitness(writer, { ...set, witnesses }, name, witness));
}

/** In the order of the schemas; one that names only what another names, such as a condition, has no say in it. */
function declaredNames({ layers }: ObjectSet): string[] {
  if (layers.length === 1) return [...layers[0].properties.keys()];
  return layers.filter((layer) => !layers.some((other) => isPart(layer, other))).flatMap(({ properties }) => [...properties.keys()]);
}

function isPart({ properties: some }: PropertyLayer, { properties: all }: PropertyLayer): boolean {
  return some.size < all.size && [...some.keys()].every((name) => all.has(name));
}

/** The objects of `set` in which `name` is the property that a witness rule asks for. */
function withWitness(writer: ShapeWriter, set: ObjectSet, name: string, witness: WitnessRule): ObjectShape[] {
  const fit = fits(name, witness.name, writer.store);
  if (fit === false) return [];
  if (fit !== true) writer.options.leaveOut(fit);
  const layer = { properties: new Map([[name, witness.value]]), patterns: [], additional: writer.store.any };
  return writeObjects(writer, { ...set, layers: [...set.layers, layer], required: [...new Set([...set.required, name])] });
}

/** The names of which a witness rule wants one more, whatever it is; undefined where it wants something else. */
function namesOutsideOf(writer: ShapeWriter, { name, value }: WitnessRule): readonly string[] | undefined {
  const [names, ...others] = writer.sets(name, "string");
  if (value !== writer.store.any || others.length > 0 || names?.kind !== "string" || names.except.length > MAX_COUNTED_NAMES) return undefined;
  const isOther = names.rules.length + names.opaque.length + names.minLength > 0 || names.maxLength < Infinity;
  return isOther ? undefined : names.except;
}

/** The objects that have, of the `known` names, only those `present`, and another one: which is a matter of counting. */
function withMore(set: ObjectSet, known: readonly string[], present: readonly string[], algebra: Algebra): ObjectSet {
  const absent = known.filter((name) => !present.includes(name));
  return {
    ...set,
    required: [...new Set([...set.required, ...present])],
    layers: [...set.layers, ...absent.map((name) => algebra.without(name))],
    minProperties: Math.max(set.minProperties, present.length + 1),
  };
}

function subsets(names: readonly string[]): string[][] {
  return names.reduce<string[][]>((all, name) => [...all, ...all.map((some) => [...some, name])], [[]]);
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
