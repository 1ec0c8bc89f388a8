// One suite that every reader of a format runs: what it writes for the model, the way back, and broken input.
import { XMLParser } from "fast-xml-parser";
import * as fc from "fast-check";
import Papa from "papaparse";
import { describe, expect, it } from "vitest";
import { DistillateError } from "../../src/error/distillate-error.js";
import { InputError } from "../../src/error/input/input-error.js";
import type { Document, DocumentFormat } from "../../src/input/document.js";
import { readDocument } from "../../src/input/read-document.js";

interface Subject {
  format: DocumentFormat;
  /** Writes values, each in a place of its own, as a source of the format. */
  source(values: string[]): string;
  /** What a stretch of source inside a value says, by another implementation. */
  decode(stretch: string): string;
  /** Where the value with this number must be said to stand. */
  place(index: number): object;
  /** A broken source, and where it breaks. */
  broken?: { source: string; line: number; column: number }[];
}

const xmlEscape = (text: string): string => text.replace(/[&<>"]/g, (char) => ({ "&": "&amp;", "<": "&lt;", ">": "&#62;", '"': "&quot;" })[char]!);
const xmlParser = new XMLParser({ parseTagValue: false, trimValues: false, htmlEntities: true });

const SUBJECTS: Subject[] = [
  {
    format: "text",
    source: (values) => `Heading\n\n${values.join(".\n")}\n`,
    decode: (stretch) => stretch,
    place: () => ({}),
  },
  {
    format: "markdown",
    source: (values) => `# Table\n\n| Name | Value |\n| --- | ---: |\n${values.map((value, index) => `| row ${index} |  ${shown(value, "markdown")}|`).join("\n")}\n\nEnd.\n`,
    decode: (stretch) => stretch,
    place: (index) => ({ cell: { row: index, column: "Value" } }),
  },
  {
    format: "json",
    source: (values) => JSON.stringify({ list: values.map((value, index) => (index % 2 ? { "a/b": [value] } : { "a/b": value })), end: true }, null, 1),
    decode: (stretch) => JSON.parse(`"${stretch}"`) as string,
    place: (index) => ({ pointer: `/list/${index}/a~1b${index % 2 ? "/0" : ""}` }),
    broken: [
      { source: '{\n  "a": 1,\n  "b": }', line: 3, column: 8 },
      { source: '["a\nb"]', line: 1, column: 4 },
      { source: "[1, 2", line: 1, column: 6 },
      { source: '{"a": 1} x', line: 1, column: 10 },
      { source: "{'a': 1}", line: 1, column: 2 },
      { source: "[".repeat(100_000), line: 1, column: 1002 },
    ],
  },
  {
    format: "xml",
    source: (values) => `<?xml version="1.0"?>\n<n:root xmlns:n="urn:x"><!-- <n:item>no</n:item> -->\n${values.map((value, index) => (index % 2 ? `  <n:item k="${xmlEscape(value)}"/>` : `  <n:item> <b>${xmlEscape(value)}</b></n:item>`)).join("\n")}\n  <n:item>last</n:item>\n</n:root>`,
    decode: (stretch) => (xmlParser.parse(`<a>${stretch}</a>`) as { a: string }).a,
    place: (index) => ({ xpath: `/n:root/n:item[${index + 1}]/${index % 2 ? "@k" : "b"}` }),
    broken: [
      { source: "<a>\n <b></a>", line: 2, column: 5 },
      { source: "<a x=1></a>", line: 1, column: 4 },
      { source: "<a>&</a>", line: 1, column: 4 },
    ],
  },
  {
    format: "csv",
    source: (values) => Papa.unparse([["Name", "Value"], ...values.map((value, index) => [`row ${index}`, value])], { newline: "\n" }),
    decode: (stretch) => stretch.replaceAll('""', '"'),
    place: (index) => ({ cell: { row: index, column: "Value" } }),
    broken: [
      { source: 'a,b\n1,"x\n', line: 2, column: 4 },
      { source: "a,b\n1,2,3\n", line: 2, column: 5 },
    ],
  },
];

/** Values that can be told apart wherever they appear. */
const values = fc.array(fc.string({ unit: fc.constantFrom(..."ab 1,;|:&<>\"'\\/{}[]-#é中😀") }), { minLength: 1, maxLength: 12 })
  .map((texts) => texts.map((text, index) => `«${index}»${text}«`));

function locateValue(document: Document, value: string) {
  const start = document.text.indexOf(value);
  return start < 0 ? undefined : document.locate(start, start + value.length);
}

/** Pipes end a cell of Markdown and backslashes guard them, so that values are written without either. */
const shown = (value: string, format: DocumentFormat): string => (format === "markdown" ? value.replace(/[\\|]/g, "/") : value);

describe.each(SUBJECTS)("way back from what is read of $format", (subject) => {
  const { format } = subject;

  it("writes every value out and finds it again in the source", async () => {
    await fc.assert(fc.asyncProperty(values, async (texts) => {
      const source = subject.source(texts);
      const document = await readDocument(source, { format });
      expect(document).toMatchObject({ format, source });
      texts.forEach((text, index) => {
        const span = locateValue(document, shown(text, format));
        expect(span).toMatchObject(subject.place(index));
        expect(source.slice(span!.start, span!.end)).toBe(span!.text);
        expect(subject.decode(span!.text)).toBe(shown(text, format));
      });
    }));
  });

  it("maps any stretch to a stretch of the source, or to none", async () => {
    await fc.assert(fc.asyncProperty(values, fc.nat(), fc.nat(), async (texts, from, length) => {
      const document = await readDocument(subject.source(texts), { format });
      const start = from % document.text.length;
      const end = Math.min(start + 1 + (length % 40), document.text.length);
      const span = document.locate(start, end);
      if (span) {
        expect(document.source.slice(span.start, span.end)).toBe(span.text);
        expect(span.text).not.toBe("");
      }
      expect(document.locate(start, start)).toBeUndefined();
    }));
  });

  it("gives part of a value its exact part of the source", async () => {
    const document = await readDocument(subject.source(["«0»one two"]), { format });
    const start = document.text.indexOf("two");
    expect(document.locate(start, start + 3)).toMatchObject({ text: "two", ...subject.place(0) });
  });

  it("spans from one value to another without claiming one place", async () => {
    const document = await readDocument(subject.source(["«0»one", "«1»two", "«2»three"]), { format });
    const start = document.text.indexOf("«0»one");
    const span = document.locate(start, document.text.indexOf("three") + 5)!;
    expect(span.text.startsWith("«0»one")).toBe(true);
    expect(span.text.endsWith("three")).toBe(true);
    expect(span).not.toHaveProperty("pointer");
    expect(span).not.toHaveProperty("xpath");
    expect(span).not.toHaveProperty("cell");
  });
});

describe.each(SUBJECTS)("reader of $format", (subject) => {
  const { format } = subject;

  it("leaves a source with CRLF as it is and reads it as one with LF", async () => {
    const source = subject.source(["«0»first", "«1»second"]);
    const crlf = source.replaceAll("\n", "\r\n");
    const [plain, document] = [await readDocument(source, { format }), await readDocument(crlf, { format })];
    expect(document.source).toBe(crlf);
    expect(document.text).toBe(plain.text);
    expect(document.data).toEqual(plain.data);
    const span = locateValue(document, "«1»second")!;
    expect(span.text).toBe("«1»second");
    expect(crlf.slice(span.start, span.end)).toBe("«1»second");
  });

  it("is detected without a name", async () => {
    const document = await readDocument(subject.source(["12", "7"]));
    expect(document.format).toBe(format);
  });

  for (const { source, line, column } of subject.broken ?? []) {
    it(`refuses ${JSON.stringify(source.slice(0, 20))} with its place and its text`, async () => {
      const error = await readDocument(source, { format }).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(InputError);
      expect(error).toMatchObject({ code: "INPUT_INVALID", format, line, column, rawText: source.slice(0, 100_000) });
    });
  }

  it("never fails on noise but with an error of this package", async () => {
    const noise = fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ unit: fc.constantFrom(..."<>/!?-[]{}\":,=a& ;#\n\r|\\") }));
    await fc.assert(fc.asyncProperty(noise, async (source) => {
      try {
        const document = await readDocument(source, { format });
        expect(document.source).toBe(source);
        document.locate(0, document.text.length);
      } catch (error) {
        expect(DistillateError.isInstance(error) ? "" : error).toBe("");
      }
    }), { numRuns: 500 });
  });
});
