import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Document } from "../../../src/input/document.js";
import type { CopiedLeaf } from "../../../src/result/copied-leaves.js";
import type { Field } from "../../../src/result/extraction.js";
import { ground } from "../../../src/result/ground.js";
import { toJsonSchema } from "../../../src/schema/to-json-schema.js";
import { plainDocument } from "../../fixtures/plain-document.js";

const agreement = `DISTRIBUTION   AGREEMENT
This Agreement is made this 12th day of March, 2024 ("Effective Date"), by and between Acme Widgets,
Inc., a Delaware corporation, and Müller & Söhne GmbH. The fee is $1,250,000.50 and the term two (2) years.
Net loss for the year was (4,321). The female patient, aged 45, has infections. Interest: 12.5%. 合同金额为人民币3.5亿元，
签订于２０２４年３月１２日。`;

const nothingKnown = { confidences: new Map<string, number>(), copies: new Map<string, CopiedLeaf>() };

function groundOne(value: unknown, schema: z.ZodType = z.any(), document: Document = plainDocument(agreement)): Field {
  const json = schema instanceof z.ZodAny ? {} : toJsonSchema(z.object({ value: schema }));
  return (ground({ value }, document, json, nothingKnown).fields as { value: Field }).value;
}

const texts = (field: Field) => field.spans.map(({ text }) => text);

describe("ground: strings", () => {
  it.each<[string, string, string[]]>([
    ["Acme Widgets, Inc.", "verbatim", ["Acme Widgets,\nInc."]],
    ["DISTRIBUTION AGREEMENT", "verbatim", ["DISTRIBUTION   AGREEMENT"]],
    ["acme widgets, inc.", "derived", ["Acme Widgets,\nInc."]],
    ["“Effective Date”", "derived", ["\"Effective Date\""]],
    ["infection", "verbatim", ["infection"]],
    ["male", "ungrounded", []],
    ["5", "ungrounded", []],
    ["Globex", "ungrounded", []],
    ["合同金额", "verbatim", ["合同金额"]],
    ["3.5亿元，签订于", "derived", ["3.5亿元，\n签订于"]],
    ["2024年3月12日", "derived", ["２０２４年３月１２日", "12th day of March, 2024"]],
    ["1250000.50", "derived", ["1,250,000.50"]],
    ["250", "ungrounded", []],
    ["Acme Widgets Inc", "derived", ["Acme Widgets,\nInc"]],
    ["2 years", "derived", ["two (2) years"]],
    ["two-year", "derived", ["two (2) years"]],
    ["3 years", "ungrounded", []],
    ["0045", "ungrounded", []],
    ["1.2.3", "ungrounded", []],
  ])("%j is %s", (value, status, spans) => {
    const field = groundOne(value, z.string());
    expect(field.status).toBe(status);
    expect(texts(field).toSorted()).toEqual(spans.toSorted());
  });
});

describe("ground: numbers", () => {
  it.each<[number, string, string[]]>([
    [45, "verbatim", ["45"]],
    [1250000.5, "derived", ["1,250,000.50"]],
    [-4321, "derived", ["(4,321)"]],
    [4321, "derived", ["4,321"]],
    [-45, "ungrounded", []],
    [12.5, "verbatim", ["12.5"]],
    [0.125, "derived", ["12.5%"]],
    [350000000, "derived", ["3.5亿"]],
    [2, "verbatim", ["2"]],
    [5, "ungrounded", []],
    [999, "ungrounded", []],
  ])("%d is %s", (value, status, spans) => {
    const field = groundOne(value, z.number());
    expect(field.status).toBe(status);
    expect(texts(field)).toEqual(spans);
  });

  it("falls back on numbers in words", () => {
    expect(texts(groundOne(3, z.int(), plainDocument("for three years")))).toEqual(["three"]);
    expect(texts(groundOne(30, z.int(), plainDocument("租期三十年", "zh")))).toEqual(["三十"]);
  });

  it("drops a sign only as a derived value", () => {
    const field = groundOne(7, z.number(), plainDocument("change: -7"));
    expect(field).toMatchObject({ status: "derived", spans: [{ text: "-7" }] });
    expect(groundOne(-7, z.number(), plainDocument("change: -7")).status).toBe("verbatim");
  });

  it("reads the cells of a row apart although spaces group digits too", () => {
    expect(texts(groundOne(345, z.number(), plainDocument("12 345 678")))).toEqual(["345"]);
    expect(texts(groundOne(12345678, z.number(), plainDocument("12 345 678")))).toEqual(["12 345 678"]);
  });
});

describe("ground: dates, judgements, absence", () => {
  it("finds dates by value", () => {
    const field = groundOne("2024-03-12", z.iso.date());
    expect(field.status).toBe("derived");
    expect(texts(field)).toEqual(["12th day of March, 2024", "２０２４年３月１２日"]);
    expect(groundOne("2024-03-13", z.iso.date()).status).toBe("ungrounded");
    expect(groundOne("2024-03-12", z.iso.date(), plainDocument("on 2024-03-12.")).status).toBe("verbatim");
    expect(groundOne("2024-04-03", z.iso.date(), plainDocument("3/4/2024")).status).toBe("derived");
    expect(groundOne("2024-03-04", z.iso.date(), plainDocument("3/4/2024")).status).toBe("derived");
  });

  it("leaves enums, booleans and marked values to the model's judgement", () => {
    expect(groundOne("female", z.enum(["male", "female"]))).toMatchObject({ status: "derived", spans: [{ text: "female" }] });
    expect(groundOne("male", z.enum(["male", "female"]))).toMatchObject({ status: "derived", spans: [] });
    expect(groundOne(true, z.boolean())).toMatchObject({ status: "derived", spans: [] });
    expect(groundOne("a summary", z.string().meta({ "x-derived": true }).nullable())).toMatchObject({ status: "derived", spans: [] });
    expect(groundOne("Delaware", z.string().meta({ "x-derived": true }))).toMatchObject({ status: "derived", spans: [{ text: "Delaware" }] });
    expect(groundOne(45, z.number().meta({ "x-derived": true })).status).toBe("derived");
  });

  it("mirrors the shape, with absent leaves where nothing was said", () => {
    const schema = toJsonSchema(
      z.object({ a: z.string().nullable(), b: z.array(z.string()), c: z.object({ d: z.string() }).nullable(), e: z.string() }),
    );
    const fields = ground({ a: null, b: [], c: null, e: " " }, plainDocument(agreement), schema, { ...nothingKnown, confidences: new Map([["/a", 0.9]]) }).fields;
    const absent = { status: "absent", spans: [], alternatives: [] };
    expect(fields).toEqual({
      a: { ...absent, confidence: 0.9 },
      b: [],
      c: { ...absent, confidence: undefined },
      e: { ...absent, confidence: undefined },
    });
  });

  it("follows references of a recursive schema", () => {
    const node: z.ZodType = z.object({ kind: z.enum(["x"]), get kids() { return z.array(node); } });
    const fields = ground({ kind: "x", kids: [{ kind: "x", kids: [] }] }, plainDocument("nothing"), toJsonSchema(node), nothingKnown).fields;
    expect(fields).toMatchObject({ kids: [{ kind: { status: "derived" } }] });
  });
});

describe("ground: which place, and whose text", () => {
  it("puts the place nearest to the rest of its record first", () => {
    const text = "Alpha | 100 | 7\nBravo | 200 | 7\nCharlie | 300 | 7\n";
    const data = ["Alpha", "Bravo", "Charlie"].map((name) => ({ name, count: 7 }));
    const fields = ground(data, plainDocument(text), {}, nothingKnown).fields as unknown as { count: Field }[];
    expect(fields.map(({ count }) => count.spans[0].start)).toEqual([14, 30, 48]);
    expect(fields[0].count.spans).toHaveLength(3);
  });

  it("takes what follows a record's name rather than what precedes it", () => {
    const text = "name: Alpha\ncount: 7\nname: Bravo\ncount: 7\n";
    const data = ["Alpha", "Bravo"].map((name) => ({ name, count: 7 }));
    const fields = ground(data, plainDocument(text), {}, nothingKnown).fields as unknown as { count: Field }[];
    expect(fields.map(({ count }) => count.spans[0].start)).toEqual([19, 40]);
  });

  it("shows at most fifty places", () => {
    expect(groundOne("x1", z.string(), plainDocument("x1 ".repeat(200))).spans).toHaveLength(50);
  });

  it("does not count text that the reader added", () => {
    const text = "[label: Total] Total due";
    const document = { ...plainDocument(text), locate: (start: number, end: number) => (start < 14 ? undefined : { start, end, text: text.slice(start, end) }) };
    expect(groundOne("Total", z.string(), document).spans).toEqual([{ start: 15, end: 20, text: "Total" }]);
    expect(groundOne("label", z.string(), document).status).toBe("ungrounded");
  });

  it("is derived where the source writes the value with escapes", () => {
    const source = String.raw`{"q":"say \"hi\""}`;
    const document: Document = { ...plainDocument('say "hi"'), source, format: "json", locate: () => ({ start: 6, end: 16, text: source.slice(6, 16), pointer: "/q" }) };
    expect(groundOne('say "hi"', z.string(), document)).toMatchObject({ status: "derived", spans: [{ pointer: "/q" }] });
  });

});

describe("ground: any text", () => {
  it("verbatim spans equal the value up to white space, whatever the text", () => {
    const word = fc.constantFrom("Acme", "acme", "12", "1,200", "x", " ", "\n", "\u00a0", "(5)", "日", "本", "-", "ß", "İ", "😀", ".");
    fc.assert(
      fc.property(fc.array(word, { maxLength: 40 }), fc.nat(40), fc.nat(6), fc.boolean(), (words, from, count, upper) => {
        const text = words.join("");
        const value = words.slice(from, from + count).join("");
        const asked = upper ? value.toUpperCase() : value;
        const { status, spans } = groundOne(asked, z.string(), plainDocument(text));
        for (const { start, end } of spans) {
          expect(start).toBeLessThan(end);
          if (status === "verbatim") expect(text.slice(start, end).replaceAll(/\s+/gu, " ")).toBe(asked.trim().replaceAll(/\s+/gu, " "));
        }
        expect(status === "absent").toBe(asked.trim() === "");
      }),
      { numRuns: 1000 },
    );
  });

  it("finds every printed number again by its value", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.constantFrom("en-US", "de-DE", "fr-FR", "de-CH"), (value, locale) => {
        const text = `Total ${new Intl.NumberFormat(locale).format(value)} due`;
        expect(groundOne(value, z.number(), plainDocument(text)).status).not.toBe("ungrounded");
      }),
    );
  });
});
