// Two readings of one value, asked differently -> one field: agreement is the cheapest sign of being right.
import type { Field } from "../result/extraction.js";
import { lowerConfidence } from "./lower-confidence.js";
import { mergeAlternatives } from "./merge-alternatives.js";
import { valueKey } from "./value-key.js";

export interface FirstReading {
  value: unknown;
  field: Field;
}

export interface SecondReading {
  value: unknown;
  /** 0 to 1; undefined where the model gives no probabilities. */
  confidence: number | undefined;
}

/**
 * The field of the first reading's value, its confidence lowered by the second: where they agree to the lower of both,
 * where they differ to at most what the second reading leaves open (1 - p2), and the second value becomes an
 * alternative. Without probabilities a differing reading counts as one voice of two.
 */
export function combineReadings(first: FirstReading, second: SecondReading): Field {
  const { field } = first;
  if (valueKey(first.value) === valueKey(second.value)) return { ...field, confidence: lowerConfidence(field.confidence, second.confidence) };
  const other = second.confidence ?? 0.5;
  return {
    ...field,
    confidence: lowerConfidence(field.confidence, 1 - other),
    alternatives: mergeAlternatives([{ value: second.value, confidence: other }], field.alternatives),
  };
}
