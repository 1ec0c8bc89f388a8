// Contracts: header fields, and clauses category by category.
import {
  clauseCategories,
  contractAnswerSchema,
  contractSchema,
  type Contract,
  type ContractAnswer,
} from "../../schemas/index.js";
import { templateFile } from "../prompt/template.js";
import type { ClauseQuestion, NormalizedAnswer } from "../task-definition.js";
import type { Task } from "../task-types.js";
import { defineTask } from "../task.js";
import { checkDateOrder } from "./check-date-order.js";
import { createPrintedReader } from "./read-printed.js";

export interface ContractClausesOptions<Key extends string> {
  /** Output key -> the kind of clause to look for; `clauseCategories` holds those of CUAD. */
  categories: Readonly<Record<Key, ClauseQuestion>>;
  name?: string;
}

/**
 * A task that reads a contract's header and, for each category, the sentences of its clause.
 * Each category costs one short question, and a quote where the answer is yes.
 */
export function defineContractClauses<Key extends string>({
  categories,
  name = "extractContractClauses",
}: ContractClausesOptions<Key>): Task<object, Contract<Key>> {
  const keys = Object.keys(categories) as Key[];
  return defineTask({
    name,
    description: "Reads the title, parties and dates of a contract and the text of its clauses, one a category.",
    output: contractSchema(keys),
    answer: { schema: contractAnswerSchema(keys), normalize: normalizeContract },
    check: ({ effectiveDate, expirationDate }) =>
      checkDateOrder(
        { name: "effective date", date: effectiveDate },
        { name: "expiration date", date: expirationDate, path: "/expirationDate" },
      ),
    template: templateFile("legal/contract"),
    strategy: { type: "clauses", field: "clauses", categories },
  });
}

const {
  antiAssignment,
  auditRights,
  capOnLiability,
  exclusivity,
  governingLaw,
  insurance,
  ipOwnershipAssignment,
  licenseGrant,
  nonCompete,
  renewalTerm,
  terminationForConvenience,
} = clauseCategories;

/** Reads a contract's header and eleven common kinds of clause. `defineContractClauses` makes a task for others. */
export const extractContractClauses = defineContractClauses({
  categories: {
    governingLaw,
    renewalTerm,
    terminationForConvenience,
    capOnLiability,
    antiAssignment,
    exclusivity,
    nonCompete,
    licenseGrant,
    ipOwnershipAssignment,
    auditRights,
    insurance,
  },
});

function normalizeContract<Key extends string>(answer: ContractAnswer<Key>): NormalizedAnswer<Contract<Key>> {
  const read = createPrintedReader();
  const data = {
    ...answer,
    agreementDate: read.date(answer.agreementDate, "/agreementDate"),
    effectiveDate: read.date(answer.effectiveDate, "/effectiveDate"),
    expirationDate: read.date(answer.expirationDate, "/expirationDate"),
  };
  return { data, warnings: read.warnings };
}
