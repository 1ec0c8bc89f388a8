// The records that `extractContractClauses` returns and asks for.
import { z } from "zod";
import { described } from "../general/described.js";
import { printedDate } from "../general/printed.js";
import { verbatim } from "../general/verbatim.js";

const names = {
  documentName: described(verbatim(z.string().max(160), { absent: true }), "title of the contract", "合同名称"),
  parties: described(
    z.array(verbatim(z.string().min(1).max(160))).max(8),
    "names of the parties to the contract",
    "合同各方名称",
  ),
};

const headerAnswer = z.strictObject({
  ...names,
  agreementDate: described(printedDate().nullable(), "date of signing, as written", "签订日期，照抄原文"),
  effectiveDate: described(
    printedDate().nullable(),
    "date on which the contract takes effect, as written",
    "生效日期，照抄原文",
  ),
  expirationDate: described(
    printedDate().nullable(),
    "date on which the contract ends, as written",
    "到期日期，照抄原文",
  ),
});

const header = z.strictObject({
  ...names,
  agreementDate: z.iso.date().nullable(),
  effectiveDate: z.iso.date().nullable(),
  expirationDate: z.iso.date().nullable(),
});

export interface Clauses<Key extends string> {
  /** The text of the clause's sentences; null where the contract has no such clause. */
  clauses: Record<Key, string | null>;
}

export type Contract<Key extends string> = z.output<typeof header> & Clauses<Key>;
export type ContractAnswer<Key extends string> = z.output<typeof headerAnswer> & Clauses<Key>;

/** A contract's title, parties, dates in ISO 8601, and the text of one clause a category. */
export function contractSchema<Key extends string>(categoryKeys: readonly Key[]): z.ZodType<Contract<Key>, Contract<Key>> {
  return header.extend({ clauses: clausesSchema(categoryKeys) }) as unknown as z.ZodType<Contract<Key>, Contract<Key>>;
}

/** What the model writes: dates as they are printed. */
export function contractAnswerSchema<Key extends string>(
  categoryKeys: readonly Key[],
): z.ZodType<ContractAnswer<Key>, ContractAnswer<Key>> {
  return headerAnswer.extend({ clauses: clausesSchema(categoryKeys) }) as unknown as z.ZodType<ContractAnswer<Key>, ContractAnswer<Key>>;
}

function clausesSchema(categoryKeys: readonly string[]) {
  return z.strictObject(Object.fromEntries(categoryKeys.map((name) => [name, z.string().nullable()])));
}
