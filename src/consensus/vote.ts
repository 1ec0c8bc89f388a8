// Samples of one record -> one record: each field goes to the value that most samples gave.
import type { Alternative, Field } from "../result/extraction.js";
import { absentField, type FieldTree, isPlainObject, type PlainObject } from "../result/field-tree.js";
import type { JsonSchema } from "../model/language-model.js";
import { itemView, propertyView, type SchemaView, viewSchema } from "../schema/schema-view.js";
import { matchItems } from "./match-items.js";
import { valueKey } from "./value-key.js";

export interface Sample {
  data: unknown;
  fields: FieldTree;
}

/** What one sample has at a place; `data` undefined where an optional property is missing. */
interface Ballot extends Sample {
  /** Position among the samples. */
  sample: number;
}

/**
 * Votes field by field. Leaves: values that agree up to number format, case, space and punctuation count together; the most
 * frequent written form wins, a tie goes to the earlier sample. Lists keep what at least half of the samples have;
 * objects in lists are matched by their `x-key` fields, else by their required strings, else by all they hold.
 *
 * A field's confidence is the lower of the share of all samples that agree and the best confidence among those.
 * Losing values become alternatives with their share. A single sample is returned as it is.
 */
export function vote(samples: readonly Sample[], schema: JsonSchema): Sample {
  if (samples.length === 0) throw new RangeError("There is nothing to vote over.");
  if (samples.length === 1) return { data: samples[0].data, fields: samples[0].fields };
  const ballots = samples.map(({ data, fields }, sample) => ({ data, fields, sample }));
  return votePlace(ballots, viewSchema(schema), samples.length);
}

function votePlace(ballots: readonly Ballot[], view: SchemaView, total: number): Sample {
  const winner = mostVotes(groupBy(ballots, choiceOf));
  const [{ data }] = winner;
  if (Array.isArray(data)) return voteArray(winner, view, total);
  if (isPlainObject(data)) return voteObject(winner, view, total);
  return voteLeaf(ballots, winner, total);
}

/** Objects and lists are first chosen as such and then voted over inside. */
function choiceOf({ data }: Sample): string {
  if (data === undefined) return "missing";
  if (Array.isArray(data)) return "array";
  return isPlainObject(data) ? "object" : valueKey(data);
}

function voteObject(ballots: readonly Ballot[], view: SchemaView, total: number): Sample {
  const keys = [...new Set(ballots.flatMap(({ data }) => Object.keys(data as PlainObject)))];
  const voted = keys.map((key) => {
    const inner = ballots.map(({ data, fields, sample }) => ({
      data: Object.hasOwn(data as PlainObject, key) ? (data as PlainObject)[key] : undefined,
      fields: (fields as { [key: string]: FieldTree })[key],
      sample,
    }));
    return [key, votePlace(inner, propertyView(view, key), total)] as const;
  });
  const present = voted.filter(([, { data }]) => data !== undefined);
  return {
    data: Object.fromEntries(present.map(([key, { data }]) => [key, data])),
    fields: Object.fromEntries(present.map(([key, { fields }]) => [key, fields])),
  };
}

function voteArray(ballots: readonly Ballot[], view: SchemaView, total: number): Sample {
  const clusters = matchItems(
    ballots.map(({ data }) => data as unknown[]),
    itemView(view, 0),
  );
  const items = clusters
    .filter((cluster) => cluster.length * 2 >= ballots.length)
    .map((cluster) => {
      const inner = cluster.map(({ list, index }) => ({
        data: (ballots[list].data as unknown[])[index],
        fields: (ballots[list].fields as FieldTree[])[index],
        sample: ballots[list].sample,
      }));
      return votePlace(inner, itemView(view, cluster[0].index), total);
    });
  return { data: items.map(({ data }) => data), fields: items.map(({ fields }) => fields) };
}

/** @param all ballots of the place, `winner` those among them whose values agree. */
function voteLeaf(all: readonly Ballot[], winner: readonly Ballot[], total: number): Sample {
  const form = mostVotes(groupBy(winner, writtenForm));
  const [{ data }] = form;
  if (data === undefined) return { data, fields: absentField(undefined) };

  const share = winner.length / total;
  const known = winner.map(({ fields }) => (fields as Field).confidence).filter((confidence) => confidence !== undefined);
  const chosen = bestField(form);
  const losers = all.filter((ballot) => !winner.includes(ballot) && ballot.data !== undefined);
  const losing = groupBy(losers, (ballot) => valueKey(ballot.data)).map((group) => ({
    value: mostVotes(groupBy(group, writtenForm))[0].data,
    confidence: group.length / total,
  }));
  const fields = {
    ...chosen,
    confidence: known.length > 0 ? Math.min(share, Math.max(...known)) : share,
    alternatives: mergeAlternatives(losing, chosen.alternatives),
  };
  return { data, fields };
}

function writtenForm({ data }: Sample): string {
  return JSON.stringify(data) ?? "missing";
}

/** The best-grounded, then the surest field of those that hold the chosen form. */
function bestField(ballots: readonly Ballot[]): Field {
  const rank = { verbatim: 0, derived: 1, absent: 2, ungrounded: 3 };
  return ballots
    .map(({ fields }) => fields as Field)
    .toSorted((a, b) => rank[a.status] - rank[b.status] || (b.confidence ?? 0) - (a.confidence ?? 0))[0];
}

function mergeAlternatives(voted: readonly Alternative[], earlier: readonly Alternative[]): Alternative[] {
  const known = new Set(voted.map(({ value }) => valueKey(value)));
  return [...voted, ...earlier.filter(({ value }) => !known.has(valueKey(value)))].toSorted((a, b) => b.confidence - a.confidence);
}

/** Groups in the order of their first ballots. */
function groupBy(ballots: readonly Ballot[], key: (ballot: Ballot) => string): Ballot[][] {
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
function mostVotes(groups: readonly Ballot[][]): Ballot[] {
  return groups.reduce((best, group) => (group.length > best.length ? group : best));
}
