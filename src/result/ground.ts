// Data -> fields: for every leaf, where it stands in the source and how sure the model was of it; copies in the source's own form.
import type { Document, Span } from "../input/document.js";
import type { JsonSchema } from "../model/language-model.js";
import { childPointer } from "../schema/json-pointer.js";
import { isDerived, isVerbatim, itemView, propertyView, type SchemaView, viewSchema } from "../schema/schema-view.js";
import type { CopiedLeaf } from "./copied-leaves.js";
import { foldWidth } from "./evidence/fold-width.js";
import { nearestFirst } from "./evidence/nearest-first.js";
import { SourceEvidence } from "./evidence/source-evidence.js";
import { collapseSpace } from "./evidence/text-index.js";
import type { Field } from "./extraction.js";
import { absentField, type FieldTree, isPlainObject, mapLeaves } from "./field-tree.js";
import type { TextRange } from "./locate-leaves.js";

/** Places shown for one value; a value that stands everywhere needs no more. */
const spanLimit = 50;

export interface ReplyEvidence {
  /** Of the leaves, by JSON pointer; leaves that are not in it have an unknown confidence. */
  confidences: ReadonlyMap<string, number>;
  /** What the model copied under constraint, by JSON pointer: it needs no search. */
  copies: ReadonlyMap<string, CopiedLeaf>;
}

export interface Grounded {
  /** The data, with copies in the form in which the document prints them. */
  data: unknown;
  fields: FieldTree;
  /** JSON pointers of strings that are to be copied and do not stand in the document. */
  missing: string[];
}

interface Leaf {
  /** The value as it would be printed. */
  printed: string;
  /** Worded or judged by the model, to be copied from the document, or neither. */
  kind: "derived" | "copy" | "plain";
  ranges: readonly TextRange[];
}

/**
 * The fields of `data`, found by search in the document: words up to white space, numbers and dates by value. Of several
 * places the one nearest to the rest of its record comes first. Strings that differ from the source in letter case, width,
 * quotes or line breaks are `derived`; so are enums, booleans and what the schema marks `x-derived`, whether found or not.
 * Strings marked `x-verbatim` are given in the form of their first place, where they differ in letter case and width alone.
 */
export function ground(data: unknown, document: Document, schema: JsonSchema, { confidences, copies }: ReplyEvidence): Grounded {
  const leaves = new Map<string, Leaf>();
  const collector = { evidence: new SourceEvidence(document), document, copies, leaves };
  collect(collector, data, "", viewSchema(schema));
  const ranked = nearestFirst(document.text, new Map([...leaves].map(([pointer, { ranges }]) => [pointer, ranges])));
  for (const [pointer, leaf] of leaves) if (leaf.kind === "copy") leaf.printed = ownForm(leaf.printed, ranked.get(pointer)!, document);
  const missing: string[] = [];
  const fields = mapLeaves(data, (_value, pointer) => {
    const leaf = leaves.get(pointer);
    const confidence = confidences.get(pointer);
    const field = leaf ? toField(leaf, ranked.get(pointer)!, document, confidence) : absentField(confidence);
    if (leaf?.kind === "copy" && field.status === "ungrounded") missing.push(pointer);
    return field;
  }) as FieldTree;
  const restored = mapLeaves(data, (value, pointer) => {
    const leaf = leaves.get(pointer);
    return leaf?.kind === "copy" ? leaf.printed : value;
  });
  return { data: restored, fields, missing };
}

interface Collector {
  document: Document;
  evidence: SourceEvidence;
  copies: ReplyEvidence["copies"];
  leaves: Map<string, Leaf>;
}

function collect(collector: Collector, data: unknown, pointer: string, view: SchemaView): void {
  if (Array.isArray(data)) {
    for (const [index, item] of data.entries()) collect(collector, item, childPointer(pointer, index), itemView(view, index));
  } else if (isPlainObject(data)) {
    for (const [key, value] of Object.entries(data)) collect(collector, value, childPointer(pointer, key), propertyView(view, key));
  } else {
    const copy = collector.copies.get(pointer);
    // Items that were dropped from a list move those behind them.
    const isCopy = copy !== undefined && copy.written === data;
    const leaf = isCopy ? toCopy(String(data), copy.places, collector.document) : toLeaf(data, view, collector);
    if (leaf) collector.leaves.set(pointer, leaf);
  }
}

/** Where the document prints it as it was written, the places where it does not are others' words. */
function toCopy(written: string, places: readonly TextRange[], { text }: Document): Leaf {
  const printed = collapseSpace(written);
  const same = places.filter(({ start, end }) => collapseSpace(text.slice(start, end)) === printed);
  return { printed, kind: "copy", ranges: same.length > 0 ? same : places };
}

/** What the document prints at the first place, if it is the same but for letter case, width and white space. */
function ownForm(written: string, [first]: readonly TextRange[], { text }: Document): string {
  if (!first) return written;
  const printed = collapseSpace(text.slice(first.start, first.end));
  return fold(printed) === fold(written) ? printed : written;
}

function fold(text: string): string {
  return collapseSpace(foldWidth(text.replaceAll("\u00ad", ""))).toUpperCase().toLowerCase();
}

/** Undefined where the value is absent. */
function toLeaf(data: unknown, view: SchemaView, { evidence, document }: Collector): Leaf | undefined {
  if (data === null || data === undefined || (typeof data === "string" && data.trim() === "")) return undefined;
  if (data instanceof Date) return { printed: data.toISOString(), kind: "derived", ranges: evidence.find(data.toISOString().slice(0, 10)) };
  const kind = isDerived(view) ? "derived" : "plain";
  const value = typeof data === "bigint" ? Number(data) : data;
  if (typeof value === "string") {
    if (isVerbatim(view)) return toCopy(value, evidence.find(value), document);
    return { printed: collapseSpace(value), kind, ranges: kind === "derived" ? evidence.findWords(value) : evidence.find(value) };
  }
  if (typeof value === "number" && kind === "plain") return { printed: String(value), kind, ranges: evidence.find(value) };
  return { printed: String(value), kind: "derived", ranges: [] };
}

function toField(leaf: Leaf, ranges: readonly TextRange[], document: Document, confidence: number | undefined): Field {
  const found = locateAll(leaf, ranges, document);
  if (leaf.kind === "derived") return { status: "derived", spans: found.spans, confidence, alternatives: [] };
  if (found.verbatim.length > 0) return { status: "verbatim", spans: found.verbatim, confidence, alternatives: [] };
  return { status: found.spans.length > 0 ? "derived" : "ungrounded", spans: found.spans, confidence, alternatives: [] };
}

/** Places in the source, and those among them where it prints the very value. */
function locateAll(leaf: Leaf, ranges: readonly TextRange[], document: Document): { spans: Span[]; verbatim: Span[] } {
  const spans: Span[] = [];
  const verbatim: Span[] = [];
  for (const { start, end } of ranges) {
    if (verbatim.length === spanLimit || (leaf.kind === "derived" && spans.length === spanLimit)) break;
    const span = document.locate(start, end);
    if (!span) continue;
    spans.push(span);
    // Escapes and entities make the source differ from the text that was searched.
    if (collapseSpace(document.source.slice(span.start, span.end)) === leaf.printed) verbatim.push(span);
  }
  return { spans: spans.slice(0, spanLimit), verbatim };
}
