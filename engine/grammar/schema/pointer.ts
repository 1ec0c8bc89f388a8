// Resolves a `$ref` within the schema it stands in.
import type { JsonSchema } from "../../request.js";
import { refuse } from "./keywords.js";

/** @param path of the schema that holds the reference */
export function resolvePointer(root: JsonSchema, reference: unknown, path: string): { schema: unknown; path: string } {
  if (typeof reference !== "string" || !(reference === "#" || reference.startsWith("#/"))) {
    refuse(path, "$ref", "only references into the same schema (# and #/...) are followed.");
  }
  let schema: unknown = root;
  for (const step of reference.split("/").slice(1)) {
    const key = decodeStep(step);
    const isThere = typeof schema === "object" && schema !== null && Object.hasOwn(schema, key);
    if (!isThere) refuse(path, "$ref", `${reference} points nowhere.`);
    schema = (schema as Record<string, unknown>)[key];
  }
  return { schema, path: reference.slice(1) };
}

function decodeStep(step: string): string {
  const plain = step.replaceAll("~1", "/").replaceAll("~0", "~");
  try {
    return decodeURIComponent(plain);
  } catch {
    return plain;
  }
}
