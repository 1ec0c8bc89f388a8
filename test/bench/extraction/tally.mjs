// Sums over the records of one set, read in one way.
import { FieldScores } from "./field-scores.mjs";

/** Differing runs and misplaced values kept as examples. */
const EXAMPLE_LIMIT = 20;

export class Tally {
  #scores = new FieldScores();
  #counts = { records: 0, parses: 0, fits: 0, finishes: 0, succeeds: 0 };
  #places = { values: 0, placed: 0, exact: 0 };
  #copies = { copies: 0, copiesPlaced: 0 };
  #forced = { replies: 0, equalReplies: 0, whollyEqualReplies: 0, runs: 0, equalRuns: 0, tokens: 0 };
  #costs = { wallMs: 0, promptTokens: 0, cachedTokens: 0, outputTokens: 0, prefillMs: 0, decodeMs: 0, maskMs: 0 };
  #examples = { errors: [], misplaced: [], differing: [] };

  /** @param outcome as `measureRecord` in `extraction.mjs` makes it. */
  add({ id, gold, reply, data, places, copies, forced, usage, wallMs, error }) {
    this.#scores.add(data, gold);
    this.#counts.records++;
    this.#counts.succeeds += Number(data !== undefined);
    for (const check of ["parses", "fits", "finishes"]) this.#counts[check] += Number(reply?.[check] ?? false);
    this.#costs.wallMs += wallMs;
    sum(this.#costs, usage);
    sum(this.#places, places);
    sum(this.#copies, copies);
    this.#keep("misplaced", id, places?.misplaced);
    this.#keep("misplaced", id, copies?.misplaced);
    if (error) this.#keep("errors", id, [{ error }]);
    if (reply?.finishes) this.#addForced(id, forced);
  }

  #addForced(id, forced) {
    sum(this.#forced, forced);
    this.#forced.replies++;
    this.#forced.equalReplies += Number(forced.isEqualReply);
    this.#forced.whollyEqualReplies += Number(forced.isWhollyEqual);
    this.#keep("differing", id, forced.differing);
  }

  #keep(kind, id, items = []) {
    const kept = this.#examples[kind];
    kept.push(...items.slice(0, EXAMPLE_LIMIT - kept.length).map((item) => ({ id, ...item })));
  }

  get figures() {
    const { records } = this.#counts;
    const { outputTokens, decodeMs, maskMs, wallMs } = this.#costs;
    const shareOfRecords = (name) => share(this.#counts[name], records);
    return {
      records,
      parse: shareOfRecords("parses"),
      validate: shareOfRecords("fits"),
      finish: shareOfRecords("finishes"),
      succeed: shareOfRecords("succeeds"),
      values: this.#places.values,
      atTheirSpans: share(this.#places.placed, this.#places.values),
      inSourceForm: share(this.#places.exact, this.#places.values),
      copies: this.#copies.copies,
      copiesAtTheirSpans: share(this.#copies.copiesPlaced, this.#copies.copies),
      fieldF1: this.#scores.figures,
      recordsPerHour: (records * 3_600_000) / Math.max(1, wallMs),
      outputTokensPerRecord: outputTokens / Math.max(1, records),
      forcedShare: share(this.#forced.tokens, outputTokens, 0),
      equalRunShare: share(this.#forced.equalRuns, this.#forced.runs),
      maskShare: share(maskMs, decodeMs, 0),
      forced: this.#forced,
      costs: this.#costs,
      examples: this.#examples,
    };
  }
}

function share(part, whole, ofNothing = 1) {
  return whole === 0 ? ofNothing : part / whole;
}

function sum(into, from = {}) {
  for (const key of Object.keys(into)) into[key] += from[key] ?? 0;
}
