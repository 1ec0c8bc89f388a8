// Strings that a document's structure names: its keys, and the labels of its rows.
import type { Document } from "./document.js";
import { csvNames } from "./reader/csv-reader.js";
import { tableCells } from "./reader/markdown-reader.js";

/** Markup around the whole of a Markdown cell: emphasis, code, a link. */
const WRAPPINGS = [/^(\*{1,3}|_{1,3}|~~|`)(?![\s*_~`])(?<text>(?:(?!\1).)+)(?<!\s)\1$/u, /^\[(?<text>[^[\]]+)\]\([^()]*\)$/u];

/** Names of properties, elements and columns; labels of rows. */
export type SourceStrings = "keys" | "rows";

/** Each once, in the order of the document; empty for text without structure. */
export function sourceStrings({ format, data, source }: Document, kind: SourceStrings): string[] {
  const strings = kind === "keys" ? keys : rows;
  return [...new Set(strings())].filter((text) => text.trim() !== "");

  function keys(): string[] {
    if (format === "csv") return csvNames(source).columns;
    return format === "markdown" ? tableCells(source).map(({ column }) => column) : keysOf(data);
  }

  function rows(): string[] {
    if (format === "csv") return csvNames(source).rows;
    if (format !== "markdown") return [];
    const cells = tableCells(source);
    return cells.filter(({ row }, index) => row !== cells[index - 1]?.row).map(({ start, end }) => withoutMarkup(source.slice(start, end)));
  }
}

/** Of XML, element names and `@attribute` names. */
function keysOf(data: unknown): string[] {
  const found: string[] = [];
  // Iterative: records nest deeper than the call stack.
  const pending: unknown[] = [data];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value !== "object" || value === null) continue;
    if (!Array.isArray(value)) found.push(...Object.keys(value).filter((key) => key !== "#text"));
    pending.push(...Object.values(value).filter((inner) => inner !== undefined).toReversed());
  }
  return found;
}

/** As a reader sees it, where that stands in the source in one piece: markup within a label and escapes stay. */
function withoutMarkup(label: string): string {
  const text = WRAPPINGS.map((wrapping) => wrapping.exec(label)?.groups?.text).find((inner) => inner !== undefined);
  return text === undefined ? label : withoutMarkup(text);
}
