// Ready tasks: what code makes of the answers of a scripted model.
import { describe, expect, it } from "vitest";
import { diagnose, parseBalanceSheet, parseInvoice, type Language } from "../../../src/index.js";
import { createScriptedModel } from "../../../src/model/scripted-model.js";
import { readTemplate } from "../../../src/prompt/template.js";

const reply = (value: unknown) => createScriptedModel([JSON.stringify(value)]);

const item = (label: string, section: string, ...values: (string | null)[]) => ({ label, section, values });
const sheetAnswer = (...items: object[]) => ({ company: "Alder Ltd", currency: "EUR", unit: "in thousands", periods: ["2024", "2023"], items });

describe("parseBalanceSheet", () => {
  const sheet = `Alder Ltd (in thousands of EUR)

|  | 2024 | 2023 |
|---|---|---|
| Cash | 1,200 | 900 |
| Receivables | 300 | — |
| Total assets | 1,500 | 900 |
| Loans | 1,000 | 500 |
| Retained loss | (500) | 400 |
| Total liabilities and equity | 1,500 | 900 |`;

  it("turns printed amounts into numbers of whole units, keeping the printed cell as evidence", async () => {
    const model = reply(sheetAnswer(item("Cash", "assets", "1,200", "900"), item("Receivables", "assets", "300", "—"), item("Retained loss", "equity", "(500)", "400")));
    const { data, fields, usage } = await parseBalanceSheet(sheet, { model });
    expect(data.scale).toBe(1000);
    expect(data.items.map(({ values }) => values)).toEqual([[1_200_000, 900_000], [300_000, null], [-500_000, 400_000]]);
    expect(fields.items[2].values[0]).toMatchObject({ status: "derived", spans: [{ text: "(500)", cell: { row: 4, column: "2024" } }] });
    expect(fields.scale.spans[0].text).toBe("in thousands");
    expect(usage.requests).toBe(1);
  });

  it.each([
    ["万元", 1e4], ["（单位：百万元）", 1e6], ["人民币千元", 1e3], ["亿元", 1e8], ["$ millions", 1e6], ["€'000", 1e3], ["USD", 1],
  ])("reads the scale of %s", async (unit, scale) => {
    const { data } = await parseBalanceSheet(`Cash 18.4 ${unit}`, { model: reply({ ...sheetAnswer(item("Cash", "assets", "18.4", null)), unit }) });
    expect(data.scale).toBe(scale);
    expect(data.items[0].values[0]).toBe(Number((18.4 * scale).toFixed(1)));
  });

  it("warns where totals do not add up or columns are missing, and is silent where they do", async () => {
    const good = [item("Cash", "assets", "1,200", "900"), item("Receivables", "assets", "300", null), item("Total assets", "assets", "1,500", "900")];
    const both = item("Total liabilities and equity", "other", "1,500", "900");
    expect((await parseBalanceSheet(sheet, { model: reply(sheetAnswer(...good, both)) })).warnings).toEqual([]);
    const wrong = [item("Cash", "assets", "1,200", "900"), item("Receivables", "assets", "1,000", null), item("Total assets", "assets", "1,500"), both];
    const { warnings } = await parseBalanceSheet(sheet, { model: reply(sheetAnswer(...wrong)) });
    expect(warnings.map(({ code, path }) => `${code} ${path}`)).toEqual(["COLUMN_MISMATCH /items/2/values", "SUM_MISMATCH /items/2/values/0"]);
  });

  it("knows Chinese totals", async () => {
    const items = [item("资产总计", "assets", "100", "90"), item("负债合计", "liabilities", "60", "50"), item("所有者权益合计", "equity", "30", "40")];
    const { warnings } = await parseBalanceSheet("Alder Ltd 2024 2023 资产总计 100 90 负债合计 60 50 所有者权益合计 30 40", { model: reply(sheetAnswer(...items)), language: "zh" });
    expect(warnings).toMatchObject([{ code: "SUM_MISMATCH", path: "/items/0/values/0" }]);
  });
});

describe("parseInvoice", () => {
  const text = "Invoice 17 of 4 June 2023, due 03/04/2024\nAlder Ltd to Beech GmbH\n2 lamps at 1.250,50 = 2.501,00\nVAT 475,19\nTotal EUR 2.976,19";
  const answer = {
    invoiceNumber: "17",
    issueDate: "4 June 2023",
    dueDate: "03/04/2024",
    seller: "Alder Ltd",
    buyer: "Beech GmbH",
    currency: "EUR",
    lines: [{ description: "lamps", quantity: "2", unitPrice: "1.250,50", lineTotal: "2.501,00" }],
    taxTotal: "475,19",
    total: "EUR 2.976,19",
  };

  it("normalises amounts and dates, and leaves a date in doubt open with a warning", async () => {
    const { data, fields, warnings } = await parseInvoice(text, { model: reply(answer) });
    expect(data).toMatchObject({ issueDate: "2023-06-04", dueDate: null, total: 2976.19, lines: [{ quantity: 2, unitPrice: 1250.5, lineTotal: 2501 }] });
    expect(fields.total).toMatchObject({ status: "derived", spans: [{ text: "EUR 2.976,19" }] });
    expect(fields.dueDate.alternatives[0].value).toBe("03/04/2024");
    expect(warnings.map(({ code, path }) => `${code} ${path}`)).toEqual(["VALUE_UNREADABLE /dueDate"]);
  });

  it("warns of lines and totals that do not add up", async () => {
    const lines = [{ ...answer.lines[0], lineTotal: "2.500,00" }];
    const { warnings } = await parseInvoice(text, { model: reply({ ...answer, dueDate: null, lines }) });
    expect(warnings.map(({ code, path }) => `${code} ${path}`)).toEqual(["SUM_MISMATCH /lines/0/lineTotal", "SUM_MISMATCH /total"]);
  });
});

describe("diagnose", () => {
  const answer = {
    summary: "Man of 45 with cough.",
    differential: [{ condition: "Pulmonary tuberculosis", likelihood: "high", supportingFindings: ["night sweats", "weight loss"], findingsAgainst: [] }],
    recommendedTests: ["Chest X-ray"],
    urgency: "urgent",
  };
  const patient = { age: 45, sex: "male", symptoms: ["persistent cough", "night sweats"], durationDays: 14, smokingYears: 20 };

  it("thinks within a budget, says what it is, and shows which findings the record holds", async () => {
    const model = reply(answer);
    const { data, fields } = await diagnose(patient, { model });
    expect(model.requests[0].thinkingBudgetTokens).toBe(256);
    expect(model.requests[0].sampling.temperature).toBe(0);
    expect(data.disclaimer).toMatch(/not a diagnosis/);
    const [candidate] = fields.differential;
    expect(candidate.supportingFindings.map(({ status }) => status)).toEqual(["verbatim", "ungrounded"]);
    expect(candidate.supportingFindings[0].spans[0].pointer).toBe("/symptoms/1");
    expect(candidate.condition.status).toBe("derived");
  });

  it("thinks at the advised temperature where the model was trained to think", async () => {
    const thinking = { open: "<think>\n", close: "</think>", skip: "<think>\n\n</think>\n\n" };
    const model = createScriptedModel([{ text: JSON.stringify(answer), thinking: "cough, sweats" }], { advice: { thinking, fewShot: false } });
    const { trace } = await diagnose(patient, { model });
    expect(model.requests[0].sampling).toEqual({ temperature: 0.6, topP: 0.95, seed: 0 });
    expect(trace[0].thinking).toBe("cough, sweats");
  });

  it("takes the names of other record systems, and shows the record as it came", async () => {
    const model = reply(answer);
    await diagnose({ age: 45, gender: "male", symptoms: ["cough"], duration_days: 14, history: { smoking: "20 years" } }, { model });
    expect(model.requests[0].messages.at(-1)!.content).toContain("duration_days: 14");
  });

  it("reads a record that names its fields its own way", async () => {
    const { data } = await diagnose({ Alter: 45, Beschwerden: "persistent cough" }, { model: reply(answer) });
    expect(data.differential.length).toBeGreaterThan(0);
  });

  it("refuses a patient record with an empty list of symptoms", async () => {
    await expect(diagnose({ ...patient, symptoms: [] }, { model: reply(answer) })).rejects.toMatchObject({ code: "RECORD_INVALID" });
  });

  it("speaks Chinese to a Chinese record", async () => {
    const { data } = await diagnose("男，45岁。咳嗽14天，夜间盗汗。", { model: reply(answer) });
    expect(data.disclaimer).toContain("不构成诊断");
  });
});

describe("examples of ready tasks", () => {
  it.each([
    ["finance/balance-sheet", parseBalanceSheet],
    ["finance/invoice", parseInvoice],
    ["medical/diagnose", diagnose],
  ] as const)("of %s pass their own task, hold no value their document lacks, and are short", async (name, task) => {
    for (const language of ["en", "zh"] satisfies Language[]) {
      const examples = JSON.parse(readTemplate(`${name}.${language}.examples.json`)) as { document: string; answer: unknown }[];
      for (const { document, answer } of examples) {
        const { fields } = await task(document, { model: reply(answer), language });
        expect(JSON.stringify(fields)).not.toContain('"ungrounded"');
        expect(JSON.stringify(document).length).toBeLessThanOrEqual(600);
      }
    }
  });
});
