// A schema in the words of a prompt: one line a field, as `- "name": type or null - description`.
import type { Language } from "../input/document.js";
import type { JsonSchema } from "../model/language-model.js";
import { declaredKeys, isClosedSet, itemView, propertyView, typesOf, viewSchema, type SchemaView } from "../schema/schema-view.js";

/** All fields of a record's schema. */
export function fieldLines(schema: JsonSchema, language: Language): string {
  const view = viewSchema(schema);
  return declaredKeys(view)
    .map((name) => `- ${fieldLine(view, name, language)}`)
    .join("\n");
}

/** One field of a record's schema: `"name": type - description`. */
export function fieldLine(view: SchemaView, name: string, language: Language): string {
  return describeProperty(view, name, { language, outer: [] });
}

interface Context {
  language: Language;
  /** The views around this one; a schema may contain itself. */
  outer: readonly SchemaView[];
}

function describeProperty(view: SchemaView, name: string, context: Context): string {
  return `${JSON.stringify(name)}: ${describe(propertyView(view, name), context)}`;
}

function describe(view: SchemaView, context: Context): string {
  const nullable = typesOf(view).has("null") ? " or null" : "";
  const description = descriptionOf(view, context.language);
  return typeText(view, context) + nullable + (description ? ` - ${description}` : "");
}

function typeText(view: SchemaView, context: Context): string {
  const types = typesOf(view);
  if (isClosedSet(view)) return `one of ${options(view).join("|")}`;
  if (types.has("array")) return `list of ${itemText(itemView(view, 0), context)}`;
  if (types.has("object")) return objectText(view, context);
  if (types.has("integer") && !types.has("number")) return "integer";
  if (types.has("number")) return types.has("string") ? "string or number" : "number";
  if (types.has("boolean")) return "true or false";
  return view.branches.some((branch) => branch.format === "date") ? "string (YYYY-MM-DD)" : "string";
}

function itemText(item: SchemaView, context: Context): string {
  const types = typesOf(item);
  if (types.has("object")) return `objects ${objectText(item, context)}`;
  if (isClosedSet(item) || types.has("array")) return `(${typeText(item, context)})`;
  const plural = types.has("number") || types.has("integer") ? "numbers" : "strings";
  return types.has("null") ? `${plural} or null` : plural;
}

function objectText(view: SchemaView, context: Context): string {
  const repeats = context.outer.some((outer) => outer.branches.some((branch) => view.branches.includes(branch)));
  if (repeats) return "of the same fields again";
  const inner = { ...context, outer: [...context.outer, view] };
  return `{${declaredKeys(view)
    .map((name) => describeProperty(view, name, inner))
    .join(", ")}}`;
}

function options(view: SchemaView): string[] {
  const values = view.branches.flatMap((branch) => (branch.enum as unknown[] | undefined) ?? ("const" in branch ? [branch.const] : []));
  return [...new Set(values.filter((value) => value !== null).map(String))];
}

function descriptionOf(view: SchemaView, language: Language): string | undefined {
  const keywords = language === "zh" ? ["x-description-zh", "description"] : ["description"];
  for (const keyword of keywords) {
    for (const branch of view.branches) if (typeof branch[keyword] === "string") return branch[keyword];
  }
  return undefined;
}
