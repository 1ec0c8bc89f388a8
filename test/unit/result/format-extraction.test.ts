// The table of an extraction: width, places, absent values, and text that must not reach a terminal as it is.
import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { Extraction, Field } from "../../../src/result/extraction.js";
import { displayWidth, printable, wrapText } from "../../../src/result/format/display-width.js";
import { formatExtraction } from "../../../src/result/format/format-extraction.js";

function field(status: Field["status"], confidence?: number, ...spans: Field["spans"]): Field {
  return { status, confidence, spans, alternatives: [] };
}

function extractionOf(data: unknown, fields: unknown, warnings: Extraction<unknown>["warnings"] = []): Extraction<unknown> {
  const usage = { promptTokens: 0, cachedTokens: 0, thinkingTokens: 0, outputTokens: 0, forcedTokens: 0, requests: 0, modelMs: 0 };
  return { data, fields, warnings, usage, samples: [], trace: [] } as Extraction<unknown>;
}

it("shows values, status, confidence and where each stands", () => {
  const source = "Agreement\r\nbetween ACME Ltd\nand 李雷, dated 12 March 2024.";
  const at = (text: string): Field["spans"][number] => {
    const start = source.indexOf(text);
    return { start, end: start + text.length, text };
  };
  const table = formatExtraction(
    extractionOf(
      { parties: [{ name: "ACME Ltd" }, { name: "李雷" }], date: "2024-03-12", total: 12.5, law: null },
      {
        parties: [{ name: field("verbatim", 0.987, at("ACME Ltd"), at("and")) }, { name: field("verbatim", 1, { ...at("李雷"), pointer: "/b" }) }],
        date: field("derived", 0.5, { ...at("12 March 2024"), cell: { row: 0, column: "Date" } }),
        total: field("ungrounded"),
        law: field("absent", 0.9),
      },
      [{ code: "LOW", message: "Look again.", path: "/date" }],
    ),
    { source },
  );
  expect(table).toBe(
    [
      "field            value       status      conf.  where",
      "───────────────  ──────────  ──────────  ─────  ───────────────────",
      "parties[0].name  ACME Ltd    verbatim    0.99   line 2, 19–27 (+1)",
      "parties[1].name  李雷        verbatim    1.00   line 3, /b",
      "date             2024-03-12  derived     0.50   line 3, row 1, Date",
      "total            12.5        ungrounded  –      –",
      "absent: law (0.90)",
      "warning: /date: Look again. [LOW]",
    ].join("\n"),
  );
});

it("keeps the end of a long path where the line is known, and all of it where it is not", () => {
  const xpath = "/Invoice/cac:LegalMonetaryTotal/cbc:PayableAmount";
  const total = extractionOf({ total: 1 }, { total: field("derived", 1, { start: 4, end: 5, text: "1", xpath }) });
  expect(formatExtraction(total, { source: "<a>\n1" })).toContain("line 2, …/cbc:PayableAmount");
  expect(formatExtraction(total, { width: 200 }).replaceAll(/\s+/g, "")).toContain("/Invoice/cac:LegalMonetary");
});

it("keeps within its width whatever the values are, and loses no visible character", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", " ", "中", "。", "é", "🐕", "👨‍👩‍👧", "\n", "\u001b[31m", "\u202e"), maxLength: 300 });
  fc.assert(
    fc.property(text, text, fc.integer({ min: 90, max: 140 }), (value, key, width) => {
      const table = formatExtraction(extractionOf({ [key]: value }, { [key]: field("verbatim", 0.5, { start: 0, end: 1, text: "a" }) }), { width });
      for (const line of table.split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(width);
      for (const hidden of ["\u001b", "\u202e"]) expect(table).not.toContain(hidden);
    }),
  );
  fc.assert(
    fc.property(text.map(printable), fc.integer({ min: 2, max: 40 }), (line, columns) => {
      const lines = wrapText(line, columns);
      expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(columns);
      expect(lines.join("").replaceAll(" ", "")).toBe(line.replaceAll(" ", ""));
    }),
  );
});

it.each([
  ["abc", 3],
  ["合同", 4],
  ["ｆ）", 4],
  ["e\u0301", 1],
  ["👨‍👩‍👧", 2],
  ["", 0],
])("measures %j as %i columns", (text, columns) => {
  expect(displayWidth(text)).toBe(columns);
});
