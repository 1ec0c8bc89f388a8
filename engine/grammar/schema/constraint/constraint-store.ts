// The constraints of one schema: makes, combines and remembers them, and bounds the work.
import { complementSet, type Negation } from "./complement.js";
import {
  type Algebra, type Constraint, type Form, FULL, isFull, type JsonType, type PropertyLayer, type Refusal, type TextRule, typeOfValue, type ValueSet,
} from "./constraint.js";
import { ConstraintLimit } from "./constraint-limit.js";
import { isSetEmpty } from "./emptiness.js";
import { intersectSets, withoutAbsorbed } from "./intersect.js";
import { inOrderOf, leavesOf } from "./leaves.js";
import { discriminatorKeys, exactlyOne } from "./one-of.js";
import type { TextRules } from "./text-rules.js";

type Compute = (type: JsonType) => readonly ValueSet[];

/** Constraints that lean on each other, one inside the other. */
const MAX_DEPTH = 250;
const MAX_CONSTRAINTS = 200_000;
/** Alternatives of one type that a product may come to, and that may be listed; all are written in parallel. */
const MAX_SETS = 512;
const MAX_UNION = 10_000;
const MAX_INTERSECTIONS = 100_000;
/** Levels of probing for emptiness inside one another, and levels of parts that a probe looks into. */
const MAX_PROBES = 2;
const PROBE_DEPTH = 2;
const DISJOINT_DEPTH = 4;
const PLAIN: Form = { kind: "plain" };

export class ConstraintStore implements Algebra {
  readonly any: Constraint;
  readonly never: Constraint;
  readonly #combined = new Map<string, Constraint>();
  readonly #without = new Map<string, PropertyLayer>();
  #lastId = 0;
  #depth = 0;
  #probes = 0;
  #intersections = 0;

  constructor(private readonly texts: TextRules) {
    this.any = this.create("", (type) => [FULL[type]]);
    this.never = this.create("", () => []);
  }

  create(path: string, compute: Compute, form: Form = PLAIN): Constraint {
    if (++this.#lastId > MAX_CONSTRAINTS) throw new ConstraintLimit(path, "it combines too many schemas.");
    return { id: this.#lastId, path, form, compute, known: {} };
  }

  /** What `find` finds, once it is needed. */
  alias(path: string, find: () => Constraint): Constraint {
    let found: Constraint | undefined;
    const target = () => (found ??= find());
    return this.create(path, (type) => this.sets(target(), type), { kind: "alias", target });
  }

  literal(values: readonly unknown[], path: string): Constraint {
    const byType: Partial<Record<JsonType, unknown[]>> = {};
    for (const value of values) (byType[typeOfValue(value)] ??= []).push(value);
    return this.create(path, (type) => (byType[type] ? [{ kind: "literal", values: byType[type], opaque: [] }] : []));
  }

  without(name: string): PropertyLayer {
    let layer = this.#without.get(name);
    if (!layer) this.#without.set(name, (layer = { properties: new Map([[name, this.never]]), patterns: [], additional: this.any }));
    return layer;
  }

  /** Everything, under a condition that cannot be expressed. */
  opaque(refusal: Refusal): Constraint {
    return this.create(refusal.path, (type) => [{ ...FULL[type], opaque: [refusal] }]);
  }

  sets(constraint: Constraint, type: JsonType): readonly ValueSet[] {
    const { path, known } = constraint;
    const sets = known[type];
    if (sets === "open") throw new ConstraintLimit(path, "it refers to itself.");
    if (sets) return sets;
    if (this.#depth >= MAX_DEPTH) throw new ConstraintLimit(path, "it is nested too deeply.");
    known[type] = "open";
    this.#depth++;
    try {
      const computed = constraint.compute(type);
      if (computed.length > MAX_UNION) throw new ConstraintLimit(path, "it has too many alternatives.");
      return (known[type] = computed);
    } finally {
      this.#depth--;
      if (known[type] === "open") delete known[type];
    }
  }

  and(constraints: readonly Constraint[]): Constraint {
    const distinct = new Set<Constraint>();
    for (const constraint of constraints) {
      for (const part of constraint.form.kind === "all" ? constraint.form.parts : [constraint]) if (part !== this.any) distinct.add(part);
    }
    if (distinct.has(this.never)) return this.never;
    const parts = [...distinct];
    if (parts.length < 2) return parts[0] ?? this.any;
    return this.#combine("&", parts, parts[0].path, (type) => this.#intersection(parts, type), { kind: "all", parts });
  }

  or(constraints: readonly Constraint[], path: string): Constraint {
    if (constraints.includes(this.any)) return this.any;
    const parts = [...new Set(constraints)].filter((part) => part !== this.never);
    if (parts.length < 2) return parts[0] ?? this.never;
    return this.#combine("|", parts, path, (type) => this.#union(parts, type), { kind: "some", parts });
  }

  oneOf(parts: readonly Constraint[], path: string): Constraint {
    if (parts.length < 2) return this.or(parts, path);
    return this.create(`${path}/oneOf`, (type) => this.#exactlyOne([FULL[type]], parts, type, path), { kind: "one", parts });
  }

  not(constraint: Constraint, path: string, keyword: string): Constraint {
    if (constraint === this.any) return this.never;
    if (constraint === this.never) return this.any;
    const { form } = constraint;
    const not = (part: Constraint) => this.not(part, path, keyword);
    switch (form.kind) {
      case "not":
        return form.negated;
      case "all":
        return this.or(form.parts.map(not), path);
      case "some":
        return this.and(form.parts.map(not));
      case "one": {
        const pairs = form.parts.flatMap((part, index) => form.parts.slice(index + 1).map((other) => this.and([part, other])));
        return this.or([this.and(form.parts.map(not)), ...pairs], path);
      }
      case "alias":
        return this.#interned("!", [constraint], () => this.alias(path, () => not(form.target())));
      case "plain": {
        const compute: Compute = (type) => this.#complement(this.sets(constraint, type), type, { path, keyword });
        return this.#combine("!", [constraint], path, compute, { kind: "not", negated: constraint });
      }
    }
  }

  matches(rule: TextRule, text: string): boolean | Refusal {
    return this.texts.matches(rule, text);
  }

  areContradictory(rules: readonly TextRule[]): boolean {
    return this.texts.areContradictory(rules);
  }

  #combine(sign: string, parts: readonly Constraint[], path: string, compute: Compute, form: Form): Constraint {
    return this.#interned(sign, parts, () => this.create(path, compute, form));
  }

  #interned(sign: string, parts: readonly Constraint[], create: () => Constraint): Constraint {
    if (parts.some(({ id }) => Number.isNaN(id))) return create();
    const key = sign + parts.map(({ id }) => id).toSorted((a, b) => a - b).join();
    let constraint = this.#combined.get(key);
    if (!constraint) this.#combined.set(key, (constraint = create()));
    return constraint;
  }

  /** What is plain comes first: alternatives are then told apart in the light of it. */
  #intersection(parts: readonly Constraint[], type: JsonType): readonly ValueSet[] {
    const { all, plain, alternatives, exclusive } = leavesOf(parts);
    let product: readonly ValueSet[] = [FULL[type]];
    for (const leaf of [...plain, ...alternatives]) {
      if (product.length === 0) return product;
      product = this.#cross(product, this.sets(leaf, type), leaf.path);
    }
    for (const { parts: members, path } of exclusive) product = this.#exactlyOne(product, members, type, path);
    return type === "object" && plain.length < all.length ? inOrderOf(all, product, (part) => this.sets(part, type)) : product;
  }

  #union(parts: readonly Constraint[], type: JsonType): readonly ValueSet[] {
    const sets = parts.flatMap((part) => this.sets(part, type));
    return sets.find(isFull) ? [FULL[type]] : [...new Set(sets)];
  }

  /** The values of `context` that are of one member only. */
  #exactlyOne(context: readonly ValueSet[], members: readonly Constraint[], type: JsonType, path: string): readonly ValueSet[] {
    if (context.length === 0) return context;
    const within = members.map((member) => this.#cross(context, this.sets(member, type), member.path));
    return exactlyOne(
      within,
      (a, b) => this.#areDisjoint(a, b),
      (index, others) => {
        let rest = within[index];
        for (const other of others) {
          const negated = this.not(members[other], path, "oneOf");
          if (rest.length > 0) rest = this.#cross(rest, this.sets(negated, type), `${path}/oneOf`);
        }
        return rest;
      },
      (sets) => discriminatorKeys(sets, this),
    );
  }

  #complement(sets: readonly ValueSet[], type: JsonType, negation: Negation): readonly ValueSet[] {
    let product: readonly ValueSet[] = [FULL[type]];
    for (const set of sets) {
      if (product.length === 0) return product;
      product = this.#cross(product, complementSet(set, type, negation, this), `${negation.path}/${negation.keyword}`);
    }
    return product;
  }

  #cross(left: readonly ValueSet[], right: readonly ValueSet[], path: string): readonly ValueSet[] {
    if (left.length === 1 && isFull(left[0])) return right;
    if (right.length === 1 && isFull(right[0])) return left;
    const isProduct = left.length * right.length > 1;
    const sets = new Set<ValueSet>();
    for (const a of left) {
      for (const b of right) {
        if (++this.#intersections > MAX_INTERSECTIONS || sets.size > MAX_SETS) throw new ConstraintLimit(path, "it has too many alternatives.");
        for (const both of intersectSets(a, b, this)) if (!isProduct || !this.#isEmpty(both, PROBE_DEPTH)) sets.add(both);
      }
    }
    return left.length > 1 && right.length > 1 ? withoutAbsorbed([...sets]) : [...sets];
  }

  #areDisjoint(a: ValueSet, b: ValueSet): boolean {
    if (++this.#intersections > MAX_INTERSECTIONS) return false;
    return intersectSets(a, b, this).every((both) => this.#isEmpty(both, DISJOINT_DEPTH));
  }

  /** Probing may meet what is being worked out: then nothing can be told. */
  #isEmpty(set: ValueSet, depth: number): boolean {
    if (this.#probes >= MAX_PROBES) return false;
    this.#probes++;
    try {
      return isSetEmpty(set, depth, this);
    } catch (error) {
      if (error instanceof ConstraintLimit) return false;
      throw error;
    } finally {
      this.#probes--;
    }
  }
}
