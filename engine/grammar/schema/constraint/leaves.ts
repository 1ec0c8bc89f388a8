// A conjunction taken apart, through the schemas that it names, into parts that are no conjunctions.
import type { Constraint, PropertyLayer, ValueSet } from "./constraint.js";
import { ConstraintLimit } from "./constraint-limit.js";

const MAX_NESTING = 250;

export interface Leaves {
  /** In the order of the schemas. */
  all: Constraint[];
  /** Of one set a type, as a rule. */
  plain: Constraint[];
  /** Unions and negations. */
  alternatives: Constraint[];
  /** Members of which exactly one holds. */
  exclusive: { parts: readonly Constraint[]; path: string }[];
}

export function leavesOf(parts: readonly Constraint[]): Leaves {
  const leaves: Leaves = { all: [], plain: [], alternatives: [], exclusive: [] };
  const seen = new Map<Constraint, "open" | "done">();
  for (const part of parts) collect(part, leaves, seen, 0);
  return leaves;
}

function collect(part: Constraint, leaves: Leaves, seen: Map<Constraint, "open" | "done">, depth: number): void {
  const { form, path } = part;
  const state = seen.get(part);
  if (state === "open") throw new ConstraintLimit(path, "it refers to itself.");
  if (state === "done") return;
  if (depth > MAX_NESTING) throw new ConstraintLimit(path, "it is nested too deeply.");
  seen.set(part, "open");
  if (form.kind === "alias") collect(form.target(), leaves, seen, depth + 1);
  else if (form.kind === "all") for (const inner of form.parts) collect(inner, leaves, seen, depth + 1);
  else {
    leaves.all.push(part);
    if (form.kind === "one") leaves.exclusive.push({ parts: form.parts, path: path.slice(0, path.lastIndexOf("/")) });
    else leaves[form.kind === "plain" ? "plain" : "alternatives"].push(part);
  }
  seen.set(part, "done");
}

/** With the layers of each object in the order of the leaves that brought them: properties are written in that order. */
export function inOrderOf(leaves: readonly Constraint[], sets: readonly ValueSet[], setsOf: (part: Constraint) => readonly ValueSet[]): readonly ValueSet[] {
  if (!sets.some((set) => set.kind === "object" && set.layers.length > 1)) return sets;
  const ranks = new Map<PropertyLayer, number>();
  for (const [rank, leaf] of leaves.entries()) {
    for (const part of leaf.form.kind === "one" ? leaf.form.parts : [leaf]) {
      for (const set of setsOf(part)) {
        if (set.kind === "object") for (const layer of set.layers) if (!ranks.has(layer)) ranks.set(layer, rank);
      }
    }
  }
  const rankOf = (layer: PropertyLayer) => ranks.get(layer) ?? leaves.length;
  return sets.map((set) => (set.kind === "object" ? { ...set, layers: set.layers.toSorted((a, b) => rankOf(a) - rankOf(b)) } : set));
}
