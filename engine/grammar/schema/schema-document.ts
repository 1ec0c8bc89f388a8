// Where a reference of a schema points: base URIs, identifiers and anchors within one document.
import { DEFINITION_MAPS, isSchemaObject, LISTS_OF_SCHEMAS, refuse, type SchemaObject, SINGLE_SCHEMAS } from "./keyword-table.js";

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
  /** URIs of the resources passed on the way here, where `$dynamicRef` may ask for them. */
  readonly scope: readonly string[];
}

export interface PlacedSchema {
  schema: unknown;
  place: Place;
}

const ROOT_URI = "schema:/root";
const MAX_NESTING = 1000;

export class SchemaDocument {
  readonly root: PlacedSchema;
  #resources: Map<string, PlacedSchema> | undefined;
  readonly #mayBeDynamic: boolean;
  readonly #anchors = new Map<string, PlacedSchema>();
  readonly #dynamicAnchors = new Map<string, PlacedSchema>();

  /** @throws UnsupportedSchemaError where the schema is nested too deeply to be read */
  constructor(schema: unknown) {
    if (isDeeperThan(schema, MAX_NESTING)) refuse("", "", "it is nested too deeply.");
    this.#mayBeDynamic = isSchemaObject(schema) && hasKeyword(schema, "$dynamicRef");
    const resource: Resource = { uri: ROOT_URI, schema, path: "", isLegacy: isLegacyDialect(schema, false) };
    this.root = { schema, place: this.enter(schema, { path: "", resource, scope: [] }) };
  }

  /** The place with the resource that `schema` itself opens, if it does. */
  enter(schema: unknown, place: Place): Place {
    if (!isSchemaObject(schema)) return place;
    const id = identifierOf(schema, place.resource.isLegacy);
    if (id === undefined || id.startsWith("#") || place.resource.schema === schema && place.resource.uri !== ROOT_URI) return place;
    const uri = absolute(id, place.resource.uri)?.split("#")[0];
    if (uri === undefined) return place;
    const resource = { uri, schema, path: place.path, isLegacy: isLegacyDialect(schema, place.resource.isLegacy) };
    return { path: place.path, resource, scope: this.#within(place.scope, uri) };
  }

  /** What `reference` points to; undefined where it leads out of the document or nowhere. */
  resolve(reference: string, place: Place): PlacedSchema | undefined {
    const target = this.#target(reference, place);
    return target && { schema: target.schema, place: { ...target.place, scope: this.#within(place.scope, target.place.resource.uri) } };
  }

  /** As `resolve`; an anchor that is dynamic is looked for in the resources on the way here, from the outermost. */
  resolveDynamic(reference: string, place: Place): PlacedSchema | undefined {
    const target = this.resolve(reference, place);
    const name = decode(splitFragment(reference)[1] ?? "");
    if (!target || !isSchemaObject(target.schema) || target.schema.$dynamicAnchor !== name) return target;
    for (const uri of place.scope) {
      const outer = this.#dynamicAnchors.get(`${uri}#${name}`);
      if (outer) return { schema: outer.schema, place: { ...outer.place, scope: this.#within(place.scope, uri) } };
    }
    return target;
  }

  get hasManyResources(): boolean {
    return this.#index().size > 2;
  }

  #target(reference: string, place: Place): PlacedSchema | undefined {
    const [start, fragment = ""] = splitFragment(reference);
    const { resource, scope } = place;
    let target: PlacedSchema | undefined = { schema: resource.schema, place: { path: resource.path, resource, scope } };
    if (start !== "") {
      const uri = absolute(start, resource.uri);
      target = uri === undefined ? undefined : this.#index().get(uri.split("#")[0]);
    }
    if (!target || fragment === "") return target;
    const decoded = decode(fragment);
    if (decoded.startsWith("/")) {
      // Before `$id`, documents named their definitions by `id` and pointed to them from their root all the same.
      return this.#follow(target, decoded) ?? (resource.isLegacy && start === "" ? this.#follow(this.root, decoded) : undefined);
    }
    this.#index();
    return this.#anchors.get(`${target.place.resource.uri}#${decoded}`);
  }

  /** Scopes matter only where anchors are dynamic. */
  #within(scope: readonly string[], uri: string): readonly string[] {
    if (scope.includes(uri) || !this.#mayBeDynamic) return scope;
    return [...scope, uri];
  }

  #follow(from: PlacedSchema, pointer: string): PlacedSchema | undefined {
    let { schema, place } = from;
    for (const step of pointer.split("/").slice(1)) {
      const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
      if (typeof schema !== "object" || schema === null || !Object.hasOwn(schema, key)) return undefined;
      schema = (schema as Record<string, unknown>)[key];
      place = this.enter(schema, { ...place, path: `${place.path}/${step}` });
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
      for (const [step, schema] of subschemas(entry.schema)) pending.push({ schema, place: { ...place, path: `${place.path}/${step}` } });
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
    if (typeof schema.$dynamicAnchor === "string") this.#dynamicAnchors.set(`${resource.uri}#${schema.$dynamicAnchor}`, placed);
  }
}

function isDeeperThan(value: unknown, levels: number): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > levels) return true;
    level = level.flatMap((parent) => (typeof parent === "object" && parent !== null ? Object.values(parent) : []));
  }
  return false;
}

function hasKeyword(root: SchemaObject, keyword: string): boolean {
  const pending: unknown[] = [root];
  for (let schema = pending.pop(); schema !== undefined; schema = pending.pop()) {
    if (!isSchemaObject(schema)) continue;
    if (schema[keyword] !== undefined) return true;
    for (const [, inner] of subschemas(schema)) pending.push(inner);
  }
  return false;
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
