// Models write "none" where they mean null; this puts null where the schema has room for it.
import type { Document } from "../input/document.js";
import type { JsonSchema } from "../model/language-model.js";
import { isClosedSet, itemView, propertyView, type SchemaView, typesOf, viewSchema } from "../schema/schema-view.js";
import { isPlainObject } from "./field-tree.js";

const placeholder =
  /^(?:|none|null|nil|undefined|n\/a|n\.a\.|not (?:applicable|available|specified|mentioned|stated|provided|given)|[-–—]+|无|無|没有|沒有|空|未提及|未提供|未注明|未说明|不适用)\.?$/iu;

/**
 * `data` with placeholder strings ("none", "n/a", "无") set to null where the schema allows null, and dropped from lists
 * of strings. One that the schema lists as a value, or that the document prints as the value of something, stays.
 */
export function nullifyPlaceholders(data: unknown, schema: JsonSchema, document?: Document): unknown {
  return nullify(data, viewSchema(schema), document);
}

function nullify(data: unknown, view: SchemaView, document: Document | undefined): unknown {
  if (Array.isArray(data)) return nullifyItems(data, view, document);
  if (isPlainObject(data)) {
    return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, nullify(value, propertyView(view, key), document)]));
  }
  return typesOf(view).has("null") && isPlaceholder(data, view, document) ? null : data;
}

function nullifyItems(items: readonly unknown[], view: SchemaView, document: Document | undefined): unknown[] {
  const kept = items.filter((item, index) => {
    const itemSchema = itemView(view, index);
    return typesOf(itemSchema).has("null") || !isPlaceholder(item, itemSchema, document);
  });
  const minimum = Math.max(0, ...view.branches.map(({ minItems }) => Number(minItems ?? 0)));
  const isTuple = view.branches.some(({ prefixItems }) => prefixItems !== undefined);
  const rest = isTuple || kept.length < minimum ? items : kept;
  return rest.map((item, index) => nullify(item, itemView(view, index), document));
}

function isPlaceholder(value: unknown, view: SchemaView, document: Document | undefined): boolean {
  if (typeof value !== "string" || !placeholder.test(value.trim()) || isClosedSet(view)) return false;
  return document === undefined || value.trim() === "" || !printsAsValue(document, value.trim());
}

/** Whether the word fills a place of its own: a leaf of structured data, a cell, what follows a label. */
function printsAsValue(document: Document, word: string): boolean {
  if (hasLeaf(document.data, word)) return true;
  const escaped = word.replaceAll(/[.*+?^${}()|[\]\\/-]/gu, String.raw`\$&`);
  return new RegExp(String.raw`(?:^|[:：|\t])[^\S\n]*${escaped}[^\S\n]*(?:$|[|\t;；。])`, "imu").test(document.text);
}

function hasLeaf(data: unknown, word: string): boolean {
  if (typeof data === "string") return data.trim().toLowerCase() === word.toLowerCase();
  return typeof data === "object" && data !== null && Object.values(data).some((value) => hasLeaf(value, word));
}
