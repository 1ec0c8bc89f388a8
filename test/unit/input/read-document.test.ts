// What a caller may hand in, how its format is found, what is refused and how.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { DistillateError } from "../../../src/error/distillate-error.js";
import { EmptyInputError } from "../../../src/error/input/empty-input-error.js";
import { InputError } from "../../../src/error/input/input-error.js";
import { InputTooLargeError } from "../../../src/error/input/input-too-large-error.js";
import { readDocument } from "../../../src/input/read-document.js";
import { storedZip } from "../../fixtures/stored-zip.js";

const folder = mkdtempSync(join(tmpdir(), "distillate-input-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function failure(input: unknown, options = {}): Promise<DistillateError> {
  const error: unknown = await readDocument(input, options).catch((cause: unknown) => cause);
  if (!DistillateError.isInstance(error)) throw new Error("expected a DistillateError", { cause: error });
  return error;
}

describe("kinds of input", () => {
  it("reads a string as content even where it names a file", async () => {
    const path = file("named.txt", "inside");
    expect((await readDocument(path)).text).toBe(path);
  });

  it("reads a file by path, by URL and by its bytes alike", async () => {
    const path = file("a.csv", "x;y\n1;2\n");
    const expected = { format: "csv", data: [{ x: "1", y: "2" }], source: "x;y\n1;2\n" };
    expect(await readDocument({ path })).toMatchObject({ ...expected, name: path });
    expect(await readDocument(pathToFileURL(path))).toMatchObject({ ...expected, name: path });
    expect(await readDocument(Buffer.from("x;y\n1;2\n"), { name: "a.csv" })).toMatchObject({ ...expected, name: "a.csv" });
    const bytes = new TextEncoder().encode("x;y\n1;2\n");
    expect(await readDocument(bytes.buffer, { format: "csv" })).toMatchObject(expected);
  });

  it("reads data as JSON, a path among other fields included", async () => {
    const data = { path: "/v1", tags: ["a", { b: null }], empty: "", zero: 0 };
    const document = await readDocument(data);
    expect(document).toMatchObject({ format: "json", data, source: JSON.stringify(data, null, 2) });
    expect(document.text).toBe('path: /v1\ntags:\n  - a\n  - b: null\nempty: ""\nzero: 0');
  });

  it.each([
    ["null", null], ["a number", 5], ["undefined", undefined], ["a function", () => 1], ["a Map", new Map([["a", 1]])],
    ["a promise", Promise.resolve("x")], ["a bigint within", { a: 1n }],
  ])("refuses %s", async (_name, input) => {
    expect(await failure(input)).toBeInstanceOf(InputError);
  });

  it("refuses circular and bottomless data", async () => {
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    expect(await failure(circular)).toBeInstanceOf(InputError);
    let deep: unknown[] = [];
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(await failure(deep)).toBeInstanceOf(InputError);
    expect(await failure({ a: 1 }, { format: "csv" })).toBeInstanceOf(InputError);
  });

  it("says why a file cannot be opened", async () => {
    expect((await failure({ path: join(folder, "none.txt") })).message).toMatch(/none\.txt: there is no such file/);
    expect((await failure({ path: folder })).message).toMatch(/it is a folder/);
    expect((await failure(new URL("https://example.com/a.txt"))).message).toMatch(/only file: URLs/);
  });
});

describe("format", () => {
  it.each([
    ["a JSON array", "[1, 2]", "json"],
    ["a bracket that opens prose", "[Signature page follows]", "text"],
    ["a bare number", "42", "text"],
    ["XML", " <a><b>1</b></a>", "xml"],
    ["an angle bracket that opens prose", "<draft> of the agreement", "text"],
    ["a pipe table", "Totals:\n\n| a | b |\n|---|---|\n| 1 | 2 |", "markdown"],
    ["a pipe table in a code block", "```\n| a | b |\n|---|---|\n| 1 | 2 |\n```", "text"],
    ["tab-separated rows", "name\tage\nAnn\t5\nBob\t6", "csv"],
    ["rows under years", "item,2024\nCash,3\nLoans,4\n", "csv"],
    ["rows under dates, the labels' header blank", ",31.12.2024,2023/24\nCash,3,1", "csv"],
    ["rows under years, in Chinese", "项目,2024\n现金,3", "csv"],
    ["a list of people's years", "Ann,1987\nBob,1990\nCy,2001", "text"],
    ["rows of numbers", "2024,2023\n1,2\n3,4", "text"],
    ["rows of numbers behind blanks", ",7,8\n,1,2", "text"],
    ["an indented year", "\t2024\n\tIn that year we met", "text"],
    ["dates in prose", "Lagos, 2024\nDear Ann, hello\n", "text"],
    ["prose with commas", "Dear Ann, hello\nYours truly, Bob", "text"],
    ["verse", "Roses are red, violets are blue\nSugar is sweet, and so are you", "text"],
    ["key and value lines", "Name: Ann; age: 5.\nName: Bob; age: 6.", "text"],
    ["ragged rows", "a,b\n1,2,3\n4", "text"],
  ])("of %s", async (_name, source, format) => {
    expect((await readDocument(source)).format).toBe(format);
  });

  it("follows the extension unless the content proves otherwise", async () => {
    expect((await readDocument({ path: file("plain.md", "No table here.") })).format).toBe("markdown");
    expect((await readDocument({ path: file("really.csv", '{"a": 1}') })).format).toBe("json");
    expect((await readDocument({ path: file("really.json", "<a>1</a>") })).format).toBe("xml");
    expect((await readDocument({ path: file("one-column.csv", "name\nAnn\n") })).data).toEqual([{ name: "Ann" }]);
    expect(await failure({ path: file("broken.json", "{'a': 1}") })).toMatchObject({ format: "json", line: 1, column: 2 });
    expect((await readDocument("[1]", { format: "text" })).text).toBe("[1]");
    expect((await failure("x", { format: "docx" })).message).toMatch(/no format docx/);
  });

  it("keeps the last of repeated JSON keys, and all of them in the text", async () => {
    const document = await readDocument('{"a": 1, "a": 2, "__proto__": 3}');
    expect(document.data).toEqual(JSON.parse('{"a": 2, "__proto__": 3}'));
    expect(document.text).toBe("a: 1\na: 2\n__proto__: 3");
  });

  it("makes XML data by local name, with attributes, repeats and mixed text", async () => {
    const { data, text } = await readDocument('<r xmlns="u" xsi:schemaLocation="u v" xmlns:xsi="i"><x:a xmlns:x="q">007</x:a><a> two\n   lines </a><b id="5">t<i>u</i><![CDATA[<v>&amp;]]></b><c/></r>');
    expect(data).toEqual({ r: { a: ["007", "two lines"], b: { "@id": "5", "#text": ["t", "<v>&amp;"], i: "u" }, c: "" } });
    expect(text).toBe("r:\n  a: 007\n  a: two lines\n  b: t\n    @id: 5\n    i: u\n    <v>&amp;\n  c:");
  });

  it("names repeated and empty columns, and lets a row be short", async () => {
    const { data } = await readDocument("a,,a\n1,2,3\n4\n", { format: "csv" });
    expect(data).toEqual([{ a: "1", column_2: "2", a_2: "3" }, { a: "4" }]);
  });
});

describe("limits", () => {
  it.each([["nothing", ""], ["blanks", " \n\t\r\n"], ["a byte-order mark", "\ufeff"]])("refuses %s", async (_name, input) => {
    expect(await failure(input)).toBeInstanceOf(EmptyInputError);
    expect(await failure(Buffer.from(input))).toBeInstanceOf(EmptyInputError);
    expect((await failure({ path: file("empty.txt", input) })).message).toMatch(/empty\.txt is empty/);
  });

  it("refuses 40 million characters in any form", async () => {
    const large = "lorem ip".repeat(5_000_000);
    expect(await failure(large)).toBeInstanceOf(InputTooLargeError);
    expect(await failure({ path: file("large.txt", large) })).toBeInstanceOf(InputTooLargeError);
    expect(await failure(new Uint8Array(100_000_000))).toBeInstanceOf(InputTooLargeError);
    expect(await failure("12345", { maxChars: 4 })).toMatchObject({ code: "INPUT_TOO_LARGE", maxChars: 4 });
  });

  it("refuses JSON that indentation would blow up", async () => {
    const source = `${"[".repeat(900)}${"1,".repeat(50_000)}1${"]".repeat(900)}`;
    expect(await failure(source, { maxChars: 1_000_000 })).toBeInstanceOf(InputTooLargeError);
  });

  it("reads a long document with many values in time that grows with its length", async () => {
    const rows = Array.from({ length: 50_000 }, (_, index) => ({ id: index, name: `item ${index}` }));
    const document = await readDocument(rows);
    const start = document.text.indexOf("item 49999");
    expect(document.locate(start, start + 10)).toMatchObject({ text: "item 49999", pointer: "/49999/name" });
  });

  it.each([
    ["PDF", "%PDF-1.7\n%âãÏÓ\n1 0 obj", "a PDF document"],
    ["PNG", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image"],
    ["old Word", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0\0\0", "old binary kind"],
    ["GGUF", "GGUF\x03\0\0\0", "a model file"],
    ["noise", "\x01\x02\x03\xfe\x00\x07\x00\x00\x10\x99\x81\x02", "binary data"],
    ["control characters", "\x01\x02\x03\x04\x05\x06", "binary data"],
  ])("refuses %s by name", async (_name, latin1, looks) => {
    const error = await failure(Buffer.from(latin1, "latin1"));
    expect(error).toBeInstanceOf(InputError);
    expect(error.message).toContain(looks);
  });

  it("tells the Office formats apart", async () => {
    expect((await failure(storedZip({ "word/document.xml": Buffer.from("x") }))).message).toContain("DOCX");
    expect((await failure(storedZip({ "xl/workbook.xml": Buffer.from("x") }))).message).toContain("XLSX");
    expect((await failure(storedZip({ "notes.txt": Buffer.from("x") }))).message).toContain("a zip archive");
    expect((await failure("a\0b")).message).toContain("NUL");
  });
});
