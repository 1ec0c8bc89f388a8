// Differential diagnosis as decision support: thinks first, then writes its record.
import { diagnosisAnswerSchema, diagnosisSchema, patientRecordSchema } from "../../schemas/index.js";
import type { Language } from "../input/document.js";
import { templateFile } from "../prompt/template.js";
import { defineTask } from "../task.js";
import { exampleFile } from "./example-file.js";

const disclaimer: Readonly<Record<Language, string>> = {
  en: "Decision support for a qualified clinician, not a diagnosis. Written by a language model; verify every statement before acting on it.",
  zh: "本结果仅供具备资质的医生参考，不构成诊断。内容由语言模型生成，采取任何措施前须逐条核实。",
};

/** Suggests conditions that fit a patient record, with the findings for and against each. Not a diagnosis. */
export const diagnose = defineTask({
  name: "diagnose",
  description: "Suggests a differential diagnosis for a patient record (structured or text). Decision support, not a diagnosis.",
  input: patientRecordSchema,
  output: diagnosisSchema,
  answer: {
    schema: diagnosisAnswerSchema,
    normalize: (answer, { language }) => ({ data: { ...answer, disclaimer: disclaimer[language] } }),
  },
  template: templateFile("medical/diagnose"),
  rules: templateFile("medical/diagnose-rules"),
  examples: exampleFile("medical/diagnose"),
  thinking: { budgetTokens: 256 },
  maxTokens: 768,
  // What is judged rather than copied gains nothing from being asked again.
  readings: 1,
});
