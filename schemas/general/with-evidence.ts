// A value that is worded or computed, beside the passage it comes from.
import { z } from "zod";
import { verbatim, type VerbatimOptions } from "./verbatim.js";

/** Longer passages prove no more, and a small model copies on and on. */
const MAX_EVIDENCE_CHARS = 200;

export type WithEvidence<Schema extends z.ZodType> = z.ZodObject<{ evidence: z.ZodString; value: Schema }>;

/**
 * `{ evidence, value }`: a passage copied from the document, then the value. Evidence comes first, because a model that
 * has just copied the passage reads the value from it; the other way round it looks for a passage to suit its value.
 * `maxLength` is 200 where it is not given. `absent: true` lets the whole be `null`.
 */
export function withEvidence<Schema extends z.ZodType>(schema: Schema, options: VerbatimOptions & { absent: true }): z.ZodNullable<WithEvidence<Schema>>;
export function withEvidence<Schema extends z.ZodType>(schema: Schema, options?: VerbatimOptions): WithEvidence<Schema>;
export function withEvidence(schema: z.ZodType, { absent = false, ...options }: VerbatimOptions = {}): z.ZodType {
  const evidence = verbatim(z.string(), { maxLength: MAX_EVIDENCE_CHARS, ...options });
  const both = z.object({ evidence, value: schema });
  return absent ? both.nullable() : both;
}
