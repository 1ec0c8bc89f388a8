// Exactly one of several members: the others are subtracted only where they are not seen to be disjoint.
import type { ValueSet } from "./constraint.js";
import { equalityKey } from "./json-value.js";

/**
 * @param members the sets of each member, of one type
 * @param subtract the sets of one member without those of others, by their places
 */
export function exactlyOne(
  members: readonly (readonly ValueSet[])[],
  areDisjoint: (a: ValueSet, b: ValueSet) => boolean,
  subtract: (index: number, others: readonly number[]) => readonly ValueSet[],
): readonly ValueSet[] {
  const places = members.flatMap((sets, index) => (sets.length > 0 ? [index] : []));
  if (places.every((place) => members[place].every(({ kind, opaque }) => kind === "literal" && opaque.length === 0))) {
    return places.length > 1 ? singleLiterals(places.map((place) => members[place])) : (members[places[0]] ?? []);
  }
  const overlaps = new Map<number, number[]>(places.map((place) => [place, []]));
  for (const [order, a] of places.entries()) {
    for (const b of places.slice(order + 1)) {
      if (members[a].every((one) => members[b].every((other) => areDisjoint(one, other)))) continue;
      overlaps.get(a)!.push(b);
      overlaps.get(b)!.push(a);
    }
  }
  return places.flatMap((place) => {
    const others = overlaps.get(place)!;
    return others.length === 0 ? members[place] : subtract(place, others);
  });
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
