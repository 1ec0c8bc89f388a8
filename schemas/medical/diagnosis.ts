// The record `diagnose` returns, and the part of it that the model writes.
import { z } from "zod";
import { derived } from "../general/derived.js";
import { described } from "../general/described.js";
import { key } from "../general/key.js";

const likelihood = z.enum(["high", "moderate", "low"]);
const urgency = z.enum(["emergency", "urgent", "routine"]);
const finding = z.string().min(1).max(80);

const candidate = z.strictObject({
  condition: described(key(derived(z.string().min(1).max(80))), "name of the condition", "疾病名称"),
  likelihood: described(derived(likelihood), "how likely it is", "可能性"),
  supportingFindings: described(
    z.array(finding).max(6),
    "findings of the record that speak for it, copied from the record",
    "支持该诊断的病历内容，照抄原文",
  ),
  findingsAgainst: described(
    z.array(finding).max(3),
    "findings of the record that speak against it, copied from the record",
    "不支持该诊断的病历内容，照抄原文",
  ),
});

/** What the model writes. */
export const diagnosisAnswerSchema = z.strictObject({
  summary: described(derived(z.string().min(1).max(240)), "the case in one sentence", "一句话概括病情"),
  differential: described(
    z.array(candidate).min(1).max(4),
    "possible conditions, the likeliest first",
    "可能的疾病，按可能性从高到低",
  ),
  recommendedTests: described(
    derived(z.array(derived(z.string().min(1).max(80))).max(6)),
    "examinations that would tell the conditions apart",
    "有助于鉴别的检查",
  ),
  urgency: described(derived(urgency), "how soon the patient should be seen", "就诊的紧急程度"),
});

/** Decision support for a clinician: possible conditions with the findings that speak for and against each. */
export const diagnosisSchema = diagnosisAnswerSchema.extend({
  /** Says that the record is decision support and not a diagnosis. */
  disclaimer: derived(z.string()),
});

export type Diagnosis = z.output<typeof diagnosisSchema>;
