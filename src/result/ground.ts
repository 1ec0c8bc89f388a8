// Data -> fields: for every leaf, where it stands in the source and how sure the model was of it.
import type { Document, Span } from "../input/document.js";
import type { JsonSchema } from "../model/language-model.js";
import { childPointer } from "../schema/json-pointer.js";
import { isDerived, itemView, propertyView, type SchemaView, viewSchema } from "../schema/schema-view.js";
import { nearestFirst } from "./evidence/nearest-first.js";
import { SourceEvidence } from "./evidence/source-evidence.js";
import { collapseSpace } from "./evidence/text-index.js";
import type { Field } from "./extraction.js";
import { absentField, type FieldTree, isPlainObject, mapLeaves } from "./field-tree.js";
import type { TextRange } from "./locate-leaves.js";

/** Places shown for one value; a value that stands everywhere needs no more. */
const spanLimit = 50;

interface Leaf {
  /** The value as it would be printed. */
  printed: string;
  derived: boolean;
  ranges: readonly TextRange[];
}

/**
 * The fields of `data`, found by search in the document: words up to white space, numbers and dates by value. Of several
 * places the one nearest to the rest of its record comes first. Strings that differ from the source in letter case, width,
 * quotes or line breaks are `derived`; so are enums, booleans and what the schema marks `x-derived`, whether found or not.
 *
 * @param confidences of the leaves, by JSON pointer; leaves that are not in it have an unknown confidence.
 */
export function ground(data: unknown, document: Document, schema: JsonSchema, confidences: ReadonlyMap<string, number>): FieldTree {
  const leaves = new Map<string, Leaf>();
  collect(data, "", viewSchema(schema), new SourceEvidence(document), leaves);
  const ranked = nearestFirst(document.text, new Map([...leaves].map(([pointer, { ranges }]) => [pointer, ranges])));
  return mapLeaves(data, (_value, pointer) => {
    const leaf = leaves.get(pointer);
    const confidence = confidences.get(pointer);
    return leaf ? toField(leaf, ranked.get(pointer)!, document, confidence) : absentField(confidence);
  }) as FieldTree;
}

function collect(data: unknown, pointer: string, view: SchemaView, evidence: SourceEvidence, into: Map<string, Leaf>): void {
  if (Array.isArray(data)) {
    for (const [index, item] of data.entries()) collect(item, childPointer(pointer, index), itemView(view, index), evidence, into);
  } else if (isPlainObject(data)) {
    for (const [key, value] of Object.entries(data)) collect(value, childPointer(pointer, key), propertyView(view, key), evidence, into);
  } else {
    const leaf = toLeaf(data, isDerived(view), evidence);
    if (leaf) into.set(pointer, leaf);
  }
}

/** Undefined where the value is absent. */
function toLeaf(data: unknown, derived: boolean, evidence: SourceEvidence): Leaf | undefined {
  if (data === null || data === undefined || (typeof data === "string" && data.trim() === "")) return undefined;
  if (data instanceof Date) return { printed: data.toISOString(), derived: true, ranges: evidence.find(data.toISOString().slice(0, 10)) };
  const value = typeof data === "bigint" ? Number(data) : data;
  if (typeof value === "string") {
    const ranges = derived ? evidence.findWords(value) : evidence.find(value);
    return { printed: collapseSpace(value), derived, ranges };
  }
  if (typeof value === "number" && !derived) return { printed: String(value), derived, ranges: evidence.find(value) };
  return { printed: String(value), derived: true, ranges: [] };
}

function toField(leaf: Leaf, ranges: readonly TextRange[], document: Document, confidence: number | undefined): Field {
  const found = locateAll(leaf, ranges, document);
  if (leaf.derived) return { status: "derived", spans: found.spans, confidence, alternatives: [] };
  if (found.verbatim.length > 0) return { status: "verbatim", spans: found.verbatim, confidence, alternatives: [] };
  return { status: found.spans.length > 0 ? "derived" : "ungrounded", spans: found.spans, confidence, alternatives: [] };
}

/** Places in the source, and those among them where it prints the very value. */
function locateAll(leaf: Leaf, ranges: readonly TextRange[], document: Document): { spans: Span[]; verbatim: Span[] } {
  const spans: Span[] = [];
  const verbatim: Span[] = [];
  for (const { start, end } of ranges) {
    if (verbatim.length === spanLimit || (leaf.derived && spans.length === spanLimit)) break;
    const span = document.locate(start, end);
    if (!span) continue;
    spans.push(span);
    // Escapes and entities make the source differ from the text that was searched.
    if (collapseSpace(document.source.slice(span.start, span.end)) === leaf.printed) verbatim.push(span);
  }
  return { spans: spans.slice(0, spanLimit), verbatim };
}
