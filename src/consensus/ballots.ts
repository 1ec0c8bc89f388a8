// What the samples of a record have at one place; vote.ts counts them, settle.ts says whether more could matter.
import { type FieldTree, isPlainObject, type PlainObject } from "../result/field-tree.js";
import type { ListItem } from "./match-items.js";
import { valueKey } from "./value-key.js";

/** What one sample has at a place; `data` undefined where an optional property is missing. */
export interface Ballot {
  data: unknown;
  fields: FieldTree;
  /** Position among the samples. */
  sample: number;
}

/** Objects and lists are first chosen as such and then voted over inside. */
export function choiceOf({ data }: Ballot): string {
  if (data === undefined) return "missing";
  if (Array.isArray(data)) return "array";
  return isPlainObject(data) ? "object" : valueKey(data);
}

export function writtenForm({ data }: Ballot): string {
  return JSON.stringify(data) ?? "missing";
}

/** Keys of all the objects. */
export function keysOf(ballots: readonly Ballot[]): string[] {
  return [...new Set(ballots.flatMap(({ data }) => Object.keys(data as PlainObject)))];
}

/** What the objects have at a key. */
export function memberBallots(ballots: readonly Ballot[], key: string): Ballot[] {
  return ballots.map(({ data, fields, sample }) => ({
    data: Object.hasOwn(data as PlainObject, key) ? (data as PlainObject)[key] : undefined,
    fields: (fields as { [key: string]: FieldTree })[key],
    sample,
  }));
}

/** The items of a cluster of the lists. */
export function itemBallots(ballots: readonly Ballot[], cluster: readonly ListItem[]): Ballot[] {
  return cluster.map(({ list, index }) => ({
    data: (ballots[list].data as unknown[])[index],
    fields: (ballots[list].fields as FieldTree[])[index],
    sample: ballots[list].sample,
  }));
}

/** Groups in the order of their first ballots. */
export function groupBy(ballots: readonly Ballot[], key: (ballot: Ballot) => string): Ballot[][] {
  const groups = new Map<string, Ballot[]>();
  for (const ballot of ballots) {
    const name = key(ballot);
    const group = groups.get(name);
    if (group) group.push(ballot);
    else groups.set(name, [ballot]);
  }
  return [...groups.values()];
}

/** The largest group; of equal ones the first, which an earlier sample began. */
export function mostVotes(groups: readonly Ballot[][]): Ballot[] {
  return groups.reduce((best, group) => (group.length > best.length ? group : best));
}
