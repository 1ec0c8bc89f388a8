// Where a reference of a schema points: base URIs, identifiers and anchors within one document.
import { DEFINITION_MAPS, isSchemaObject, LISTS_OF_SCHEMAS, type SchemaObject, SINGLE_SCHEMAS } from "./keyword-table.js";

/** A schema with a URI of its own; the document's root is one. */
export interface Resource {
  readonly uri: string;
  readonly schema: unknown;
  readonly path: string;
  /** Draft 7 and before: nothing beside `$ref` counts. */
  readonly isLegacy: boolean;
}

/** Where in the document a schema stands. */
export interface Place {
  /** JSON pointer from the root. */
  readonly path: string;
  readonly resource: Resource;
}

export interface PlacedSchema {
  schema: unknown;
  place: Place;
}

const ROOT_URI = "schema:/root";

export class SchemaDocument {
  readonly root: PlacedSchema;
  #resources: Map<string, PlacedSchema> | undefined;
  readonly #anchors = new Map<string, PlacedSchema>();
  /** By name: the schemas that carry it as `$dynamicAnchor`. */
  readonly #dynamicAnchors = new Map<string, PlacedSchema[]>();

  constructor(schema: unknown) {
    const resource: Resource = { uri: ROOT_URI, schema, path: "", isLegacy: isLegacyDialect(schema, false) };
    this.root = { schema, place: this.enter(schema, { path: "", resource }) };
  }

  /** The place with the resource that `schema` itself opens, if it does. */
  enter(schema: unknown, place: Place): Place {
    if (!isSchemaObject(schema)) return place;
    const id = identifierOf(schema, place.resource.isLegacy);
    if (id === undefined || id.startsWith("#") || place.resource.schema === schema && place.resource.uri !== ROOT_URI) return place;
    const uri = absolute(id, place.resource.uri)?.split("#")[0];
    if (uri === undefined) return place;
    return { path: place.path, resource: { uri, schema, path: place.path, isLegacy: isLegacyDialect(schema, place.resource.isLegacy) } };
  }

  /** What `reference` points to; undefined where it leads out of the document or nowhere. */
  resolve(reference: string, place: Place): PlacedSchema | undefined {
    const [start, fragment = ""] = splitFragment(reference);
    let target: PlacedSchema | undefined = { schema: place.resource.schema, place: { path: place.resource.path, resource: place.resource } };
    if (start !== "") {
      const uri = absolute(start, place.resource.uri);
      target = uri === undefined ? undefined : this.#index().get(uri.split("#")[0]);
    }
    if (!target || fragment === "") return target;
    const decoded = decode(fragment);
    if (decoded.startsWith("/")) return this.#follow(target, decoded);
    this.#index();
    return this.#anchors.get(`${target.place.resource.uri}#${decoded}`);
  }

  /** As `resolve`; undefined also where it depends on the way here which anchor is meant. */
  resolveDynamic(reference: string, place: Place): PlacedSchema | undefined {
    const target = this.resolve(reference, place);
    const name = decode(splitFragment(reference)[1] ?? "");
    if (!target || !isSchemaObject(target.schema) || target.schema.$dynamicAnchor !== name) return target;
    this.#index();
    return this.#dynamicAnchors.get(name)?.length === 1 ? target : undefined;
  }

  get hasManyResources(): boolean {
    return this.#index().size > 2;
  }

  #follow(from: PlacedSchema, pointer: string): PlacedSchema | undefined {
    let { schema, place } = from;
    for (const step of pointer.split("/").slice(1)) {
      const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
      if (typeof schema !== "object" || schema === null || !Object.hasOwn(schema, key)) return undefined;
      schema = (schema as Record<string, unknown>)[key];
      place = this.enter(schema, { path: `${place.path}/${step}`, resource: place.resource });
    }
    return { schema, place };
  }

  /** Reads all identifiers, at the first reference that needs one. */
  #index(): Map<string, PlacedSchema> {
    if (this.#resources) return this.#resources;
    const resources = (this.#resources = new Map<string, PlacedSchema>());
    resources.set(ROOT_URI, this.root);
    const pending: PlacedSchema[] = [this.root];
    for (let entry = pending.pop(); entry; entry = pending.pop()) {
      if (!isSchemaObject(entry.schema)) continue;
      const place = this.enter(entry.schema, entry.place);
      this.#note({ schema: entry.schema, place }, resources);
      for (const [step, schema] of subschemas(entry.schema)) pending.push({ schema, place: { path: `${place.path}/${step}`, resource: place.resource } });
    }
    return resources;
  }

  #note(placed: PlacedSchema, resources: Map<string, PlacedSchema>): void {
    const schema = placed.schema as SchemaObject;
    const { resource } = placed.place;
    if (resource.schema === schema && !resources.has(resource.uri)) resources.set(resource.uri, placed);
    const named = [schema.$anchor, schema.$dynamicAnchor, fragmentId(schema, resource.isLegacy)];
    for (const name of named) {
      const key = `${resource.uri}#${String(name)}`;
      if (typeof name === "string" && !this.#anchors.has(key)) this.#anchors.set(key, placed);
    }
    if (typeof schema.$dynamicAnchor !== "string") return;
    const others = this.#dynamicAnchors.get(schema.$dynamicAnchor) ?? [];
    this.#dynamicAnchors.set(schema.$dynamicAnchor, [...others, placed]);
  }
}

function* subschemas(schema: SchemaObject): Generator<[step: string, schema: unknown]> {
  for (const [keyword, value] of Object.entries(schema)) {
    if (typeof value !== "object" || value === null) continue;
    const isList = Array.isArray(value);
    if (SINGLE_SCHEMAS.has(keyword) && !isList) yield [keyword, value];
    else if (isList ? LISTS_OF_SCHEMAS.has(keyword) : DEFINITION_MAPS.has(keyword)) {
      for (const [step, child] of Object.entries(value)) yield [`${keyword}/${step.replaceAll("~", "~0").replaceAll("/", "~1")}`, child];
    }
  }
}

function identifierOf(schema: SchemaObject, isLegacy: boolean): string | undefined {
  if (isLegacy && schema.$ref !== undefined) return undefined;
  const id = schema.$id ?? (isLegacy ? schema.id : undefined);
  return typeof id === "string" ? id : undefined;
}

/** Before `$anchor`, an anchor was an identifier of a fragment alone. */
function fragmentId(schema: SchemaObject, isLegacy: boolean): string | undefined {
  const id = identifierOf(schema, isLegacy);
  const fragment = id === undefined ? undefined : splitFragment(id)[1];
  return fragment === "" ? undefined : fragment;
}

function isLegacyDialect(schema: unknown, inherited: boolean): boolean {
  const dialect = isSchemaObject(schema) ? schema.$schema : undefined;
  return typeof dialect === "string" ? /draft-0[1-7]\b/.test(dialect) : inherited;
}

function absolute(reference: string, base: string): string | undefined {
  return URL.canParse(reference, base) ? new URL(reference, base).href : undefined;
}

function splitFragment(reference: string): [start: string, fragment?: string] {
  const at = reference.indexOf("#");
  return at < 0 ? [reference] : [reference.slice(0, at), reference.slice(at + 1)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
