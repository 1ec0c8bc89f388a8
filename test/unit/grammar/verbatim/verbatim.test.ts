// verbatim(), oneOfSource() and withEvidence() from schema to result: what the model is asked with, and what becomes of its copies.
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineTask, oneOfSource, readDocument, toJsonSchema, verbatim, withEvidence, type CopiedString, type Field, type JsonSchema } from "../../../../src/index.js";
import type { GenerationResult, LanguageModel, OutputFormat } from "../../../../src/model/language-model.js";
import { sourceStrings } from "../../../../src/input/source-strings.js";
import { createScriptedModel, type ScriptedModel, type ScriptedReply } from "../../../../src/model/scripted-model.js";

const contract = `SERVICES AGREEMENT
between ACME Widgets,
Inc. and Beta LLC. Acme widgets, inc. pays (1,200.50) EUR.
Beta LLC signs on 2 May 2024.`;

function taskOf<Output extends z.ZodType>(output: Output) {
  return defineTask({ name: "read", description: "Reads.", template: "Read.", output });
}

const parties = taskOf(z.object({ client: verbatim(z.string().max(60)), vendor: verbatim(z.string().max(60), { absent: true }) }));

function schemaOf(format: OutputFormat): Record<string, unknown> {
  if (format.type !== "json") throw new TypeError("no JSON was asked for");
  return format.schema as Record<string, unknown>;
}

/** A scripted model that says what it copied, as the bundled engine does. */
function copyingModel(replies: readonly ScriptedReply[], copies: (text: string) => Partial<GenerationResult>): ScriptedModel {
  const model = createScriptedModel(replies);
  const generate: LanguageModel["generate"] = async function* (request) {
    for await (const event of model.generate(request)) {
      yield event.type === "finish" ? { type: "finish", result: { ...event.result, ...copies(event.result.text) } } : event;
    }
  };
  return { ...model, generate };
}

function copyOf(text: string, written: string, spans: CopiedString["spans"]): CopiedString {
  const start = text.indexOf(JSON.stringify(written));
  return { start, end: start + JSON.stringify(written).length, source: "document", spans };
}

describe("marks", () => {
  it("go with the schema, around its bounds", () => {
    const schema = toJsonSchema(
      z.object({
        plain: verbatim(z.string().max(9)),
        bounded: verbatim(z.string(), { wholeWords: false, maxLength: 5 }),
        maybe: verbatim(z.string().describe("of it"), { absent: true }),
        found: oneOfSource(/art\.\s+\d+/giu, { maxLength: 20 }),
        label: oneOfSource("rows", { absent: true }),
      }),
    ) as { properties: Record<string, JsonSchema> };
    expect(schema.properties).toEqual({
      plain: { type: "string", maxLength: 9, "x-verbatim": true },
      bounded: { type: "string", "x-verbatim": { wholeWords: false, maxLength: 5 } },
      maybe: { anyOf: [{ type: "string", description: "of it", "x-verbatim": true }, { type: "null" }] },
      found: { type: "string", "x-verbatim": { maxLength: 20, pattern: String.raw`art\.\s+\d+`, flags: "i" } },
      label: { anyOf: [{ type: "string", "x-one-of-source": "rows" }, { type: "null" }] },
    });
  });

  it.each([
    ["a number", () => verbatim(z.number()), /only strings.*z\.string\(\)/],
    ["an object", () => verbatim(z.object({})), /only strings/],
    ["a list of strings", () => verbatim(z.array(z.string()), { absent: true }), /only strings/],
    ["a string or a number", () => verbatim(z.union([z.string(), z.number()])), /only strings/],
    ["nothing", () => verbatim(z.null()), /only strings/],
    ["no schema", () => verbatim("x" as never), /only strings/],
    ["another structure", () => oneOfSource("cells" as "rows"), /regular expression.*"rows" or "keys", not "cells"/],
    ["a pattern as a string", () => oneOfSource(String.raw`Art\d+` as "rows"), /regular expression.*\/Art/],
    ["a misspelt option", () => verbatim(z.string(), { abscent: true } as object), /"abscent"; the options are .*absent/],
    ["a misspelt option beside rows", () => oneOfSource("rows", { abscent: true } as object), /"abscent"; the options are .*absent/],
  ])("on %s are refused at once", (_name, mark, message) => {
    expect(mark).toThrow(TypeError);
    expect(mark).toThrow(message);
  });

  it("take strings of every kind", () => {
    const kinds = [
      z.email(), z.enum(["a"]), z.literal("a"), z.string().nullable(), z.string().optional(), z.string().default("a").readonly(), z.string().brand("b"),
      z.string().trim(), z.union([z.string(), z.null()]), z.string().pipe(z.string().min(1)), z.templateLiteral(["a", z.string()]), z.string().and(z.string()),
    ];
    for (const kind of kinds) expect(JSON.stringify(toJsonSchema(verbatim(kind)))).toContain('"x-verbatim":true');
  });

  it("of a pattern that the flag u does not take are refused at once", () => {
    expect(() => oneOfSource(new RegExp(String.raw`\-`))).toThrow(RangeError);
  });

  it("put the evidence before its value", () => {
    const schema = withEvidence(z.number(), { absent: true });
    expect(schema.parse(null)).toBeNull();
    const { anyOf } = toJsonSchema(schema) as { anyOf: [{ properties: object }] };
    expect(Object.entries(anyOf[0].properties)).toEqual([
      ["evidence", { type: "string", "x-verbatim": { maxLength: 200 } }],
      ["value", { type: "number" }],
    ]);
  });
});

describe("what the model is asked with", () => {
  it("is the document to copy from, where something is copied", async () => {
    const model = createScriptedModel(['{"client": "Beta LLC", "vendor": null}', '{"client": "Beta LLC"}']);
    await parties(contract, { model, readings: 1, onUnsupported: "validate" });
    expect(model.requests[0].format).toMatchObject({ type: "json", sources: { document: contract }, onUnsupported: "validate" });
    await taskOf(z.object({ client: z.string() }))(contract, { model, readings: 1 });
    expect(model.requests[1].format).not.toHaveProperty("sources");
  });

  it("holds nothing that the reader added to the source", async () => {
    const sources = [
      '{"total": 5, "lines": [{"name": "Bolt"}, {"name": "N\\u00fct"}]}',
      '<?xml version="1.0"?><a><b at="x">Bolt &amp; Co</b><c/></a>',
      "name,price\nBolt,5\n\"a \"\"b\"\"\",6\n",
      "# Title\r\n\r\n| a | b |\n|---|---|\n| Bolt | 5 |\n",
    ];
    const kept = [];
    for (const source of sources) {
      const { text, copyText } = await readDocument(source);
      expect(copyText).toHaveLength(text.length);
      for (let at = 0; at < text.length; at++) if (copyText[at] !== "\0") expect(copyText[at]).toBe(text[at]);
      kept.push(copyText.split(/\0+/u).filter((piece) => piece !== ""));
    }
    expect(kept).toEqual([
      ["5", "Bolt", "Nüt"],
      ["Bolt & Co", "x"],
      ["name", "price", "Bolt", "5", 'a "b"', "6"],
      ["# Title\n\n| a | b |\n|---|---|\n| Bolt | 5 |\n"],
    ]);
  });

  it("lists the document's own keys and row labels", async () => {
    const task = taskOf(z.object({ row: oneOfSource("rows", { absent: true }), key: oneOfSource("keys", { absent: true }) }));
    const listed = async (source: string) => {
      const model = createScriptedModel(['{"row": null, "key": null}']);
      await task(source, { model, readings: 1 });
      const { row, key } = schemaOf(model.requests[0].format).properties as Record<string, { anyOf: [{ enum?: string[]; not?: object }] }>;
      return [row, key].map(({ anyOf: [{ enum: values, not }] }) => values ?? not);
    };
    expect(await listed("item;q1;q2\nCash;1;2\nDebt;3;4\nCash;5;6")).toEqual([["Cash", "Debt"], ["item", "q1", "q2"]]);
    expect(await listed("| item | q1 |\n|---|---|\n| Cash | 1 |\n| Debt | 2 |\n\n| x | y |\n|---|---|\n| Sum | 3 |")).toEqual([["Cash", "Debt", "Sum"], ["item", "q1", "x", "y"]]);
    expect(await listed('{"a": [{"b": 1}, {"c": {"a": 2}}]}')).toEqual([{}, ["a", "b", "c"]]);
    expect(await listed("Plain words.")).toEqual([{}, {}]);
  });
});

describe("copies told by the model", () => {
  const reply = '{"client": "acme widgets, inc.", "vendor": "BETA llc"}';
  const model = () =>
    copyingModel([reply], (text) => ({
      verbatim: [
        copyOf(text, "acme widgets, inc.", [{ start: 27, end: 45 }, { start: 60, end: 78 }]),
        copyOf(text, "BETA llc", [{ start: 50, end: 58 }, { start: 100, end: 108 }]),
      ],
    }));

  it("are given as the document has them at the first of their places", async () => {
    const { data, fields, warnings } = await parties(contract, { model: model(), readings: 1 });
    expect(data).toEqual({ client: "ACME Widgets, Inc.", vendor: "Beta LLC" });
    expect(fields.client).toMatchObject({ status: "verbatim", spans: [{ start: 27, end: 45, text: "ACME Widgets,\nInc." }] });
    expect(fields.vendor.spans.map(({ text }) => text)).toEqual(["Beta LLC", "Beta LLC"]);
    expect(warnings).toEqual([]);
  });

  it("keep the form they were written in where the document prints it too", async () => {
    const text = "Total LIABILITIES: 5\nLiabilities: 4\nnote on liabilities";
    const places = [6, 21, 44].map((start) => ({ start, end: start + 11 }));
    const model2 = copyingModel(['{"client": "Liabilities", "vendor": null}'], (written) => ({ verbatim: [copyOf(written, "Liabilities", places)] }));
    const { data, fields } = await parties(text, { model: model2, readings: 1 });
    expect(data.client).toBe("Liabilities");
    expect(fields.client.spans).toMatchObject([{ start: 21, end: 32, text: "Liabilities" }]);
  });

  it("need no search: places that a search would not find count", async () => {
    const text = "The agree\u00adment ends.";
    const soft = copyingModel(['{"client": "agreement", "vendor": null}'], (written) => ({ verbatim: [copyOf(written, "agreement", [{ start: 4, end: 14 }])] }));
    const { data, fields } = await parties(text, { model: soft, readings: 1 });
    expect(data.client).toBe("agree\u00adment");
    expect(fields.client).toMatchObject({ status: "verbatim", spans: [{ start: 4, end: 14 }] });
  });

  it("stand nearest to the rest of their record first", async () => {
    const text = "No. 1\nfee: Paid in full\nNo. 2\nfee: paid in full\nNo. 3\nfee: PAID in full";
    const places = [11, 35, 59].map((start) => ({ start, end: start + 12 }));
    const task = taskOf(z.object({ number: z.string(), fee: verbatim(z.string()) }));
    const model2 = copyingModel(['{"number": "No. 2", "fee": "Paid In Full"}'], (written) => ({ verbatim: [copyOf(written, "Paid In Full", places)] }));
    const { data, fields } = await task(text, { model: model2, readings: 1 });
    expect(data.fee).toBe("paid in full");
    expect(fields.fee.spans).toMatchObject([{ start: 35, text: "paid in full" }]);
  });

  it("lead each sample's values into the vote, and a second reading leaves them", async () => {
    const sampled = copyingModel([reply, reply, '{"client": "Beta LLC", "vendor": null}'], (text) =>
      text === reply ? { verbatim: [copyOf(text, "acme widgets, inc.", [{ start: 27, end: 45 }])] } : {},
    );
    const vote = await parties(contract, { model: sampled, samples: 3, readings: 1 });
    expect(vote.data).toEqual({ client: "ACME Widgets, Inc.", vendor: "Beta LLC" });
    expect(vote.fields.client).toMatchObject({ status: "verbatim", alternatives: [{ value: "Beta LLC" }] });

    const unsure = { text: reply, tokens: [{ start: 0, end: reply.length, logprob: Math.log(0.4) }] };
    const twice = copyingModel([unsure, '{"client": "ACME WIDGETS, inc."}', '{"vendor": "Acme Widgets, Inc."}'], (text) =>
      text === reply ? { verbatim: [copyOf(text, "acme widgets, inc.", [{ start: 27, end: 45 }])] } : {},
    );
    const { data, fields } = await parties(contract, { model: twice });
    expect(data.client).toBe("ACME Widgets, Inc.");
    expect(fields.client).toMatchObject({ status: "verbatim", spans: [{ start: 27, end: 45 }], alternatives: [] });
    expect(fields.vendor.alternatives).toMatchObject([{ value: "ACME Widgets, Inc." }]);
  });

  it("that a dropped placeholder moved are not taken for their neighbours", async () => {
    const task = taskOf(z.object({ names: z.array(verbatim(z.string())) }));
    const text = '{"names": ["none", "beta llc", "services"]}';
    const moved = copyingModel([text], () => ({ verbatim: [copyOf(text, "beta llc", [{ start: 50, end: 58 }]), copyOf(text, "services", [{ start: 0, end: 8 }])] }));
    const { data, fields } = await task(contract, { model: moved, readings: 1 });
    expect(data.names).toEqual(["Beta LLC", "SERVICES"]);
    expect(fields.names.map(({ spans }) => spans[0].text)).toEqual(["Beta LLC", "SERVICES"]);
  });
});

describe("models that are not held to copies", () => {
  it("have theirs searched for and given in the document's form", async () => {
    const model = createScriptedModel(['{"client": "acme widgets,  inc.", "vendor": "ＢＥＴＡ LLC"}']);
    const { data, fields, warnings } = await parties(contract, { model, readings: 1 });
    expect(data).toEqual({ client: "ACME Widgets, Inc.", vendor: "Beta LLC" });
    expect([fields.client.status, fields.vendor.status]).toEqual(["verbatim", "verbatim"]);
    expect(warnings).toEqual([]);
  });

  it("are warned of where the document has no such words", async () => {
    const model = createScriptedModel(['{"client": "Gamma GmbH", "vendor": null}']);
    const { data, fields, warnings } = await parties(contract, { model, readings: 1 });
    expect(data).toEqual({ client: "Gamma GmbH", vendor: null });
    expect([fields.client.status, (fields.vendor as Field).status]).toEqual(["ungrounded", "absent"]);
    expect(warnings).toMatchObject([{ code: "VERBATIM_NOT_FOUND", path: "/client" }]);
  });

  it("may differ in signs: the value stays as written, and is derived", async () => {
    const model = createScriptedModel(['{"client": "ACME Widgets Inc", "vendor": null}']);
    const { data, fields } = await parties(contract, { model, readings: 1 });
    expect(data.client).toBe("ACME Widgets Inc");
    expect(fields.client.status).toBe("derived");
    expect(fields.client.spans.length).toBeGreaterThan(0);
  });
});

describe("strings of a table", () => {
  it.each([
    ["years behind the labels", "item,2024,2023\nCash,3,1\nLoans,4,2", "a.csv", ["item", "2024", "2023"]],
    ["a blank header over the labels", ",2024,2023\nCash,3,1\nLoans,4,2", "a.csv", ["column_1", "2024", "2023"]],
    ["tabs", "item\t2024\nCash\t3\nLoans\t4", "a.tsv", ["item", "2024"]],
    ["a quoted label", '项目,2024\n"Cash",3\nLoans', "a.csv", ["项目", "2024"]],
  ])("stand as the file orders them: %s", async (_name, source, name, columns) => {
    const document = await readDocument(source, { name });
    expect(document.format).toBe("csv");
    expect(sourceStrings(document, "rows")).toEqual(["Cash", "Loans"]);
    expect(sourceStrings(document, "keys")).toEqual(columns);
  });
});

describe("row labels of Markdown", () => {
  it("are offered without the markup around them, with exact spans", async () => {
    const labels = ["**Cash**", "[Loans](#a)", "***Tax***", "[**Debt**](b.md)", "*a* or *b*", "of _one_", String.raw`Net \| gross`, "*Note", "2 * 3 *", "snake_case_"];
    const source = `| item | q1 |\n|---|---|\n${labels.map((label) => `| ${label} | 1 |`).join("\n")}`;
    const offered = ["Cash", "Loans", "Tax", "Debt", ...labels.slice(4)];
    expect(sourceStrings(await readDocument(source), "rows")).toEqual(offered);
    const task = taskOf(z.object({ row: oneOfSource("rows") }));
    for (const [row, label] of offered.entries()) {
      const { data, fields } = await task(source, { model: createScriptedModel([JSON.stringify({ row: label })]), readings: 1 });
      expect(data.row).toBe(label);
      expect(fields.row).toMatchObject({ status: "verbatim", spans: [{ text: label, cell: { row, column: "item" } }] });
    }
  });
});

describe("evidence", () => {
  it("anchors the value beside it", async () => {
    const text = "Fee: 12 EUR.\nTerm: 12 months.\nNotice: 12 days.";
    const task = taskOf(z.object({ term: withEvidence(z.number()), row: oneOfSource("rows", { absent: true }) }));
    const model = createScriptedModel(['{"term": {"evidence": "term: 12 months", "value": 12}, "row": null}']);
    const { data, fields } = await task(text, { model, readings: 1 });
    expect(data.term).toEqual({ evidence: "Term: 12 months", value: 12 });
    expect(fields.term.evidence.status).toBe("verbatim");
    expect(fields.term.value.spans[0]).toMatchObject({ start: 19, text: "12" });
  });

  it("of a row is its label in the table", async () => {
    const task = taskOf(z.object({ row: oneOfSource("rows") }));
    const model = createScriptedModel(['{"row": "Debt"}']);
    const { fields } = await task("| item | q1 |\n|---|---|\n| Cash | 1 |\n| Debt | 2 |", { model, readings: 1 });
    expect(fields.row).toMatchObject({ status: "verbatim", spans: [{ text: "Debt", cell: { row: 1, column: "item" } }] });
  });
});

describe("keywords that the model is not held to", () => {
  it("are listed once, however often it was asked", async () => {
    const unchecked = { path: "/properties/client/format", keyword: "format", reason: "the format is not known." };
    const reply = '{"client": "Beta LLC", "vendor": null}';
    const unsure = { text: reply, tokens: [{ start: 0, end: reply.length, logprob: Math.log(0.4) }] };
    const model = copyingModel([unsure, '{"client": "Beta LLC"}', '{"vendor": null}'], () => ({ warnings: [unchecked] }));
    const { warnings } = await parties(contract, { model, onUnsupported: "validate" });
    expect(warnings).toEqual([{ code: "SCHEMA_KEYWORD_UNCHECKED", path: unchecked.path, message: expect.stringContaining("the format is not known") as string }]);
  });

  it("are refused or validated, nothing else", async () => {
    const model = createScriptedModel([]);
    await expect(parties(contract, { model, onUnsupported: "ignore" as "refuse" })).rejects.toThrow(RangeError);
  });
});
