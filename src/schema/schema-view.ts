// Walks a JSON Schema beside a value: what may stand here, and what has the schema's author said about it?
import type { JsonSchema } from "../model/language-model.js";
import { getAtPointer } from "./json-pointer.js";

type SchemaObject = { readonly [keyword: string]: unknown };

/** All schemas that may govern one place: references followed, alternatives side by side. */
export interface SchemaView {
  readonly root: JsonSchema;
  readonly branches: readonly SchemaObject[];
}

export function viewSchema(schema: JsonSchema, root: JsonSchema = schema): SchemaView {
  const branches = new Set<SchemaObject>();
  collect(schema, root, branches);
  return { root, branches: [...branches] };
}

export function propertyView(view: SchemaView, key: string): SchemaView {
  return merge(view, (branch) => {
    const properties = branch.properties as SchemaObject | undefined;
    return properties && Object.hasOwn(properties, key) ? properties[key] : branch.additionalProperties;
  });
}

export function itemView(view: SchemaView, index: number): SchemaView {
  return merge(view, (branch) => (branch.prefixItems as unknown[] | undefined)?.[index] ?? branch.items);
}

/** Names of the properties that some branch declares, in its order. */
export function declaredKeys(view: SchemaView): string[] {
  return [...new Set(view.branches.flatMap((branch) => Object.keys((branch.properties as object | undefined) ?? {})))];
}

export function requiredKeys(view: SchemaView): string[] {
  return [...new Set(view.branches.flatMap((branch) => (branch.required as string[] | undefined) ?? []))];
}

/** The types that may stand here, as far as the schema names any. */
export function typesOf(view: SchemaView): ReadonlySet<string> {
  const types = new Set<string>();
  for (const { type, enum: values, const: constant } of view.branches) {
    for (const name of Array.isArray(type) ? type : [type]) if (typeof name === "string") types.add(name);
    if (constant === null || (Array.isArray(values) && values.includes(null))) types.add("null");
  }
  return types;
}

/** Whether the value belongs to the model's judgement: marked `x-derived`, one of a closed set, or a boolean. */
export function isDerived(view: SchemaView): boolean {
  return hasMark(view, "x-derived") || (isClosedSet(view) && !isRowLabel(view)) || typesOf(view).has("boolean");
}

/** Whether the value is to be copied from the document. */
export function isVerbatim(view: SchemaView): boolean {
  return view.branches.some((branch) => branch["x-verbatim"] !== undefined && branch["x-verbatim"] !== false);
}

/** Labels of rows are a closed set, and stand in the document all the same. */
function isRowLabel(view: SchemaView): boolean {
  return view.branches.some((branch) => branch["x-one-of-source"] === "rows");
}

export function isClosedSet(view: SchemaView): boolean {
  return view.branches.some((branch) => Array.isArray(branch.enum) || (branch.const !== undefined && branch.const !== null));
}

/** All values that may stand here, where they are few enough to be listed; undefined where they are not. */
export function closedValues(view: SchemaView): unknown[] | undefined {
  const values = new Set<unknown>();
  for (const branch of view.branches) {
    if (branch.allOf !== undefined || branch.not !== undefined) return undefined;
    const isDetour = ["$ref", "anyOf", "oneOf"].some((keyword) => keyword in branch);
    const listed = listedValues(branch);
    if (!listed && !isDetour) return undefined;
    for (const value of listed ?? []) values.add(value);
  }
  return values.size > 0 ? [...values] : undefined;
}

function listedValues(branch: SchemaObject): readonly unknown[] | undefined {
  if (Array.isArray(branch.enum)) return branch.enum;
  if ("const" in branch) return [branch.const];
  const types = [branch.type].flat();
  if (!types.every((type) => type === "boolean" || type === "null")) return undefined;
  return types.flatMap((type) => (type === "null" ? [null] : [true, false]));
}

export function hasMark(view: SchemaView, mark: "x-derived" | "x-key"): boolean {
  return view.branches.some((branch) => branch[mark] === true);
}

function merge(view: SchemaView, pick: (branch: SchemaObject) => unknown): SchemaView {
  const branches = new Set<SchemaObject>();
  for (const branch of view.branches) collect(pick(branch), view.root, branches);
  return { root: view.root, branches: [...branches] };
}

function collect(schema: unknown, root: JsonSchema, into: Set<SchemaObject>): void {
  if (typeof schema !== "object" || schema === null) return;
  const branch = schema as SchemaObject;
  // A schema may refer to itself.
  if (into.has(branch)) return;
  into.add(branch);
  if (typeof branch.$ref === "string" && branch.$ref.startsWith("#")) {
    collect(getAtPointer(root, decodeURIComponent(branch.$ref.slice(1))), root, into);
  }
  for (const keyword of ["anyOf", "oneOf", "allOf"]) {
    for (const inner of (branch[keyword] as unknown[] | undefined) ?? []) collect(inner, root, into);
  }
}
