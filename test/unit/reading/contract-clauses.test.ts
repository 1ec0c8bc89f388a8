// The strategy `clauses`: yes or no, the quote, its place in the contract.
import { describe, expect, it } from "vitest";
import { clauseCategories } from "../../../schemas/index.js";
import { defineContractClauses, extractContractClauses } from "../../../src/index.js";
import { createScriptedModel, type ScriptedReply } from "../../../src/model/scripted-model.js";

const contract = `SUPPLY AGREEMENT

This Agreement is made on 3 May 2021 between Alder Ltd and Beech GmbH.

1. Law. This Agreement shall be governed by the laws of Norway, without regard
to its conflict of law rules. Venue is Oslo.

2. Insurance. Supplier shall maintain liability insurance of at least EUR 1,000,000.`;

const header =
  '{"documentName": "SUPPLY AGREEMENT", "parties": ["Alder Ltd", "Beech GmbH"], "agreementDate": "3 May 2021", "effectiveDate": null, "expirationDate": null}';

const { governingLaw, insurance, nonCompete } = clauseCategories;
const task = defineContractClauses({ categories: { governingLaw, insurance, nonCompete } });

function dated(expires: string): string {
  return header.replace('"effectiveDate": null, "expirationDate": null', `"effectiveDate": "3 May 2021", "expirationDate": "${expires}"`);
}

/** Answers by what is asked: the header, yes or no a category, and the quotes. */
function script(quotes: Record<string, ScriptedReply>) {
  return createScriptedModel((request) => {
    const question = request.messages.at(-1)!.content;
    const title = Object.keys(quotes).find((name) => question.includes(`type "${name}"`));
    if (request.format.type === "choice") {
      return title ? { text: "yes", probabilities: [0.8, 0.2] } : { text: "no", probabilities: [0.1, 0.9] };
    }
    return title ? quotes[title] : header;
  });
}

describe("extractContractClauses", () => {
  it("widens a quote to its sentence in the source and takes P(yes) for its confidence", async () => {
    const model = script({ "Governing Law": '{"Governing Law": "governed by the laws of Norway"}' });
    const { data, fields, trace } = await task(contract, { model });
    expect(data.clauses).toEqual({
      governingLaw: "This Agreement shall be governed by the laws of Norway, without regard to its conflict of law rules.",
      insurance: null,
      nonCompete: null,
    });
    const [span] = fields.clauses.governingLaw.spans;
    expect(contract.slice(span.start, span.end)).toBe(
      "This Agreement shall be governed by the laws of Norway, without regard\nto its conflict of law rules.",
    );
    expect(fields.clauses.governingLaw).toMatchObject({ status: "verbatim", confidence: 0.8 });
    expect(fields.clauses.insurance).toMatchObject({ status: "absent", confidence: 0.9 });
    expect(trace.map(({ purpose, path }) => `${purpose} ${path}`)).toEqual([
      "record ",
      "presence /clauses/governingLaw",
      "quote /clauses/governingLaw",
      "presence /clauses/insurance",
      "presence /clauses/nonCompete",
    ]);
  });

  it("gives dates in ISO form with the printed date as evidence", async () => {
    const { data, fields } = await task(contract, { model: script({}) });
    expect(data).toMatchObject({ documentName: "SUPPLY AGREEMENT", parties: ["Alder Ltd", "Beech GmbH"], agreementDate: "2021-05-03" });
    expect(fields.agreementDate).toMatchObject({ status: "derived", spans: [{ text: "3 May 2021" }] });
    expect(fields.parties[1]).toMatchObject({ status: "verbatim" });
  });

  it("writes a date anew that is before another, and keeps the clauses", async () => {
    const plain = script({ "Governing Law": '{"Governing Law": "governed by the laws of Norway"}' });
    const model = createScriptedModel(
      async (request) => {
        const { format, messages } = request;
        if (format.type === "json" && "expirationDate" in (format.schema as { properties: object }).properties) {
          return dated(format.prefix ? "3 May 2022" : "3 May 2019");
        }
        for await (const event of plain.generate({ ...request, messages })) if (event.type === "finish") return event.result;
        throw new Error("no reply");
      },
      { canResume: true },
    );
    const { data, fields, warnings } = await task(contract, { model });
    expect(data).toMatchObject({ effectiveDate: "2021-05-03", expirationDate: "2022-05-03" });
    expect(data.clauses.governingLaw).toMatch(/^This Agreement shall be governed/);
    expect(fields.clauses.governingLaw).toMatchObject({ status: "verbatim", confidence: 0.8 });
    expect(warnings).toMatchObject([{ code: "VALUE_REWRITTEN", path: "/expirationDate" }]);
    expect(model.requests.map(({ format }) => (format.type === "json" ? format.prefix?.banned : undefined)).filter(Boolean)).toEqual([["3 May 2019"]]);
  });

  it("warns of reversed dates where the model cannot write them anew", async () => {
    const reversed = header.replace('"effectiveDate": null, "expirationDate": null', '"effectiveDate": "3 May 2021", "expirationDate": "3 May 2019"');
    const model = createScriptedModel(({ format }) => (format.type === "choice" ? "no" : reversed));
    const { data, warnings } = await task(contract, { model });
    expect(data.expirationDate).toBe("2019-05-03");
    expect(warnings).toMatchObject([{ code: "DATES_REVERSED", path: "/expirationDate" }]);
  });

  it("anchors a copy that drifts by its beginning", async () => {
    const drifted = "Supplier shall maintain liability insurance of at least two million dollars, whichever is more.";
    const { data, fields } = await task(contract, { model: script({ Insurance: JSON.stringify({ Insurance: drifted }) }) });
    expect(data.clauses.insurance).toMatch(/Supplier shall maintain liability insurance of at least EUR 1,000,000\.$/);
    expect(fields.clauses.insurance.status).toBe("verbatim");
  });

  it("ignores letter case and line breaks in a copy", async () => {
    const quote = "WITHOUT REGARD TO ITS CONFLICT of law rules";
    const { fields } = await task(contract, { model: script({ "Governing Law": JSON.stringify({ "Governing Law": quote }) }) });
    expect(fields.clauses.governingLaw.status).toBe("verbatim");
  });

  it("keeps and flags a quote that the contract does not hold", async () => {
    const invented = "Neither party shall compete with the other in the territory for five years.";
    const { data, fields, warnings } = await task(contract, { model: script({ "Non-Compete": JSON.stringify({ "Non-Compete": invented }) }) });
    expect(data.clauses.nonCompete).toBe(invented);
    expect(fields.clauses.nonCompete).toMatchObject({ status: "ungrounded", spans: [] });
    expect(warnings).toMatchObject([{ code: "QUOTE_NOT_FOUND", path: "/clauses/nonCompete" }]);
  });

  it("computes the contract once: every question begins with the same rules and document", async () => {
    const model = script({ Insurance: '{"Insurance": "Supplier shall maintain liability insurance"}' });
    await extractContractClauses(contract, { model });
    const contents = model.requests.map(({ messages }) => messages[0].content);
    const beginning = contents[0].slice(0, contents[0].lastIndexOf('"""') + 3);
    expect(beginning).toContain("EUR 1,000,000.");
    expect(contents).toHaveLength(1 + 11 + 1);
    expect(contents.every((content) => content.startsWith(beginning))).toBe(true);
  });
});
