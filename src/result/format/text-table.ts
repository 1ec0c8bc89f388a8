// Lays out rows of text in columns; cells that are too long wrap.
import { displayWidth, padTo, wrapText } from "./display-width.js";

export interface Column {
  title: string;
  /** The most columns of the terminal it may take; the one column without a limit takes what is left. */
  limit?: number;
}

const gap = "  ";

export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string {
  const widths = columnWidths(columns, rows, width);
  const titles = columns.map(({ title }) => title);
  const rule = widths.map((size) => "─".repeat(size)).join(gap);
  return [formatRow(titles, widths), rule, ...rows.map((row) => formatRow(row, widths))].join("\n");
}

function columnWidths(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): number[] {
  const natural = columns.map(({ title, limit = Infinity }, index) =>
    Math.min(limit, Math.max(...[title, ...rows.map((row) => row[index])].map(displayWidth))),
  );
  const fixed = columns.reduce((sum, { limit }, index) => (limit === undefined ? sum : sum + natural[index]), 0);
  const left = Math.max(10, width - fixed - gap.length * (columns.length - 1));
  return natural.map((size, index) => (columns[index].limit === undefined ? Math.min(size, left) : size));
}

function formatRow(cells: readonly string[], widths: readonly number[]): string {
  const wrapped = cells.map((cell, index) => wrapText(cell, widths[index]));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    wrapped.map((lines, index) => padTo(lines[line] ?? "", widths[index])).join(gap).trimEnd(),
  ).join("\n");
}
