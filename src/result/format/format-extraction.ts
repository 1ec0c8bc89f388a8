// An extraction as a table for people: every value with its status, its confidence and where it stands.
import type { Span } from "../../input/document.js";
import type { Extraction, Field, Warning } from "../extraction.js";
import { isPlainObject, type FieldTree } from "../field-tree.js";
import { printable, wrapText } from "./display-width.js";
import { formatTable, type Column } from "./text-table.js";

export interface FormatExtractionOptions {
  /** Columns of the terminal. Default 100. */
  width?: number;
  /** The record's source (`Document.source`), for line numbers. */
  source?: string;
}

const columns: readonly Column[] = [
  { title: "field", limit: 28 },
  { title: "value" },
  { title: "status", limit: 10 },
  { title: "conf.", limit: 5 },
  { title: "where", limit: 34 },
];
/** Longer paths lose their beginning where a line number says as much. */
const pathLimit = 24;

interface Leaf {
  path: string;
  value: unknown;
  field: Field;
}

/**
 * A table of the values, a line of what is absent, and the warnings. Control characters of the record are
 * left out, so that no document can steer the terminal.
 */
export function formatExtraction<Output>(extraction: Extraction<Output>, options: FormatExtractionOptions = {}): string {
  const { width = 100, source } = options;
  const leaves = leavesOf(extraction.data, extraction.fields as FieldTree, "");
  const present = leaves.filter(({ field }) => field.status !== "absent");
  const absent = leaves.filter(({ field }) => field.status === "absent");
  const rows = present.map(({ path, value, field }) => [
    printable(path),
    printable(wording(value)),
    field.status,
    field.confidence === undefined ? "–" : field.confidence.toFixed(2),
    printable(placeOf(field.spans, source)),
  ]);
  return [
    ...(rows.length > 0 ? [formatTable(columns, rows, width)] : []),
    ...(absent.length > 0 ? [formatAbsent(absent, width)] : []),
    ...extraction.warnings.map((warning) => formatWarning(warning, width)),
  ].join("\n");
}

function leavesOf(data: unknown, fields: FieldTree, path: string): Leaf[] {
  if (isField(fields)) return [{ path, value: data, field: fields }];
  if (Array.isArray(fields)) {
    const items = Array.isArray(data) ? data : [];
    return fields.flatMap((field, index) => leavesOf(items[index], field, `${path}[${index}]`));
  }
  const members = isPlainObject(data) ? data : {};
  return Object.entries(fields).flatMap(([key, field]) => leavesOf(members[key], field, path === "" ? key : `${path}.${key}`));
}

function isField(tree: FieldTree): tree is Field {
  return !Array.isArray(tree) && typeof tree.status === "string" && Array.isArray(tree.spans);
}

function wording(value: unknown): string {
  if (typeof value === "string") return value;
  return value instanceof Date ? value.toISOString() : (JSON.stringify(value) ?? "–");
}

function placeOf(spans: readonly Span[], source: string | undefined): string {
  const [span] = spans;
  if (!span) return "–";
  const path = span.pointer ?? span.xpath;
  const cell = span.cell && `row ${span.cell.row + 1}, ${span.cell.column}`;
  const place = (path && source !== undefined ? shortPath(path) : path) ?? cell ?? `${span.start}–${span.end}`;
  const line = source === undefined ? "" : `line ${lineAt(source, span.start)}, `;
  const more = spans.length > 1 ? ` (+${spans.length - 1})` : "";
  return line + place + more;
}

function shortPath(path: string): string {
  let short = path;
  while (short.length > pathLimit && short.indexOf("/", 2) > 0) short = `…${short.slice(short.indexOf("/", 2))}`;
  return short;
}

function lineAt(source: string, offset: number): number {
  return source.slice(0, offset).split(/\r\n|\r|\n/).length;
}

function formatAbsent(leaves: readonly Leaf[], width: number): string {
  const names = leaves.map(({ path, field }) =>
    field.confidence === undefined ? path : `${path} (${field.confidence.toFixed(2)})`,
  );
  return indent("absent: ", printable(names.join(", ")), width);
}

function formatWarning({ code, message, path }: Warning, width: number): string {
  return indent("warning: ", printable(`${path ? `${path}: ` : ""}${message} [${code}]`), width);
}

function indent(title: string, text: string, width: number): string {
  return wrapText(text, width - title.length)
    .map((line, index) => (index === 0 ? title : " ".repeat(title.length)) + line)
    .join("\n");
}
