// What `diagnose` accepts as structured data; free text is accepted as well.
import { z } from "zod";

const entry = z.union([z.string(), z.array(z.string()), z.record(z.string(), z.unknown())]);

/** Every field is optional: an export that lacks one, or names it its own way, is still a record to read. */
const canonical = z.looseObject({
  age: z.number().min(0).max(150).optional().describe("Age in years"),
  sex: z.string().min(1).optional().describe("Sex of the patient"),
  symptoms: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).optional().describe("Complaints and signs"),
  durationDays: z.number().min(0).optional().describe("Days since the first symptom"),
  history: entry.optional().describe("Earlier illnesses, habits, exposures"),
  medications: entry.optional().describe("Drugs taken now"),
});

export type PatientRecord = z.output<typeof canonical>;

/** The names that record systems use for the same fields. */
export type AliasedPatientRecord = Omit<PatientRecord, "sex" | "durationDays"> & { gender?: string; duration_days?: number };

const aliases: Readonly<Record<string, string>> = { gender: "sex", duration_days: "durationDays" };

/** A patient's complaints as structured data. Fields beyond these are kept and shown to the model. */
export const patientRecordSchema = z.preprocess(withoutAliases, canonical) as unknown as z.ZodType<
  PatientRecord,
  PatientRecord | AliasedPatientRecord
>;

function withoutAliases(record: unknown): unknown {
  if (typeof record !== "object" || record === null || Array.isArray(record)) return record;
  const canonicalName = (name: string): string => (Object.hasOwn(aliases, name) && !(aliases[name] in record) ? aliases[name] : name);
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [canonicalName(name), value]));
}
