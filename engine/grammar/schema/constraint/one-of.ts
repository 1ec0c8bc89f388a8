// Exactly one of several members: the others are subtracted only where they are not seen to be disjoint.
import { type Algebra, JSON_TYPES, type ObjectSet, type ValueSet } from "./constraint.js";
import { ConstraintLimit } from "./constraint-limit.js";
import { equalityKey } from "./json-value.js";
import { valueOfName } from "./property-values.js";

/** For each member, keys that it shares with all it overlaps; undefined where there are none. */
export type Discriminate = (members: readonly (readonly ValueSet[])[]) => readonly (readonly string[])[] | undefined;

/** Fewer are compared one by one. */
const MANY_MEMBERS = 10;

/**
 * @param members the sets of each member, of one type
 * @param discriminate finds out quickly what tells many members apart
 * @param subtract the sets of one member without those of others, by their places
 */
export function exactlyOne(
  members: readonly (readonly ValueSet[])[],
  areDisjoint: (a: ValueSet, b: ValueSet) => boolean,
  subtract: (index: number, others: readonly number[]) => readonly ValueSet[],
  discriminate: Discriminate,
): readonly ValueSet[] {
  const places = members.flatMap((sets, index) => (sets.length > 0 ? [index] : []));
  if (places.every((place) => members[place].every(({ kind, opaque }) => kind === "literal" && opaque.length === 0))) {
    return places.length > 1 ? singleLiterals(places.map((place) => members[place])) : (members[places[0]] ?? []);
  }
  const overlaps = new Map<number, number[]>(places.map((place) => [place, []]));
  for (const [a, b] of candidatePairs(members, places, discriminate)) {
    if (members[a].every((one) => members[b].every((other) => areDisjoint(one, other)))) continue;
    overlaps.get(a)!.push(b);
    overlaps.get(b)!.push(a);
  }
  return places.flatMap((place) => {
    const others = overlaps.get(place)!;
    return others.length === 0 ? members[place] : subtract(place, others);
  });
}

/** The pairs of members that may overlap. */
function* candidatePairs(
  members: readonly (readonly ValueSet[])[],
  places: readonly number[],
  discriminate: Discriminate,
): Generator<[a: number, b: number]> {
  const keys = places.length < MANY_MEMBERS ? undefined : discriminate(places.map((place) => members[place]));
  if (!keys) {
    for (const [order, a] of places.entries()) for (const b of places.slice(order + 1)) yield [a, b];
    return;
  }
  const holders = new Map<string, number[]>();
  for (const [order, place] of places.entries()) {
    const others = new Set(keys[order].flatMap((key) => holders.get(key) ?? []));
    for (const other of others) yield [other, place];
    for (const key of keys[order]) holders.set(key, [...(holders.get(key) ?? []), place]);
  }
}

/** The values that only one member lists. */
function singleLiterals(members: readonly (readonly ValueSet[])[]): ValueSet[] {
  const owners = new Map<string, number>();
  const keyed = members.map((sets, index) => {
    const values = new Map<string, unknown>();
    for (const set of sets) if (set.kind === "literal") for (const value of set.values) values.set(equalityKey(value), value);
    for (const key of values.keys()) owners.set(key, owners.has(key) ? -1 : index);
    return values;
  });
  const single = keyed.flatMap((values, index) => [...values].filter(([key]) => owners.get(key) === index).map(([, value]) => value));
  return single.length > 0 ? [{ kind: "literal", values: single, opaque: [] }] : [];
}

/** For each member the values of the first property that all of them require and list values for. */
export function discriminatorKeys(members: readonly (readonly ValueSet[])[], algebra: Algebra): string[][] | undefined {
  const objects: ObjectSet[][] = [];
  for (const sets of members) {
    const described = sets.filter((set) => set.kind === "object");
    if (described.length < sets.length || described.length === 0) return undefined;
    objects.push(described);
  }
  for (const name of objects[0][0].required) {
    const keys = objects.map((sets) => sets.map((set) => listedValues(set, name, algebra)));
    if (keys.every((listed) => listed.every((values) => values !== undefined))) return keys.map((listed) => listed.flatMap((values) => values!));
  }
  return undefined;
}

/** The values of a required property where all of them are listed. */
export function listedValues(set: ObjectSet, name: string, algebra: Algebra): string[] | undefined {
  if (!set.required.includes(name)) return undefined;
  const value = valueOfName(set, name, algebra, []);
  const keys: string[] = [];
  try {
    for (const type of JSON_TYPES) {
      for (const part of algebra.sets(value, type)) {
        if (part.kind !== "literal") return undefined;
        for (const one of part.values) keys.push(equalityKey(one));
      }
    }
    return keys;
  } catch (error) {
    if (error instanceof ConstraintLimit) return undefined;
    throw error;
  }
}
