// What `diagnose` accepts as structured data; free text is accepted as well.
import { z } from "zod";

/** A patient's complaints as structured data. Fields beyond these are kept and shown to the model. */
export const patientRecordSchema = z.looseObject({
  age: z.number().min(0).max(150).describe("Age in years"),
  sex: z.string().min(1).describe("Sex of the patient"),
  symptoms: z.array(z.string().min(1)).min(1).describe("Complaints and signs"),
  durationDays: z.number().min(0).optional().describe("Days since the first symptom"),
  history: z.union([z.string(), z.array(z.string())]).optional().describe("Earlier illnesses, habits, exposures"),
  medications: z.array(z.string()).optional().describe("Drugs taken now"),
});

export type PatientRecord = z.output<typeof patientRecordSchema>;
