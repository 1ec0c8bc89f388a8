// CSV is read as `| a | b |` rows under a header; each cell keeps its place, row and column.
// papaparse finds the delimiter and the errors, `csv-cells.ts` the places.
import Papa from "papaparse";
import { InputError } from "../../error/input/input-error.js";
import type { MappedText, Place } from "../mapped-text.js";
import { columnNames } from "./column-names.js";
import { cellText, csvCells, type CsvCell } from "./csv-cells.js";
import type { Reader } from "./reader.js";

const DELIMITERS = [",", "\t", ";", "|"];
const SAMPLE_ROWS = 100;
/** A year or a date with one, as headers of accounts have them. */
const PERIOD = /^(?:(?:19|20)\d\d(?:[-/.–]\d{1,4}){0,2}|(?:\d{1,2}[-/.]){1,2}(?:19|20)\d\d)$/;

export const csvReader: Reader = {
  format: "csv",
  extensions: ["csv", "tsv"],
  detects: looksLikeCsv,
  read(source, out) {
    const [header, ...rows] = csvCells(source, parse(source));
    const names = namesOf(source, header);
    writeRow(source, header, out, () => undefined);
    out.label(`\n|${" --- |".repeat(names.length)}`);
    return rows.map((cells, row) => {
      if (cells.length > names.length) {
        throw broken(source, `row ${row + 1} has ${cells.length} cells, the header ${names.length}`, cells[names.length].start);
      }
      out.label("\n");
      writeRow(source, cells, out, (column) => ({ cell: { row, column: names[column] } }));
      return Object.fromEntries(cells.map((cell, column) => [names[column], cellText(source, cell)]));
    });
  },
};

/** The names of the columns and the labels in the first one, as the file orders them: objects put years before words. */
export function csvNames(source: string): { columns: string[]; rows: string[] } {
  const [header, ...rows] = csvCells(source, parse(source));
  return { columns: namesOf(source, header), rows: rows.map(([label]) => cellText(source, label)) };
}

function namesOf(source: string, header: readonly CsvCell[]): string[] {
  return columnNames(header.map((cell) => cellText(source, cell)));
}

/** Its delimiter. @throws InputError for broken quotes. */
function parse(source: string): string {
  // Line breaks of one kind, and no other length: papaparse knows only one kind per file.
  const { errors, meta } = Papa.parse<string[]>(source.replaceAll("\r\n", " \n").replaceAll("\r", "\n"), {
    delimitersToGuess: DELIMITERS, newline: "\n", skipEmptyLines: "greedy",
  });
  const error = errors.find(({ type }) => type === "Quotes");
  if (error) throw broken(source, error.message, error.index);
  return meta.delimiter;
}

function broken(source: string, message: string, offset: number | undefined): InputError {
  return new InputError(`Invalid CSV: ${message}`, {
    format: "csv", rawText: source, offset,
    hint: 'Mend the table, or pass its content as a string to read it as plain text.',
  });
}

function writeRow(source: string, cells: CsvCell[], out: MappedText, placeOf: (column: number) => Place | undefined): void {
  out.label("|");
  cells.forEach((cell, column) => {
    out.label(" ");
    writeCell(source, cell, out, placeOf(column));
    out.label(" |");
  });
}

function writeCell(source: string, cell: CsvCell, out: MappedText, place: Place | undefined): void {
  let at = cell.start;
  if (cell.quoted) {
    for (const { index } of source.slice(cell.start, cell.end).matchAll(/""/g)) {
      const quote = cell.start + index;
      out.value(source.slice(at, quote), at, quote, place);
      out.value('"', quote, quote + 2, place);
      at = quote + 2;
    }
  }
  out.value(source.slice(at, cell.end), at, cell.end, place);
}

/** At least two rows of one width above 1, short cells, a header that names, and no prose. */
function looksLikeCsv(source: string): boolean {
  return DELIMITERS.some((delimiter) => {
    const { data, errors } = Papa.parse<string[]>(source, { delimiter, preview: SAMPLE_ROWS, skipEmptyLines: "greedy" });
    const [header] = data;
    if (errors.length > 0 || data.length < 2 || header.length < 2) return false;
    const cells = data.flat();
    const sentences = data.filter((row) => /[.!?。！？:：]\s*$/.test(row[row.length - 1])).length;
    const spaced = cells.filter((cell) => cell.startsWith(" ")).length;
    return data.every((row) => row.length === header.length)
      && sentences * 3 < data.length
      && isHeader(data)
      && cells.every((cell) => cell.length <= 200 && cell.split(/\s+/).length <= 12)
      // A comma with a space behind it is more often prose than a table.
      && (delimiter !== "," || spaced * 2 < cells.length - data.length);
  });
}

/** Each column has a name; behind the first, which may be blank then, a period will do that is not one of many. */
function isHeader([header, ...rows]: string[][]): boolean {
  const mayOpenBlank = header.slice(1).some(isPeriod) && rows.some(([label]) => label.trim() !== "");
  return header.every((name, column) => {
    if (name.length > 40) return false;
    if (/\p{L}/u.test(name)) return true;
    if (column === 0) return mayOpenBlank && name.trim() === "";
    return isPeriod(name) && !rows.every((row) => isPeriod(row[column]));
  });
}

function isPeriod(cell: string): boolean {
  return PERIOD.test(cell.trim());
}
