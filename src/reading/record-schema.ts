// The schema a record is asked with: lists of the document's own strings filled in, texts to copy from beside it.
import type { Document } from "../input/document.js";
import { sourceStrings, type SourceStrings } from "../input/source-strings.js";
import type { JsonFormat, JsonSchema } from "../model/language-model.js";

/** `schema` with the strings that `oneOfSource` names listed; where the document has none, nothing fits there. */
export function listSourceStrings(schema: JsonSchema, document: Document): JsonSchema {
  const lists = new Map<SourceStrings, string[]>();
  return fill(schema) as JsonSchema;

  function fill(part: unknown): unknown {
    if (Array.isArray(part)) return part.map(fill);
    if (typeof part !== "object" || part === null) return part;
    const filled = Object.fromEntries(Object.entries(part).map(([key, value]) => [key, fill(value)]));
    const kind = filled["x-one-of-source"];
    if (kind !== "keys" && kind !== "rows") return filled;
    const strings = lists.get(kind) ?? sourceStrings(document, kind);
    lists.set(kind, strings);
    return strings.length > 0 ? { ...filled, enum: strings } : { ...filled, not: {} };
  }
}

export interface RecordFormat {
  document: Document;
  onUnsupported: "refuse" | "validate";
}

/** JSON under the schema, with the document to copy from where a string is to be copied. */
export function recordFormat(schema: JsonSchema, { document, onUnsupported }: RecordFormat): JsonFormat {
  const copies = JSON.stringify(schema).includes('"x-verbatim":');
  return { type: "json", schema, onUnsupported, ...(copies && { sources: { document: document.copyText } }) };
}
