// How many more samples a vote needs before it can no longer turn; the rules are those of vote.ts.
import type { JsonSchema } from "../model/language-model.js";
import { isPlainObject } from "../result/field-tree.js";
import { itemView, propertyView, type SchemaView, viewSchema } from "../schema/schema-view.js";
import { type Ballot, choiceOf, groupBy, itemBallots, keysOf, memberBallots, mostVotes, writtenForm } from "./ballots.js";
import { isMatchedByKey, matchItems } from "./match-items.js";
import { valueKey } from "./value-key.js";
import type { Sample } from "./vote.js";

/**
 * The fewest further samples, of `left` that may still be drawn, with which the vote of all fields could be settled; 0
 * where it is settled already: whatever the samples left would say, and however many of them were unusable,
 *
 * - a leaf has the same value in the same written form: no other, seen or unseen, could get more samples, nor as many
 *   from an earlier one on;
 * - a list keeps the same items, and these the same values: what it keeps is in half of its samples in any case, and
 *   what it leaves out, or has not seen, never is. Lists whose items are matched by likeness are settled only where all
 *   samples agree, because any new item can move the matches. The order of items, by mean position, may change.
 */
export function samplesToSettle(samples: readonly Sample[], schema: JsonSchema, left: number): number {
  if (samples.length === 0) return Math.ceil(left / 2);
  const ballots = samples.map(({ data, fields }, sample) => ({ data, fields, sample }));
  return Math.min(left, placeNeeds(ballots, viewSchema(schema), left));
}

function placeNeeds(ballots: readonly Ballot[], view: SchemaView, left: number): number {
  const groups = groupBy(ballots, choiceOf);
  const winner = mostVotes(groups);
  const [{ data }] = winner;
  const own = leadNeeds(groups, winner, left);
  if (Array.isArray(data)) return Math.max(own, listNeeds(winner, view, left));
  if (isPlainObject(data)) return Math.max(own, ...keysOf(winner).map((key) => placeNeeds(memberBallots(winner, key), propertyView(view, key), left)));
  const forms = groupBy(winner, writtenForm);
  return Math.max(own, leadNeeds(forms, mostVotes(forms), left));
}

/** With `more` further votes for the winner, no other group must be able to pass it with all that are left then. */
function leadNeeds(groups: readonly Ballot[][], winner: readonly Ballot[], left: number): number {
  // Others win a tie only where an earlier sample began them; those that are yet to come never do.
  const leads = groups
    .filter((group) => group !== winner)
    .map((group) => winner.length - group.length - (group[0].sample < winner[0].sample ? 1 : 0));
  return halfOf(left - Math.min(winner.length, ...leads));
}

function listNeeds(ballots: readonly Ballot[], view: SchemaView, left: number): number {
  const lists = ballots.map(({ data }) => data as unknown[]);
  const items = itemView(view, 0);
  const byKey = isMatchedByKey(lists, items);
  if (!byKey && new Set(lists.map(valueKey)).size > 1) return left;
  const total = ballots.length;
  // What was never seen stays out: all that are left together are less than half.
  const unseen = Math.floor((left - total) / 2) + 1;
  const needs = matchItems(lists, items).map((cluster) => {
    const isKept = cluster.length * 2 >= total;
    if (!isKept) return Math.floor((left + 2 * cluster.length - total) / 2) + 1;
    const inside = placeNeeds(itemBallots(ballots, cluster), itemView(view, cluster[0].index), left);
    return Math.max(inside, halfOf(left + total - 2 * cluster.length));
  });
  return Math.max(0, unseen, ...needs);
}

function halfOf(count: number): number {
  return Math.max(0, Math.ceil(count / 2));
}
