// A set of JSON values, type by type, as a union of one-type sets; what the algebra of the folder works on.

export type JsonType = "null" | "boolean" | "number" | "string" | "array" | "object";

export const JSON_TYPES: readonly JsonType[] = ["null", "boolean", "number", "string", "array", "object"];

/** Something that the grammar cannot enforce. */
export interface Refusal {
  path: string;
  keyword: string;
  reason: string;
}

/** How a constraint was made of others. */
export type Form =
  | { readonly kind: "plain" }
  /** Another constraint, found when it is needed. */
  | { readonly kind: "alias"; readonly target: () => Constraint }
  | { readonly kind: "all" | "some" | "one"; readonly parts: readonly Constraint[] }
  | { readonly kind: "not"; readonly negated: Constraint };

/** Lazy: what it allows is worked out by type, and only when asked for; so recursion ends. */
export interface Constraint {
  readonly id: number;
  /** JSON pointer to the schema it came from. */
  readonly path: string;
  readonly form: Form;
  /** Called once for a type; the result is kept in `known`. */
  readonly compute: (type: JsonType) => readonly ValueSet[];
  readonly known: Partial<Record<JsonType, readonly ValueSet[] | "open">>;
}

interface SetBase {
  /** Conditions beside the others that no grammar can express. */
  readonly opaque: readonly Refusal[];
}

/** Listed values of one type. */
export interface LiteralSet extends SetBase {
  readonly kind: "literal";
  readonly values: readonly unknown[];
}

export interface NumberSet extends SetBase {
  readonly kind: "number";
  readonly isInteger: boolean;
  /** No integers. */
  readonly isFraction: boolean;
  readonly minimum: number;
  readonly isMinimumOpen: boolean;
  readonly maximum: number;
  readonly isMaximumOpen: boolean;
  readonly multiplesOf: readonly number[];
  readonly except: readonly number[];
}

/** A pattern or a format, or the negation of one. */
export interface TextRule {
  /** Equal for rules that say the same. */
  readonly key: string;
  /** An ECMA-262 pattern. */
  readonly pattern: string;
  readonly isNegated: boolean;
  readonly path: string;
  readonly keyword: string;
}

/** The string is to be copied from a source. */
export interface VerbatimRule {
  readonly options: unknown;
  readonly path: string;
}

export interface StringSet extends SetBase {
  readonly kind: "string";
  readonly minLength: number;
  readonly maxLength: number;
  readonly rules: readonly TextRule[];
  readonly except: readonly string[];
  readonly verbatim: VerbatimRule | undefined;
}

/** What the items of an array must be, by their place. */
export interface ItemLayer {
  readonly prefix: readonly Constraint[];
  readonly rest: Constraint;
}

/** A layer whose fitting items are counted. */
export interface ContainsRule extends ItemLayer {
  readonly min: number;
  readonly max: number;
  readonly path: string;
}

export interface ArraySet extends SetBase {
  readonly kind: "array";
  /** All of them hold. */
  readonly layers: readonly ItemLayer[];
  readonly minItems: number;
  readonly maxItems: number;
  readonly contains: readonly ContainsRule[];
  /** JSON pointer to the schema that wants unique items. */
  readonly uniqueAt: string | undefined;
}

export interface PatternProperty {
  readonly rule: TextRule;
  readonly value: Constraint;
}

/** What the properties of an object must be, by their name. */
export interface PropertyLayer {
  readonly properties: ReadonlyMap<string, Constraint>;
  readonly patterns: readonly PatternProperty[];
  /** Of names that neither `properties` nor `patterns` speak of. */
  readonly additional: Constraint;
}

/** Some property must have a name that fits `name`, and a value that fits `value`. */
export interface WitnessRule {
  readonly name: Constraint;
  readonly value: Constraint;
  /** The objects that have none. */
  readonly otherwise: ObjectSet;
  readonly refusal: Refusal;
}

export interface ObjectSet extends SetBase {
  readonly kind: "object";
  /** All of them hold. */
  readonly layers: readonly PropertyLayer[];
  /** What names must be, as strings. */
  readonly names: readonly Constraint[];
  readonly required: readonly string[];
  readonly minProperties: number;
  readonly maxProperties: number;
  readonly witnesses: readonly WitnessRule[];
}

export type ValueSet = LiteralSet | NumberSet | StringSet | ArraySet | ObjectSet;

/** The operations that sets need on the constraints of their parts; see `ConstraintStore`. */
export interface Algebra {
  readonly any: Constraint;
  readonly never: Constraint;
  sets(constraint: Constraint, type: JsonType): readonly ValueSet[];
  and(constraints: readonly Constraint[]): Constraint;
  or(constraints: readonly Constraint[], path: string): Constraint;
  /** @param path to the schema with the keyword that negates, both named where the complement cannot be expressed */
  not(constraint: Constraint, path: string, keyword: string): Constraint;
  literal(values: readonly unknown[], path: string): Constraint;
  /** The layer that allows all but the name; one object for each name. */
  without(name: string): PropertyLayer;
  /** Whether a text fits a rule; a refusal where that cannot be told. */
  matches(rule: TextRule, text: string): boolean | Refusal;
  /** Whether no text can fit all rules; false where it cannot be told. */
  areContradictory(rules: readonly TextRule[]): boolean;
}

export const ALL_NUMBERS: NumberSet = {
  kind: "number", isInteger: false, isFraction: false, minimum: -Infinity, isMinimumOpen: false, maximum: Infinity, isMaximumOpen: false,
  multiplesOf: [], except: [], opaque: [],
};
export const ALL_STRINGS: StringSet = { kind: "string", minLength: 0, maxLength: Infinity, rules: [], except: [], verbatim: undefined, opaque: [] };
export const ALL_ARRAYS: ArraySet = { kind: "array", layers: [], minItems: 0, maxItems: Infinity, contains: [], uniqueAt: undefined, opaque: [] };
export const ALL_OBJECTS: ObjectSet = {
  kind: "object", layers: [], names: [], required: [], minProperties: 0, maxProperties: Infinity, witnesses: [], opaque: [],
};

/** All values of each type. */
export const FULL: Readonly<Record<JsonType, ValueSet>> = {
  null: { kind: "literal", values: [null], opaque: [] },
  boolean: { kind: "literal", values: [true, false], opaque: [] },
  number: ALL_NUMBERS,
  string: ALL_STRINGS,
  array: ALL_ARRAYS,
  object: ALL_OBJECTS,
};

const FULL_SETS: ReadonlySet<ValueSet> = new Set(Object.values(FULL));

export function isFull(set: ValueSet): boolean {
  return FULL_SETS.has(set);
}

export function typeOfValue(value: unknown): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  const type = typeof value;
  return type === "boolean" || type === "number" || type === "string" ? type : "object";
}

/** What a layer says of an item. */
export function itemAt(layer: ItemLayer, index: number): Constraint {
  return layer.prefix[index] ?? layer.rest;
}
