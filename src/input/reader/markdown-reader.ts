// Markdown is read as it stands; stretches inside a pipe table's cells also know their row and column.
// Tables are those of GitHub Flavored Markdown (https://github.github.com/gfm/#tables-extension-).
import { columnNames } from "./column-names.js";
import type { Reader } from "./reader.js";

interface Line { start: number; end: number }
interface Range { start: number; end: number }
export interface Cell extends Range { row: number; column: string }

const FENCE = /^ {0,3}(```|~~~)/;

export const markdownReader: Reader = {
  format: "markdown",
  extensions: ["md", "markdown"],
  detects: (source) => source.includes("|") && tableCells(source).length > 0,
  read(source, out) {
    let at = 0;
    for (const { start, end, row, column } of tableCells(source)) {
      out.verbatim(at, start);
      out.verbatim(start, end, { cell: { row, column } });
      at = end;
    }
    out.verbatim(at, source.length);
  },
};

/** The filled cells of all pipe tables, row by row, headers aside; rows count from 0 in each table. */
export function tableCells(source: string): Cell[] {
  const lines = linesOf(source);
  const textOf = (line: Line): string => source.slice(line.start, line.end);
  const cells: Cell[] = [];
  let fence: string | undefined;
  for (let index = 0; index + 1 < lines.length; index++) {
    const mark = FENCE.exec(textOf(lines[index]))?.[1];
    if (mark && (fence === undefined || fence === mark)) fence = fence === undefined ? mark : undefined;
    if (fence !== undefined || !isDelimiterRow(source, lines[index + 1])) continue;
    const header = rowCells(source, lines[index]);
    if (header.length !== rowCells(source, lines[index + 1]).length) continue;
    const names = columnNames(header.map((cell) => source.slice(cell.start, cell.end)));
    index += 2;
    for (let row = 0; index < lines.length && textOf(lines[index]).includes("|"); row++, index++) {
      rowCells(source, lines[index]).slice(0, names.length)
        .forEach((range, column) => { if (range.start < range.end) cells.push({ ...range, row, column: names[column] }); });
    }
    index--;
  }
  return cells;
}

function linesOf(source: string): Line[] {
  const lines: Line[] = [];
  let start = 0;
  for (const match of source.matchAll(/\r\n|\r|\n|$/g)) {
    lines.push({ start, end: match.index });
    start = match.index + match[0].length;
  }
  return lines;
}

/** The row of dashes under a header. */
function isDelimiterRow(source: string, line: Line): boolean {
  const text = source.slice(line.start, line.end);
  if (!/^[ \t]*[|:-]/.test(text) || !text.includes("|")) return false;
  const cells = rowCells(source, line);
  return cells.length > 0 && cells.every(({ start, end }) => /^:?-+:?$/.test(source.slice(start, end)));
}

/** The trimmed cells of one line; a backslash keeps a pipe inside its cell. */
function rowCells(source: string, line: Line): Range[] {
  const cells: Range[] = [];
  let start = line.start;
  for (let at = line.start; at < line.end; at++) {
    if (source[at] === "\\") at++;
    else if (source[at] === "|") {
      cells.push(trimmed(source, start, at));
      start = at + 1;
    }
  }
  const tail = trimmed(source, start, line.end);
  if (tail.start < tail.end) cells.push(tail);
  // A leading pipe opens the row: nothing stands before it.
  if (source.slice(line.start, line.end).trimStart().startsWith("|")) cells.shift();
  return cells;
}

function trimmed(source: string, from: number, to: number): Range {
  let [start, end] = [from, to];
  while (start < end && (source[start] === " " || source[start] === "\t")) start++;
  while (end > start && (source[end - 1] === " " || source[end - 1] === "\t")) end--;
  return { start, end };
}
