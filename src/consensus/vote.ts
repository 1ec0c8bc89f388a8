// Samples of one record -> one record: each field goes to the value that most samples gave.
import type { Field } from "../result/extraction.js";
import { absentField, type FieldTree, isPlainObject } from "../result/field-tree.js";
import type { JsonSchema } from "../model/language-model.js";
import { itemView, propertyView, type SchemaView, viewSchema } from "../schema/schema-view.js";
import { type Ballot, choiceOf, groupBy, itemBallots, keysOf, memberBallots, mostVotes, writtenForm } from "./ballots.js";
import { matchItems } from "./match-items.js";
import { mergeAlternatives } from "./merge-alternatives.js";
import { valueKey } from "./value-key.js";

export interface Sample {
  data: unknown;
  fields: FieldTree;
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

function voteObject(ballots: readonly Ballot[], view: SchemaView, total: number): Sample {
  const voted = keysOf(ballots).map((key) => [key, votePlace(memberBallots(ballots, key), propertyView(view, key), total)] as const);
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
    .map((cluster) => votePlace(itemBallots(ballots, cluster), itemView(view, cluster[0].index), total));
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

/** The best-grounded, then the surest field of those that hold the chosen form. */
function bestField(ballots: readonly Ballot[]): Field {
  const rank = { verbatim: 0, derived: 1, absent: 2, ungrounded: 3 };
  return ballots
    .map(({ fields }) => fields as Field)
    .toSorted((a, b) => rank[a.status] - rank[b.status] || (b.confidence ?? 0) - (a.confidence ?? 0))[0];
}
