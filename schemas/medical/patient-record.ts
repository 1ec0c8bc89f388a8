// What `diagnose` accepts as structured data; free text is accepted as well.
import { z } from "zod";

const texts = z.union([z.string(), z.array(z.string())]);

/**
 * A patient's complaints as structured data. Every field is optional and others are kept and shown to the model:
 * hospitals' exports name things their own way. The named ones are checked, so that a slip is found early.
 */
export const patientRecordSchema = z.looseObject({
  age: z.number().min(0).max(150).optional().describe("Age in years"),
  sex: z.string().optional().describe("Sex of the patient"),
  symptoms: texts.optional().describe("Complaints and signs"),
  durationDays: z.number().min(0).optional().describe("Days since the first symptom"),
  history: z.unknown().describe("Earlier illnesses, habits, exposures"),
  medications: texts.optional().describe("Drugs taken now"),
});

export type PatientRecord = z.output<typeof patientRecordSchema>;
