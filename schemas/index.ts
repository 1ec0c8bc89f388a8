// The ready schemas and the marks they are written with.
export { described } from "./general/described.js";
export { derived } from "./general/derived.js";
export { key } from "./general/key.js";
export { oneOfSource } from "./general/one-of-source.js";
export { printedAmount, printedDate } from "./general/printed.js";
export { verbatim, type VerbatimOptions } from "./general/verbatim.js";
export { withEvidence, type WithEvidence } from "./general/with-evidence.js";
export { clauseCategories, type ClauseCategory, type ClauseCategoryKey } from "./legal/clause-categories.js";
export { contractSchema, contractAnswerSchema, type Contract, type ContractAnswer } from "./legal/contract.js";
export { patientRecordSchema, type AliasedPatientRecord, type PatientRecord } from "./medical/patient-record.js";
export { diagnosisSchema, diagnosisAnswerSchema, type Diagnosis } from "./medical/diagnosis.js";
export {
  balanceSheetSchema,
  balanceSheetAnswerSchema,
  type BalanceSheet,
  type BalanceSheetAnswer,
} from "./finance/balance-sheet.js";
export { invoiceSchema, invoiceAnswerSchema, type Invoice, type InvoiceAnswer } from "./finance/invoice.js";
