// A conjunction taken apart, through the schemas that it names, into parts that are no conjunctions.
import type { Constraint } from "./constraint.js";
import { ConstraintLimit } from "./constraint-limit.js";

const MAX_NESTING = 250;

export interface Leaves {
  /** Of one set a type, as a rule. */
  plain: Constraint[];
  /** Unions and negations. */
  alternatives: Constraint[];
  /** Members of which exactly one holds. */
  exclusive: { parts: readonly Constraint[]; path: string }[];
}

export function leavesOf(parts: readonly Constraint[]): Leaves {
  const leaves: Leaves = { plain: [], alternatives: [], exclusive: [] };
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
  else if (form.kind === "one") leaves.exclusive.push({ parts: form.parts, path: path.slice(0, path.lastIndexOf("/")) });
  else if (form.kind === "plain") leaves.plain.push(part);
  else leaves.alternatives.push(part);
  seen.set(part, "done");
}
