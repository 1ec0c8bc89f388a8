// The record `parseBalanceSheet` returns, and the printed form of it that the model writes.
import { z } from "zod";
import { derived } from "../general/derived.js";
import { described } from "../general/described.js";
import { key } from "../general/key.js";
import { printedAmount } from "../general/printed.js";
import { verbatim } from "../general/verbatim.js";

const section = z.enum(["assets", "liabilities", "equity", "other"]);
const label = described(key(verbatim(z.string().min(1).max(120))), "text of the row's first cell", "该行第一格的文字");
const sectionOfItem = described(derived(section), "part of the statement the row belongs to", "该行所属部分");

const head = {
  company: described(verbatim(z.string().max(120), { absent: true }), "name of the company", "公司名称"),
  currency: described(
    z.string().max(20).nullable(),
    "currency sign or name as printed, such as $, USD, RMB",
    "货币，如 元、人民币、美元",
  ),
  unit: described(
    z.string().max(40).nullable(),
    'words that state the unit of the amounts, such as "in thousands"',
    "金额单位的文字，如 万元、千元",
  ),
  periods: described(
    z.array(verbatim(z.string().min(1).max(40))).min(1).max(6),
    "headings of the amount columns, left to right",
    "金额各列的标题，从左到右",
  ),
};

/** What the model writes: amounts as they are printed. */
export const balanceSheetAnswerSchema = z.strictObject({
  ...head,
  items: described(
    z
      .array(
        z.strictObject({
          label,
          section: sectionOfItem,
          values: described(
            z.array(printedAmount().nullable()).max(6),
            "the row's amounts exactly as printed, one per period",
            "该行各期金额，照抄原文",
          ),
        }),
      )
      .max(60),
    "one item per row that has amounts",
    "每个有金额的行一项",
  ),
});

/** A balance sheet with its amounts as numbers in whole units of the currency. */
export const balanceSheetSchema = z.strictObject({
  ...head,
  /** What printed amounts were multiplied by: 1000 where the sheet says "in thousands". */
  scale: derived(z.number()),
  items: z
    .array(
      z.strictObject({
        label,
        section: sectionOfItem,
        /** One per period, in their order; null where the sheet prints none. */
        values: z.array(z.number().nullable()),
      }),
    )
    .max(60),
});

export type BalanceSheetAnswer = z.output<typeof balanceSheetAnswerSchema>;
export type BalanceSheet = z.output<typeof balanceSheetSchema>;
