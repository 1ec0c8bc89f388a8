// Values that break a check: written anew from where they begin, taken only where that helps and loses nothing.
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createScriptedModel, defineTask, OutputValidationError, parseInvoice, type ScriptedReply } from "../../../src/index.js";
import type { GenerationRequest } from "../../../src/model/language-model.js";

const sums = defineTask({
  name: "sums",
  description: "Reads lines and their total.",
  output: z.object({ lines: z.array(z.object({ name: z.string(), amount: z.number() })), total: z.number().nullable(), note: z.string().nullable() }),
  template: "Read the lines.",
  check: ({ lines, total }) => {
    const sum = lines.reduce((all, { amount }) => all + amount, 0);
    return total === null || total === sum ? [] : [{ code: "SUM_MISMATCH", message: `${sum}, not ${total}`, path: "/total" }];
  },
});
const document = "a 3, b 4, total 7, all 9";

interface Sums {
  lines?: [string, number][];
  total: number | null;
  note?: string | null;
}
const text = ({ lines = [["a", 3], ["b", 4]], total, note = null }: Sums): string =>
  `{"lines": [${lines.map(([name, amount]) => `{"name": "${name}", "amount": ${amount}}`).join(", ")}], "total": ${total}, "note": ${JSON.stringify(note)}}`;

const tokens = (logprob: number) => [{ start: 0, end: 500, logprob }];
const writeCount = (count: number): string => `{"first": "a \\"{\\" b", "count": ${count}}`;
const invoice = (total: string, dueDate = "4 July 2023"): string =>
  JSON.stringify({
    invoiceNumber: "17", issueDate: "4 June 2023", dueDate, seller: "Alder", buyer: null, currency: "EUR",
    lines: [{ description: "lamps", quantity: "2", unitPrice: "10.00", lineTotal: "20.00" }], taxTotal: null, total,
  });

const prefixOf = ({ format }: GenerationRequest) => (format.type === "json" ? format.prefix : undefined);
const script = (...replies: ScriptedReply[]) => createScriptedModel(replies, { canResume: true });

describe("a value that breaks a check", () => {
  it("is written anew from where it begins, without what it was", async () => {
    const model = script(text({ total: 9 }), text({ total: 7 }));
    const { data, fields, warnings, trace, usage } = await sums(document, { model });
    expect(prefixOf(model.requests[1])).toEqual({ text: text({ total: 9 }).split("9,")[0], banned: [9] });
    expect(model.requests[1]).toMatchObject({ messages: model.requests[0].messages, format: { schema: {} }, sampling: { temperature: 0 } });
    expect(data.total).toBe(7);
    expect(fields.total).toMatchObject({ status: "verbatim", spans: [{ text: "7" }], alternatives: [{ value: 9, confidence: expect.closeTo(0.99, 2) }] });
    expect(warnings).toEqual([{ code: "VALUE_REWRITTEN", message: expect.stringMatching(/9.*7.*7, not 9/), path: "/total" }]);
    expect(trace.map(({ purpose, path }) => `${purpose} ${path}`)).toEqual(["record ", "rewrite /total"]);
    expect(usage.requests).toBe(2);
  });

  it("is tried twice, then stays with its warning", async () => {
    const model = script(text({ total: 9 }), text({ total: 8 }), text({ total: 6 }));
    const { data, fields, warnings } = await sums(document, { model });
    expect(model.requests.map((request) => prefixOf(request)?.banned)).toEqual([undefined, [9], [9, 8]]);
    expect(data.total).toBe(9);
    expect(fields.total.alternatives).toEqual([]);
    expect(warnings).toEqual([{ code: "SUM_MISMATCH", message: "7, not 9", path: "/total" }]);
  });

  it("is not given up for one that the check throws on", async () => {
    const task = defineTask({
      name: "t", description: "t", output: z.object({ count: z.number() }), template: "t",
      check: ({ count }) => {
        if (count !== 9) throw new RangeError("no such count");
        return [{ code: "ODD", message: "odd", path: "/count" }];
      },
    });
    const model = script('{"count": 9}', '{"count": 7}', '{"count": 6}');
    const { data, warnings } = await task("9 7 6", { model });
    expect(data.count).toBe(9);
    expect(warnings).toEqual([{ code: "ODD", message: "odd", path: "/count" }]);
    expect(model.requests).toHaveLength(3);
  });

  it("is not given up for one that is absent, nor for a record that lost another", async () => {
    const absent = script(text({ total: 9 }), text({ total: null }));
    expect((await sums(document, { model: absent })).data.total).toBe(9);
    expect(absent.requests).toHaveLength(2);
    const loses = script(text({ total: 9, note: "x" }), text({ total: 7 }), text({ total: 7, note: "" }));
    expect((await sums(document, { model: loses })).data).toMatchObject({ total: 9, note: "x" });
    expect(loses.requests).toHaveLength(3);
  });

  it("is not given up for one that the document does not hold", async () => {
    const model = script(text({ lines: [["a", 3], ["b", 8]], total: 9 }), text({ lines: [["a", 3], ["b", 8]], total: 11 }), text({ lines: [["a", 3], ["b", 8]], total: 12 }));
    expect((await sums(document, { model })).data.total).toBe(9);
    expect(model.requests).toHaveLength(3);
  });

  it("keeps the fields of what stayed the same", async () => {
    const model = script({ text: text({ total: 9 }), tokens: tokens(-0.005) }, { text: text({ total: 7 }), tokens: tokens(-1) });
    const { fields } = await sums(document, { model });
    expect(fields.lines[0].amount.confidence).toBeCloseTo(0.995, 3);
    expect(fields.total.confidence).toBeCloseTo(0.37, 2);
  });

  it.each([
    ["the reply is no record", new OutputValidationError("no", { rawText: "{", partial: {}, issues: [] })],
    ["the model is at fault", new Error("fault")],
    ["the ban cannot be kept", new RangeError("no")],
  ])("stands with its warning where %s", async (_, error) => {
    const model = script(text({ total: 9 }), { text: "{", error });
    const { data, warnings } = await sums(document, { model });
    expect(data.total).toBe(9);
    expect(warnings).toEqual([{ code: "SUM_MISMATCH", message: "7, not 9", path: "/total" }]);
    expect(model.requests).toHaveLength(2);
  });

  it("does not stand where the caller aborts", async () => {
    const aborting = new AbortController();
    const reason = new Error("enough");
    const model = createScriptedModel(
      (_, call) => {
        if (call === 1) aborting.abort(reason);
        return text({ total: 9 });
      },
      { canResume: true },
    );
    await expect(sums(document, { model, signal: aborting.signal })).rejects.toBe(reason);
  });

  it.each([
    ["the model cannot resume", createScriptedModel([text({ total: 9 })]), {}],
    ["one reading is asked for", script(text({ total: 9 })), { readings: 1 as const }],
  ])("stays where %s", async (_, model, options) => {
    const { data, warnings } = await sums(document, { model, ...options });
    expect(data.total).toBe(9);
    expect(warnings).toMatchObject([{ code: "SUM_MISMATCH" }]);
    expect(model.requests).toHaveLength(1);
  });

  it("is left to the vote where several samples are drawn", async () => {
    const model = script(text({ total: 9 }), text({ total: 9 }), text({ total: 7 }));
    expect((await sums(document, { model, samples: 3 })).data.total).toBe(9);
    expect(model.requests.map(prefixOf)).toEqual([undefined, undefined, undefined]);
  });
});

it("values that break the schema's own refinements are written anew before the record is given up", async () => {
  const even = defineTask({
    name: "even",
    description: "Reads two numbers.",
    output: z.object({ first: z.string(), count: z.number().refine((count) => count % 2 === 0, "is odd") }),
    template: "Read.",
  });
  const good = script(writeCount(3), writeCount(5), writeCount(4));
  expect((await even("a 4", { model: good })).data.count).toBe(4);
  expect(prefixOf(good.requests[2])).toEqual({ text: '{"first": "a \\"{\\" b", "count": ', banned: [3, 5] });
  await expect(even("a 4", { model: script(writeCount(3), writeCount(5), writeCount(7)) })).rejects.toMatchObject({ code: "OUTPUT_INVALID", issues: [{ path: "/count" }] });
});

it("of an invoice, printed amounts and dates are banned as the model wrote them", async () => {
  const model = script(invoice("30.00"), invoice("20.00"));
  const { data, warnings } = await parseInvoice("No. 17 of 4 June 2023, due 4 July 2023. Alder, 2 lamps at 10.00, 20.00, 30.00", { model });
  expect(prefixOf(model.requests[1])?.banned).toEqual(["30.00"]);
  expect(data.total).toBe(20);
  expect(warnings.map(({ code }) => code)).toEqual(["VALUE_REWRITTEN"]);
  const unreadable = script(invoice("30.00"), invoice("20.00, 30.00"), invoice("20.00, 30.00, 4"));
  expect((await parseInvoice("Alder, lamps 20.00, 30.00, 4 June 2023", { model: unreadable })).data.total).toBe(30);
  const dates = script(invoice("20.00", "4 May 2023"), invoice("20.00"));
  expect((await parseInvoice("Alder", { model: dates })).data.dueDate).toBe("2023-07-04");
  expect(prefixOf(dates.requests[1])?.banned).toEqual(["4 May 2023"]);
});
