// Reads a JSON Schema (draft 4 to 2020-12) into constraints, schema by schema and no sooner than each is needed.
import { COMBINED, readCombined } from "./combinator-reader.js";
import type { Constraint, JsonType, Refusal, ValueSet } from "./constraint/constraint.js";
import { FULL, JSON_TYPES } from "./constraint/constraint.js";
import type { ConstraintStore } from "./constraint/constraint-store.js";
import { escapePointer, isSchemaObject, readTypes, refuse, type SchemaObject, validityKeywords } from "./keyword-table.js";
import { readNumberSet, readStringSet } from "./scalar-reader.js";
import type { Place, PlacedSchema, SchemaDocument } from "./schema-document.js";
import { readArraySet, readObjectSet } from "./structure-reader.js";
import { readUnevaluated } from "./unevaluated-reader.js";

const UNEVALUATED: ReadonlySet<string> = new Set(["unevaluatedItems", "unevaluatedProperties"]);

export interface SchemaReaderOptions {
  /** Told of what is passed over by the rules of JSON Schema: unknown keywords and formats. */
  note: (note: Refusal) => void;
  hasVerbatim: boolean;
}

export class SchemaReader {
  /** By scope. */
  readonly #constraints = new Map<string, Map<unknown, Constraint>>();

  constructor(
    readonly store: ConstraintStore,
    readonly document: SchemaDocument,
    readonly options: SchemaReaderOptions,
  ) {}

  readRoot(): Constraint {
    const { schema, place } = this.document.root;
    return this.read(schema, place);
  }

  /** The schema under a keyword of the schema at `place`. */
  child(schema: unknown, place: Place, ...steps: (string | number)[]): Constraint {
    return this.read(schema, this.placeOf(schema, place, ...steps));
  }

  placeOf(schema: unknown, place: Place, ...steps: (string | number)[]): Place {
    const path = steps.reduce<string>((before, step) => `${before}/${escapePointer(String(step))}`, place.path);
    return this.document.enter(schema, { ...place, path });
  }

  read(schema: unknown, place: Place): Constraint {
    let at: PlacedSchema = { schema, place };
    const passed = new Map<unknown, Place>();
    for (;;) {
      const { path } = at.place;
      if (at.schema === true) return this.store.any;
      if (at.schema === false) return this.store.never;
      if (!isSchemaObject(at.schema)) refuse(path.slice(0, path.lastIndexOf("/")), path.slice(path.lastIndexOf("/") + 1), "it must be a schema.");
      const known = this.#read(at.place).get(at.schema);
      if (known) return this.#remember(passed, known);
      const keywords = this.keywordsOf(at.schema, at.place);
      passed.set(at.schema, at.place);
      // A reference alone is its target.
      const target = keywords.length === 1 && keywords[0] === "$ref" ? this.#target(at.schema, at.place) : undefined;
      if (!target) return this.#remember(passed, this.#create(at.schema, keywords, at.place));
      if (passed.has(target.schema)) refuse(path, "$ref", "it refers to itself.");
      at = target;
    }
  }

  keywordsOf(schema: SchemaObject, place: Place): string[] {
    return validityKeywords(schema, place.resource.isLegacy, (keyword) =>
      this.options.note({ path: place.path, keyword, reason: "the keyword is not known: it is taken as an annotation." }),
    );
  }

  #target(schema: SchemaObject, place: Place): PlacedSchema | undefined {
    return typeof schema.$ref === "string" ? this.document.resolve(schema.$ref, place) : undefined;
  }

  #remember(schemas: ReadonlyMap<unknown, Place>, constraint: Constraint): Constraint {
    for (const [schema, place] of schemas) this.#read(place).set(schema, constraint);
    return constraint;
  }

  #read({ scope }: Place): Map<unknown, Constraint> {
    const key = scope.length < 2 ? "" : scope.join(" ");
    let constraints = this.#constraints.get(key);
    if (!constraints) this.#constraints.set(key, (constraints = new Map()));
    return constraints;
  }

  #create(schema: SchemaObject, keywords: readonly string[], place: Place): Constraint {
    if (keywords.length === 0) return this.store.any;
    return this.store.alias(place.path, () => this.store.and(this.#parts(schema, keywords, place)));
  }

  #parts(schema: SchemaObject, keywords: readonly string[], place: Place): Constraint[] {
    const parts: Constraint[] = [];
    // Properties are written in the order of the keywords that name them.
    const named = schema.properties === undefined ? keywords.find(isTyped) : "properties";
    for (const keyword of keywords) {
      if (keyword === named) parts.push(this.#typed(schema, place));
      if (COMBINED.has(keyword)) parts.push(...readCombined(this, schema, keyword, place));
      if (UNEVALUATED.has(keyword)) parts.push(readUnevaluated(this, schema, keyword, place));
    }
    return parts;
  }

  /** The keywords that speak of one type each. */
  #typed(schema: SchemaObject, place: Place): Constraint {
    const types = readTypes(schema, place.path);
    const read: Partial<Record<JsonType, ValueSet>> = {
      number: readNumberSet(schema, types?.has("integer") === true && !types.has("number"), place.path),
      string: readStringSet(this, schema, place),
      array: readArraySet(this, schema, place),
      object: readObjectSet(this, schema, place),
    };
    const sets = new Map<JsonType, readonly ValueSet[]>();
    for (const type of JSON_TYPES) {
      const isAllowed = !types || types.has(type) || (type === "number" && types.has("integer"));
      if (isAllowed) sets.set(type, [read[type] ?? FULL[type]]);
    }
    return this.store.create(place.path, (type) => sets.get(type) ?? []);
  }
}

/** Speaks of one type alone, or is `type` itself. */
function isTyped(keyword: string): boolean {
  return !COMBINED.has(keyword) && !UNEVALUATED.has(keyword);
}
