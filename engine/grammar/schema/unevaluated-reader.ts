// unevaluatedProperties and unevaluatedItems: what the schemas beside them have looked at, by the branches that may hold.
import { ALL_ARRAYS, ALL_OBJECTS, type Constraint, FULL, type TextRule, type ValueSet } from "./constraint/constraint.js";
import { ConstraintLimit } from "./constraint/constraint-limit.js";
import { resolveReference, requires } from "./combinator-reader.js";
import { isSchemaObject, readList, readMap, type SchemaObject } from "./keyword-table.js";
import { patternRule } from "./scalar-reader.js";
import type { Place } from "./schema-document.js";
import type { SchemaReader } from "./schema-reader.js";

const MAX_BRANCHES = 64;
const MAX_NESTING = 50;

/** Where the conditions hold, these parts of a value have been evaluated. */
interface Branch {
  conditions: readonly Constraint[];
  areAllProperties: boolean;
  names: ReadonlySet<string>;
  patterns: readonly TextRule[];
  /** The first so many items; Infinity for all. */
  items: number;
  /** Items that fit one of these. */
  contained: readonly Constraint[];
}

const NOTHING: Branch = { conditions: [], areAllProperties: false, names: new Set(), patterns: [], items: 0, contained: [] };

/** @param keyword `unevaluatedItems` or `unevaluatedProperties`; the other keywords of the schema are enforced elsewhere */
export function readUnevaluated(reader: SchemaReader, schema: SchemaObject, keyword: string, place: Place): Constraint {
  const { store } = reader;
  const rest = reader.child(schema[keyword], place, keyword);
  if (rest === store.any) return rest;
  const { unevaluatedItems: _, unevaluatedProperties: __, ...evaluating } = schema;
  const path = `${place.path}/${keyword}`;
  let branches: Branch[];
  try {
    branches = new BranchReader(reader, path).read(evaluating, place, 0);
  } catch (error) {
    if (error instanceof ConstraintLimit) return store.opaque(error.refusal);
    throw error;
  }
  return store.or(
    branches.map((branch) => {
      const set = keyword === "unevaluatedItems" ? closedArrays(reader, branch, rest, path) : closedObjects(reader, branch, rest);
      const closed = store.create(path, (type) => [type === set.kind ? set : FULL[type]]);
      return store.and([...branch.conditions, closed]);
    }),
    path,
  );
}

function closedArrays({ store }: SchemaReader, { items, contained }: Branch, rest: Constraint, path: string): ValueSet {
  if (items === Infinity) return ALL_ARRAYS;
  const prefix = Array.from({ length: items }, () => store.any);
  return { ...ALL_ARRAYS, layers: [{ prefix, rest: store.or([rest, ...contained], path) }] };
}

function closedObjects({ store }: SchemaReader, { areAllProperties, names, patterns }: Branch, additional: Constraint): ValueSet {
  if (areAllProperties) return ALL_OBJECTS;
  const properties = new Map([...names].map((name) => [name, store.any]));
  return { ...ALL_OBJECTS, layers: [{ properties, patterns: patterns.map((rule) => ({ rule, value: store.any })), additional }] };
}

class BranchReader {
  constructor(
    private readonly reader: SchemaReader,
    private readonly path: string,
  ) {}

  /** Branches with weaker conditions may have evaluated less: what they then close is closed all the same. */
  read(schema: unknown, place: Place, depth: number): Branch[] {
    if (!isSchemaObject(schema)) return [NOTHING];
    if (depth > MAX_NESTING) throw new ConstraintLimit(this.path, "it is nested too deeply.");
    const keywords = this.reader.keywordsOf(schema, place);
    let branches = [this.#own(schema, place)];
    for (const keyword of keywords) {
      for (const choice of this.#choices(schema, keyword, place, depth + 1)) branches = this.#product(branches, choice);
    }
    return branches;
  }

  #own(schema: SchemaObject, { path }: Place): Branch {
    const isClosed = schema.additionalProperties !== undefined || schema.unevaluatedProperties !== undefined;
    const isTuple = Array.isArray(schema.items);
    const tuple = isTuple ? schema.items : schema.prefixItems;
    const isEndless = schema.unevaluatedItems !== undefined || (isTuple ? schema.additionalItems !== undefined : schema.items !== undefined);
    return {
      conditions: [],
      areAllProperties: isClosed,
      names: new Set(readMap(schema, "properties", path).map(([name]) => name)),
      patterns: readMap(schema, "patternProperties", path).map(([pattern]) => patternRule(pattern, `${path}/patternProperties`, pattern)),
      items: isEndless ? Infinity : Array.isArray(tuple) ? tuple.length : 0,
      contained: [],
    };
  }

  /** For each schema that a keyword applies in place: its branches, one of which holds. */
  #choices(schema: SchemaObject, keyword: string, place: Place, depth: number): Branch[][] {
    const { reader } = this;
    const inside = (value: unknown, ...steps: (string | number)[]) => this.read(value, reader.placeOf(value, place, ...steps), depth);
    switch (keyword) {
      case "contains":
        return [[{ ...NOTHING, contained: [reader.child(schema.contains, place, "contains")] }]];
      case "allOf":
        return readList(schema, keyword, place.path).map((member, index) => inside(member, keyword, index));
      case "anyOf":
        return readList(schema, keyword, place.path).map((member, index) => [
          NOTHING,
          ...this.#under(reader.child(member, place, keyword, index), inside(member, keyword, index)),
        ]);
      case "oneOf": {
        const members = readList(schema, keyword, place.path);
        return [members.flatMap((member, index) => this.#under(reader.child(member, place, keyword, index), inside(member, keyword, index)))];
      }
      case "if":
        return [this.#conditional(schema, place, inside)];
      case "dependentSchemas":
      case "dependencies":
        return readMap(schema, keyword, place.path).map(([name, value]) => [
          NOTHING,
          ...this.#under(requires(reader, [name], place.path), inside(value, keyword, name)),
        ]);
      case "$ref":
      case "$dynamicRef":
      case "$recursiveRef": {
        const target = resolveReference(reader, String(schema[keyword]), keyword, place);
        if (!target) throw new ConstraintLimit(this.path, "it stands beside a reference that cannot be followed.");
        return [this.read(target.schema, target.place, depth)];
      }
      default:
        return [];
    }
  }

  #conditional(schema: SchemaObject, place: Place, inside: (value: unknown, ...steps: string[]) => Branch[]): Branch[] {
    const { store } = this.reader;
    const condition = this.reader.child(schema.if, place, "if");
    const met = this.#product(inside(schema.if, "if"), inside(schema.then, "then"));
    return [...this.#under(condition, met), ...this.#under(store.not(condition, place.path, "if"), inside(schema.else, "else"))];
  }

  #under(condition: Constraint, branches: readonly Branch[]): Branch[] {
    return branches.map((branch) => ({ ...branch, conditions: [condition, ...branch.conditions] }));
  }

  #product(left: readonly Branch[], right: readonly Branch[]): Branch[] {
    const isVoid = (branch: Branch) => !branch.areAllProperties && branch.names.size + branch.patterns.length + branch.items + branch.contained.length === 0;
    // A branch that evaluates nothing is as good as none.
    if (right.every(isVoid)) return [...left];
    const branches = left.flatMap((a) => right.map((b) => join(a, b)));
    if (branches.length > MAX_BRANCHES) throw new ConstraintLimit(this.path, "too many combinations of branches may have been evaluated.");
    return branches;
  }
}

function join(a: Branch, b: Branch): Branch {
  return {
    conditions: [...a.conditions, ...b.conditions],
    areAllProperties: a.areAllProperties || b.areAllProperties,
    names: new Set([...a.names, ...b.names]),
    patterns: [...a.patterns, ...b.patterns],
    items: Math.max(a.items, b.items),
    contained: [...a.contained, ...b.contained],
  };
}
