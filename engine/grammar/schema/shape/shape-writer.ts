// Constraints as shapes, breadth first: a shape's parts are written after it, so that schemas may be deep and refer to themselves.
import type { Lexeme } from "../../lexeme/lexeme.js";
import { LexemeLimitError } from "../../lexeme/lexeme-limit-error.js";
import type { LexemeStore } from "../../lexeme/lexeme-store.js";
import { RegexError } from "../../regex/regex-error.js";
import type { Regex } from "../../regex/regex-store.js";
import { type JsonStyle, type KeyOrder, type LexemeShape, type Shape, type UnionShape, unionShape, wordsShape } from "../../shape.js";
import { writeArray } from "./array-shape.js";
import { describe } from "../constraint/complement.js";
import { type Constraint, FULL, JSON_TYPES, type JsonType, type NumberSet, type Refusal, type StringSet, type ValueSet, type VerbatimRule } from "../constraint/constraint.js";
import { ConstraintLimit } from "../constraint/constraint-limit.js";
import type { ConstraintStore } from "../constraint/constraint-store.js";
import { equalityKey } from "../constraint/json-value.js";
import type { TextRules } from "../constraint/text-rules.js";
import { FractionLexeme } from "./fraction-lexeme.js";
import { jsonText } from "./json-text.js";
import { writeObjects } from "./object-shape.js";

/** What a string that is copied from a source must be. */
export interface VerbatimRequest {
  /** The value of `x-verbatim`. */
  keyword: unknown;
  /** JSON pointer to the schema. */
  path: string;
  minLength: number;
  maxLength: number;
  /** What else the string must be; the key tells tests apart. */
  test?: { key: string; passes: (text: string) => boolean };
}

export interface ShapeWriterOptions {
  style: JsonStyle;
  /** Order of the properties of listed objects. */
  order: KeyOrder;
  lexemes: LexemeStore;
  /** Told of what the shape does not enforce; throws where that is not accepted. */
  leaveOut: (refusal: Refusal) => void;
  verbatim: ((request: VerbatimRequest) => Lexeme) | undefined;
}

/** `canonical`: equal values have one spelling, so that they can be compared. */
export type Spelling = "any" | "canonical";

export class ShapeWriter {
  readonly #shapes: Record<Spelling, Map<Constraint, UnionShape>> = { any: new Map(), canonical: new Map() };
  readonly #pending: { constraint: Constraint; spelling: Spelling; holder: UnionShape }[] = [];

  constructor(
    readonly store: ConstraintStore,
    readonly texts: TextRules,
    readonly options: ShapeWriterOptions,
  ) {}

  write(root: Constraint): Shape {
    const shape = this.shape(root, "any");
    const parents: Shape[] = [];
    for (let next = this.#pending.pop(); next; next = this.#pending.pop()) {
      const members = this.#members(next.constraint, next.spelling);
      next.holder.members = members;
      parents.push(...members);
    }
    for (const parent of parents) unwrapParts(parent);
    return unwrap(shape);
  }

  /** A holder that is filled before `write` ends. */
  shape(constraint: Constraint, spelling: Spelling): Shape {
    let holder = this.#shapes[spelling].get(constraint);
    if (holder) return holder;
    holder = unionShape([]);
    this.#shapes[spelling].set(constraint, holder);
    if (constraint !== this.store.never) this.#pending.push({ constraint, spelling, holder });
    return holder;
  }

  /** All values of the type where the sets go beyond the bounds of the algebra and that is accepted. */
  sets(constraint: Constraint, type: JsonType): readonly ValueSet[] {
    try {
      return this.store.sets(constraint, type);
    } catch (error) {
      if (!(error instanceof ConstraintLimit)) throw error;
      this.options.leaveOut(error.refusal);
      return [FULL[type]];
    }
  }

  /** The regular expression of all rules; undefined where there are none. */
  regex(rules: StringSet["rules"]): Regex | undefined {
    const regexes: Regex[] = [];
    for (const rule of rules) {
      const regex = this.texts.regex(rule);
      if ("reason" in regex) this.options.leaveOut(regex);
      else regexes.push(regex);
    }
    if (regexes.length < 2) return regexes[0];
    return this.#within(rules, () => this.texts.store.and(...regexes));
  }

  /** The body of strings of a set, without quotes. */
  text(set: StringSet, except: readonly string[] | undefined): Lexeme {
    const { minLength, maxLength } = set;
    const { lexemes } = this.options;
    const regex = this.regex(set.rules);
    const form = { minLength, maxLength, ...(except && { except }) };
    if (!regex) return lexemes.string(form);
    const { store } = this.texts;
    return this.#within(set.rules, () => lexemes.string({ ...form, regex: { store, regex } })) ?? lexemes.string(form);
  }

  #members(constraint: Constraint, spelling: Spelling): Shape[] {
    const members: Shape[] = [];
    const literals = new Map<string, string>();
    for (const type of JSON_TYPES) {
      for (const set of this.sets(constraint, type)) {
        for (const refusal of set.opaque) this.options.leaveOut(refusal);
        if (set.kind !== "literal") members.push(...this.#write(set, constraint.path, spelling));
        else for (const value of set.values) {
          if (this.#isOrdered(value, spelling)) literals.set(this.#literalKey(value, spelling), jsonText(value, this.options.style));
          else members.push(this.shape(describe(value, constraint.path, this.store), spelling));
        }
      }
    }
    if (literals.size > 0) members.push(wordsShape([...literals.values()]));
    return members;
  }

  /** Whether one text stands for the value; objects to be compared must be words. */
  #isOrdered(value: unknown, spelling: Spelling): boolean {
    if (this.options.order === "schema" || spelling === "canonical" || typeof value !== "object" || value === null) return true;
    const parts = Object.values(value);
    return (Array.isArray(value) || parts.length < 2) && parts.every((part) => this.#isOrdered(part, spelling));
  }

  #literalKey(value: unknown, spelling: Spelling): string {
    return spelling === "canonical" ? equalityKey(value) : jsonText(value, this.options.style);
  }

  #write(set: Exclude<ValueSet, { kind: "literal" }>, path: string, spelling: Spelling): Shape[] {
    switch (set.kind) {
      case "number":
        return [lexemeShape("number", this.#number(set, path, spelling))];
      case "string":
        return [lexemeShape("string", this.#string(set, spelling))];
      case "array":
        return writeArray(this, set, spelling);
      case "object":
        return writeObjects(this, set);
    }
  }

  #number(set: NumberSet, path: string, spelling: Spelling): Lexeme {
    const { lexemes, leaveOut } = this.options;
    const { isInteger, isFraction, minimum, isMinimumOpen, maximum, isMaximumOpen, multiplesOf, except } = set;
    const form = { isInteger, minimum, isMinimumOpen, maximum, isMaximumOpen, except, form: isFraction ? "canonical" : spelling };
    try {
      const lexeme = lexemes.number({ ...form, multiplesOf });
      return isFraction ? new FractionLexeme(lexeme) : lexeme;
    } catch (error) {
      if (!(error instanceof LexemeLimitError)) throw error;
      leaveOut({ path, keyword: multiplesOf.length > 0 ? "multipleOf" : "minimum", reason: error.message });
      return lexemes.number({ isInteger: false, minimum: -Infinity, isMinimumOpen: false, maximum: Infinity, isMaximumOpen: false, form: spelling });
    }
  }

  #string(set: StringSet, spelling: Spelling): Lexeme {
    const { verbatim, except } = set;
    if (verbatim) return this.#copied(set, verbatim);
    return this.text(set, except.length > 0 || spelling === "canonical" ? except : undefined);
  }

  #copied({ minLength, maxLength, rules, except }: StringSet, { options: keyword, path }: VerbatimRule): Lexeme {
    const request = { keyword, path, minLength, maxLength };
    // Refuses rules that cannot be tested.
    this.regex(rules);
    if (rules.length === 0 && except.length === 0) return this.options.verbatim!(request);
    const key = JSON.stringify([rules.map((rule) => rule.key), except]);
    const passes = (text: string) => !except.includes(text) && rules.every((rule) => this.store.matches(rule, text) !== false);
    return this.options.verbatim!({ ...request, test: { key, passes } });
  }

  /** Undefined where a regular expression goes beyond its bounds and that is accepted. */
  #within<T>(rules: StringSet["rules"], action: () => T): T | undefined {
    try {
      return action();
    } catch (error) {
      if (!(error instanceof RegexError)) throw error;
      this.options.leaveOut({ path: rules[0].path, keyword: rules[0].keyword, reason: error.message });
      return undefined;
    }
  }
}

function lexemeShape(type: "string" | "number", lexeme: Lexeme): LexemeShape {
  return { kind: "lexeme", lexeme, isQuoted: type === "string", type, minimumBytes: Infinity };
}

/** A union of one is its member. */
function unwrap(shape: Shape): Shape {
  return shape.kind === "union" && shape.members.length === 1 ? shape.members[0] : shape;
}

function unwrapParts(shape: Shape): void {
  if (shape.kind === "object") {
    for (const part of [...shape.properties, ...shape.free]) part.value = unwrap(part.value);
  }
  if (shape.kind === "array") {
    for (const item of [...shape.prefix, shape.rest]) {
      item.value = unwrap(item.value);
      if (item.counted) item.counted = unwrap(item.counted);
    }
  }
}
