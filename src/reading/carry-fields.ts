// Fields of the answer -> fields of the output that code made from it: the printed span stays the evidence.
import type { Field } from "../result/extraction.js";
import { mapLeaves, type FieldTree } from "../result/field-tree.js";
import { getAtPointer } from "../schema/json-pointer.js";

export interface AnsweredFields {
  answer: unknown;
  fields: FieldTree;
}

/** Of a value that no single part of the answer stands for. */
const computed: Field = { status: "derived", spans: [], confidence: undefined, alternatives: [] };

/**
 * A field for every leaf of `output`: that of the answer's leaf at the same pointer, or at the one `evidence` names.
 * A value that code changed is `derived`; one that code had to drop keeps its printed form as an alternative.
 */
export function carryFields(output: unknown, answered: AnsweredFields, evidence: Readonly<Record<string, string>> = {}): FieldTree {
  return mapLeaves(output, (value, pointer) => {
    const from = evidence[pointer] ?? pointer;
    const printed = getAtPointer(answered.answer, from);
    if (printed === undefined || typeof printed === "object" && printed !== null) return computed;
    return carry(getAtPointer(answered.fields, from) as Field, printed, value);
  }) as FieldTree;
}

function carry(field: Field, printed: unknown, value: unknown): Field {
  if (Object.is(printed, value)) return field;
  const status = field.status === "ungrounded" ? "ungrounded" : "derived";
  if (value !== null) return { ...field, status };
  return { ...field, status, alternatives: [{ value: printed, confidence: field.confidence ?? 0 }, ...field.alternatives] };
}
