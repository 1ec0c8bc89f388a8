// The labelled sets of `extraction.mjs`: which records are measured, what is asked of them, and what solved records the model is shown.
// The files are not part of the package: their licences differ. Fields and wording follow the sets' own gold.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** Clauses of CUAD (Hendrycks et al. 2021) that are sentences; names and dates stand in a contract's head only. */
const CLAUSES = {
  "License Grant": "clause granting a licence (right to use) from one party to the other",
  Exclusivity: "clause giving one party exclusive dealing, territory or supply",
  "Cap On Liability": "clause limiting or capping liability",
  "Ip Ownership Assignment": "clause by which IP created by one party becomes property of the other",
  "Renewal Term": "clause on renewal or extension of the term",
  "Termination For Convenience": "clause allowing a party to terminate without cause",
  "Governing Law": "clause naming the law that governs the agreement",
  "Irrevocable Or Perpetual License": "clause saying a licence is irrevocable or perpetual",
  "Anti-Assignment": "clause requiring consent or notice for assignment to a third party",
  "Post-Termination Services": "obligations continuing after termination or expiry",
  "Revenue/Profit Sharing": "clause sharing revenue, profit or royalties",
  "Volume Restriction": "fee or limit when usage exceeds a threshold",
  "Non-Compete": "clause forbidding a party to compete",
  "Notice Period To Terminate Renewal": "notice period to stop an automatic renewal",
  "Rofr/Rofo/Rofn": "right of first refusal, first offer or first negotiation",
  "Minimum Commitment": "minimum purchase or amount a party must buy",
  "Non-Transferable License": "clause saying a licence is non-transferable",
  "Most Favored Nation": "most favoured customer pricing clause",
  Insurance: "clause requiring insurance",
  "Covenant Not To Sue": "promise not to contest the other party's IP or to sue",
  "Non-Disparagement": "promise not to disparage the other party",
  "Uncapped Liability": "liability that is not capped",
  "Audit Rights": "right to audit or inspect books and records",
  "Warranty Duration": "length of a warranty",
  "Change Of Control": "clause on change of control or merger",
  "No-Solicit Of Employees": "promise not to solicit employees",
  "No-Solicit Of Customers": "promise not to solicit customers",
  "Liquidated Damages": "liquidated damages or termination fee",
  "Source Code Escrow": "source code escrow clause",
};
const CLAUSE_CHARS = 450;
/** Of each kind, per record: so many clauses that are there, and so many that are not. */
const CLAUSES_ASKED = 2;

const ENTITIES = {
  犯罪嫌疑人: "犯罪嫌疑人或被告人姓名",
  受害人: "被害人或失主姓名",
  被盗物品: "被盗的物品",
  物品价值: "物品价值或金额",
  时间: "案发时间",
  地点: "案发地点",
};

const RECEIPT_FIELDS = {
  company: [80, "name of the shop or company that issued the receipt"],
  date: [40, "date of the receipt, as printed"],
  address: [200, "address of the shop, as printed"],
  total: [20, "total amount to pay, the number as printed, without currency"],
};

const SETS = {
  fin_sroie: {
    language: "en",
    template: "Extract the fields of this shop receipt.",
    maxTokens: 256,
    exampleCount: 2,
    read: ({ input, gold }) => ({ document: input, gold, fields: Object.keys(RECEIPT_FIELDS) }),
    schema: (_fields, text) => mapObject(RECEIPT_FIELDS, ([limit, what]) => text(limit).nullable().describe(what)),
  },
  legal_cuad_windows: {
    language: "en",
    template:
      "Find the clauses in this contract excerpt. Copy the full sentence of each clause exactly; use null when the excerpt has no such clause.",
    maxTokens: 640,
    exampleCount: 1,
    read: readWindow,
    schema: (fields, text) => Object.fromEntries(fields.map((name) => [name, text(CLAUSE_CHARS).nullable().describe(CLAUSES[name])])),
  },
  legal_zh_lawbench_ner: {
    language: "zh",
    template: "从下面的法律文书中抽取实体。",
    maxTokens: 400,
    exampleCount: 3,
    read: readJudgment,
    schema: (_fields, text) => mapObject(ENTITIES, (what) => z.array(text(60)).max(8).describe(what)),
  },
};

export const setNames = Object.keys(SETS);

/**
 * The records of one set, in an order that does not depend on the file's, and the rest as a pool of examples.
 *
 * @returns undefined where the folder has no such file.
 */
export async function readSet(folder, name, recordCount) {
  const path = join(folder, `${name}.jsonl`);
  if (!existsSync(path)) return undefined;
  const set = SETS[name];
  const lines = (await readFile(path, "utf8")).split("\n").filter(Boolean);
  const all = lines.map((line) => JSON.parse(line)).toSorted((a, b) => (rank(a.id) < rank(b.id) ? -1 : 1));
  const usable = all.map((raw) => ({ id: raw.id, group: raw.group, ...set.read(raw) })).filter(({ gold }) => gold && isAnswered(gold));
  const records = usable.slice(0, recordCount);
  const groups = new Set(records.map(({ group }) => group));
  const pool = usable.slice(recordCount).filter(({ group }) => !groups.has(group));
  return { name, ...set, records, pool };
}

/** The definition of the task that asks for one record. `text(limit)` makes the schema of a value that stands in the document. */
export function taskDefinition({ name, schema, template, pool, exampleCount, maxTokens }, { fields }, text) {
  return {
    name: `bench_${name}`,
    description: template,
    output: z.object(schema(fields, text)),
    template,
    examples: chooseExamples(pool, fields, exampleCount),
    maxTokens,
    readings: 1,
  };
}

/** Solved records with the same fields: the fullest first, and last one that lacks some. The nearest in length to a short one. */
function chooseExamples(pool, fields, count) {
  const shortest = pool.toSorted((a, b) => a.document.length - b.document.length).slice(0, Math.max(count, pool.length >> 1));
  const solved = shortest
    .map(({ document, gold, whole = gold }) => ({ document, answer: Object.fromEntries(fields.map((field) => [field, asAnswer(whole[field])])) }))
    .filter(({ answer }) => Object.values(answer).every((value) => typeof value !== "string" || value.length < CLAUSE_CHARS))
    .map((example) => ({ ...example, filled: Object.values(example.answer).filter(isFilled).length }))
    .filter(({ filled }) => filled > 0)
    .toSorted((a, b) => b.filled - a.filled);
  const partial = solved.find(({ filled }) => filled < fields.length);
  const full = solved.filter((example) => example !== partial).slice(0, partial ? count - 1 : count);
  return [...full, partial].filter(Boolean).map(({ document, answer }) => ({ document, answer }));
}

/** A window's question: clauses that it has and clauses that it has not, which they are depends on its id alone. */
function readWindow({ id, input, gold }) {
  const whole = Object.fromEntries(Object.keys(CLAUSES).map((name) => [name, { texts: (gold[name] ?? []).map(({ text }) => text) }]));
  const present = Object.keys(CLAUSES).filter((name) => whole[name].texts.length > 0);
  const short = present.filter((name) => whole[name].texts.every((text) => text.length < CLAUSE_CHARS));
  const absent = Object.keys(CLAUSES).filter((name) => !present.includes(name));
  const asked = [...shuffled(short, id).slice(0, CLAUSES_ASKED), ...shuffled(absent, id).slice(0, CLAUSES_ASKED)];
  const fields = shuffled(asked, `${id} order`);
  return { document: input, fields, gold: Object.fromEntries(fields.map((name) => [name, whole[name]])), whole };
}

function readJudgment({ input, gold }) {
  const fields = Object.keys(ENTITIES);
  return { document: input, fields, gold: Object.fromEntries(fields.map((name) => [name, gold[name] ?? []])) };
}

/** Clauses are one value that may stand in several places: the first is shown. */
function asAnswer(gold) {
  if (gold && typeof gold === "object" && "texts" in gold) return gold.texts[0]?.replaceAll(/\s+/gu, " ").trim() ?? null;
  return Array.isArray(gold) ? gold.slice(0, 8) : (gold ?? null);
}

function isFilled(value) {
  return Array.isArray(value) ? value.length > 0 : value !== null;
}

function isAnswered(gold) {
  return Object.values(gold).some((value) => isFilled(asAnswer(value)));
}

function mapObject(object, map) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, map(value)]));
}

function shuffled(names, seed) {
  return names.toSorted((a, b) => (rank(seed + a) < rank(seed + b) ? -1 : 1));
}

function rank(text) {
  return createHash("sha256").update(text).digest("hex");
}
