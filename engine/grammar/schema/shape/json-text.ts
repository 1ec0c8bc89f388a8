// JSON values as the grammar writes them: on one line, in the grammar's style.
import type { JsonStyle } from "../../shape.js";

export function jsonText(value: unknown, style: JsonStyle): string {
  if (Array.isArray(value)) return `[${value.map((item) => jsonText(item, style)).join(style.comma)}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const properties = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}${style.colon}${jsonText(item, style)}`);
  return `{${properties.join(style.comma)}}`;
}
