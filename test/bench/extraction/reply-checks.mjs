// What is true of one reply: it is JSON, fits its schema, has ended, its values stand where they are said to stand,
// and its forced tokens are those that the tokenizer itself would have written.
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

/** Checks the reply's text against the schema that the engine was given. */
export function checkReply({ request, result }) {
  const parsed = parse(result.text);
  return {
    parses: parsed !== undefined,
    fits: parsed !== undefined && fitsSchema(parsed.value, request.format.schema),
    finishes: result.finishReason === "stop",
  };
}

function parse(text) {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Knows no keyword of ours: those that begin with `x-` are annotations to it. */
function fitsSchema(value, schema) {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  return ajv.validate(schema, value);
}

/**
 * The strings of an extraction beside the source: `placed` have spans and stand at every one of them, up to white space,
 * width, soft hyphens and letter case; `exact` of them are the source's own words up to white space.
 */
export function checkPlaces({ data, fields }, source) {
  const counts = { values: 0, placed: 0, exact: 0, misplaced: [] };
  for (const { path, value, field } of stringLeaves(data, fields, "")) {
    const texts = field.spans.map(({ start, end }) => source.slice(start, end));
    const placed = texts.length > 0 && texts.every((text) => even(text) === even(value));
    counts.values++;
    if (placed) counts.placed++;
    else counts.misplaced.push({ path, value, status: field.status, texts: texts.slice(0, 3) });
    if (placed && texts.some((text) => spaced(text) === spaced(value))) counts.exact++;
  }
  return counts;
}

/** What the engine says of its copies: each string of the reply beside the places of its source, up to the same differences. */
export function checkCopies({ request, result }) {
  const counts = { copies: 0, copiesPlaced: 0, misplaced: [] };
  for (const { start, end, source, spans } of result.verbatim) {
    const value = JSON.parse(result.text.slice(start, end));
    const texts = spans.map((span) => request.format.sources[source].slice(span.start, span.end));
    const placed = texts.length > 0 && texts.every((text) => even(text) === even(value));
    counts.copies++;
    if (placed) counts.copiesPlaced++;
    else counts.misplaced.push({ copy: value, texts: texts.slice(0, 3) });
  }
  return counts;
}

function stringLeaves(data, fields, path) {
  if (typeof data === "string") return [{ path, value: data, field: fields }];
  if (typeof data !== "object" || data === null) return [];
  return Object.entries(data).flatMap(([key, value]) => stringLeaves(value, fields[key], `${path}/${key}`));
}

function even(text) {
  const narrow = text.replaceAll("\u3000", " ").replaceAll(/[\uff01-\uff5e]/gu, (wide) => String.fromCodePoint(wide.codePointAt(0) - 0xfee0));
  return spaced(narrow.replaceAll("\u00ad", "")).toLowerCase();
}

function spaced(text) {
  return text.replaceAll(/\s+/gu, " ").trim();
}

/** The reply's runs of forced tokens beside the tokenizer's own ids for the whole text. */
export function checkForcedRuns({ text, tokens }, tokenizer) {
  const ownIds = tokenizer.encode(text);
  const own = new Map(placeTokens(ownIds, tokenizer).map(({ start, id }) => [start, id]));
  const placed = placeTokens(tokens.map(({ id }) => id), tokenizer);
  const isWhollyEqual = ownIds.join() === placed.map(({ id }) => id).join();
  const counts = { tokens: 0, runs: 0, equalRuns: 0, isEqualReply: true, isWhollyEqual, differing: [] };
  for (const run of forcedRuns(tokens)) {
    const differs = run.find((index) => own.get(placed[index].start) !== placed[index].id);
    counts.tokens += run.length;
    counts.runs++;
    if (differs === undefined) counts.equalRuns++;
    else counts.differing.push(describeRun(run, differs, { text, placed, own, tokenizer }));
  }
  counts.isEqualReply = counts.equalRuns === counts.runs;
  return counts;
}

function forcedRuns(tokens) {
  const runs = [];
  for (const [index, { isForced }] of tokens.entries()) {
    if (!isForced) continue;
    if (index > 0 && tokens[index - 1].isForced) runs.at(-1).push(index);
    else runs.push([index]);
  }
  return runs;
}

/** Tokens with the byte of the text where each begins. */
function placeTokens(ids, { tokenBytes }) {
  let start = 0;
  return ids.map((id) => {
    const place = { id, start };
    start += tokenBytes[id].length;
    return place;
  });
}

function describeRun(run, differs, { text, placed, own, tokenizer }) {
  const bytes = Buffer.from(text);
  const [first, last] = [placed[run[0]].start, placed[run.at(-1) + 1]?.start ?? bytes.length];
  const ownIds = [...own].filter(([start]) => start >= first && start < last).map(([, id]) => id);
  return {
    before: bytes.subarray(Math.max(0, first - 24), first).toString(),
    forced: run.map((index) => tokenizer.decode([placed[index].id])),
    own: ownIds.map((id) => tokenizer.decode([id])),
    after: bytes.subarray(last, last + 24).toString(),
    at: run.indexOf(differs),
  };
}
