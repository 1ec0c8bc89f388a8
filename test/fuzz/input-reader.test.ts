// Public suites of hard and hostile files, and random bytes: readers answer with a document or a named error.
import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DistillateError } from "../../src/error/distillate-error.js";
import type { Document } from "../../src/input/document.js";
import { readDocument } from "../../src/input/read-document.js";
import { splitSentences } from "../../src/input/sentences.js";

interface JsonCase { id: string; encoding: "utf-8" | "base64"; data: string; expect: "accept" | "reject" | "either" }
interface CsvCase { id: string; data: string; rows: unknown }
interface XmlCase { id: string; data: string; mustNotExpand: boolean }

function fixture<Case>(name: string): Case[] {
  const text = readFileSync(new URL(`../fixtures/parser/${name}`, import.meta.url), "utf8");
  return text.trim().split("\n").map((line) => JSON.parse(line) as Case);
}

/** The document or the error of this package; any other failure is thrown. */
async function outcome(...input: Parameters<typeof readDocument>): Promise<Document | DistillateError> {
  try {
    return await readDocument(...input);
  } catch (error) {
    if (!DistillateError.isInstance(error)) throw error;
    return error;
  }
}

describe("JSON parsing suite", () => {
  it.each(fixture<JsonCase>("json-suite.jsonl"))("$id: $expect", async ({ encoding, data, expect: label }) => {
    const bytes = Buffer.from(data, encoding === "base64" ? "base64" : "utf8");
    const result = await outcome(bytes, { format: "json" });
    const accepted = !DistillateError.isInstance(result);
    // Files that are no UTF-8 are rejected by the suite for that alone; here other encodings are read.
    if (label !== "either" && encoding === "utf-8") expect(accepted ? "accept" : "reject").toBe(label);
    if (accepted && encoding === "utf-8") expect(result.data).toEqual(JSON.parse(data));
  });
});

describe("CSV suite", () => {
  it.each(fixture<CsvCase>("csv-suite.jsonl"))("$id", async ({ data, rows }) => {
    expect((await readDocument(data, { format: "csv" })).data).toEqual(rows);
  });
});

describe("hostile XML", () => {
  it.each(fixture<XmlCase>("xml-malicious.jsonl"))("$id", async ({ data, mustNotExpand }) => {
    const result = await outcome(data, { format: "xml" });
    if (DistillateError.isInstance(result)) expect(result).toMatchObject({ code: "INPUT_INVALID", format: "xml", rawText: data });
    // What is read is no longer than what is written there, and a layout of at most two blanks a level.
    else expect(result.text.replace(/\s/g, "").length).toBeLessThanOrEqual(data.length);
    if (mustNotExpand && /<!ENTITY/.test(data) && /^\s*<[!?]/.test(data)) expect(result).toMatchObject({ code: "INPUT_INVALID" });
    expect(await outcome(data)).toBeDefined();
  });

  it("refuses a billion laughs and deep nesting", async () => {
    const entities = Array.from({ length: 10 }, (_, index) => `<!ENTITY l${index + 1} "${`&l${index};`.repeat(10)}">`).join("");
    const bomb = `<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "lol">${entities}]><l>&l10;</l>`;
    expect(await outcome(bomb)).toMatchObject({ code: "INPUT_INVALID" });
    expect(await outcome("<a>".repeat(50_000) + "</a>".repeat(50_000))).toMatchObject({ code: "INPUT_INVALID" });
  });
});

describe("random bytes", () => {
  const formats = fc.constantFrom(undefined, "text", "json", "xml", "csv", "markdown") as fc.Arbitrary<"json" | undefined>;

  it("never crash a reader", async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), formats, async (bytes, format) => {
      const result = await outcome(bytes, { format });
      if (!DistillateError.isInstance(result)) result.locate(0, result.text.length);
    }), { numRuns: 1000 });
  });

  it("never crash a reader when they damage a good file", async () => {
    const good = ['{"a": [1, "x\\n", {"b": null}]}', '<a b="c">d<e/>&amp;<![CDATA[f]]></a>', 'a,b\n1,"x ""y"""\n', "| a | b |\n|--|--|\n| 1 | 2 |\n"];
    const damage = fc.record({ source: fc.constantFrom(...good), at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) });
    await fc.assert(fc.asyncProperty(damage, formats, async ({ source, at, byte }, format) => {
      const bytes = Buffer.from(source);
      bytes[at % bytes.length] = byte;
      const result = await outcome(bytes, { format });
      if (!DistillateError.isInstance(result)) result.locate(0, result.text.length);
    }), { numRuns: 1000 });
  });
});

describe("shapes that cost quadratic time when read carelessly", () => {
  it.each([
    ["columns of one name", '"a",'.repeat(500_000), "csv"],
    ["blanks in a delimiter row", `|a|\n|-${" ".repeat(400_000)}x`, undefined],
    ["blanks before XML", `<?xml version="1.0"?>${" ".repeat(400_000)}x`, undefined],
    ["open comments", "<!--".repeat(400_000), undefined],
    ["quotes", '"'.repeat(400_000), undefined],
    ["short JSON strings", JSON.stringify(Array.from({ length: 100_000 }, () => "\n")), undefined],
  ] as const)("%s", async (_name, source, format) => {
    expect((await readDocument(source, { format })).source).toBe(source);
  });

  it("in sentences", () => {
    for (const text of ["A. ".repeat(200_000), ".".repeat(400_000), `.${" ".repeat(400_000)}`, "abc\r".repeat(100_000)]) {
      expect(splitSentences(text, "en").length).toBeGreaterThan(0);
    }
  });
});
