// Answers of examples, written as the constrained decoder writes them: one line, keys in the schema's order.
import type { JsonSchema } from "../model/language-model.js";
import { declaredKeys, itemView, propertyView, viewSchema, type SchemaView } from "../schema/schema-view.js";

export function writeJson(value: unknown, schema: JsonSchema): string {
  return write(value, viewSchema(schema));
}

function write(value: unknown, view: SchemaView): string {
  if (Array.isArray(value)) return `[${value.map((item, index) => write(item, itemView(view, index))).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value);
  const order = declaredKeys(view);
  const rank = (key: string): number => (order.includes(key) ? order.indexOf(key) : order.length);
  const sorted = entries.toSorted(([a], [b]) => rank(a) - rank(b));
  return `{${sorted.map(([key, inner]) => `${JSON.stringify(key)}: ${write(inner, propertyView(view, key))}`).join(", ")}}`;
}
