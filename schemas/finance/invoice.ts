// The record `parseInvoice` returns, and the printed form of it that the model writes.
import { z } from "zod";
import { described } from "../general/described.js";
import { key } from "../general/key.js";
import { printedAmount, printedDate } from "../general/printed.js";
import { verbatim } from "../general/verbatim.js";

const head = {
  invoiceNumber: described(verbatim(z.string().max(60), { absent: true }), "number of the invoice", "发票号码"),
};
const parties = {
  seller: described(verbatim(z.string().max(160), { absent: true }), "name of the company that issued the invoice", "销售方名称"),
  buyer: described(verbatim(z.string().max(160), { absent: true }), "name of the customer who has to pay", "购买方名称"),
  currency: described(z.string().max(20).nullable(), "currency code or sign as printed", "货币"),
};
const description = described(key(verbatim(z.string().min(1).max(200))), "name of the item", "货物或服务名称");
const amount = (en: string, zh: string) => described(printedAmount().nullable(), en, zh);

/** What the model writes: amounts and dates as they are printed. */
export const invoiceAnswerSchema = z.strictObject({
  ...head,
  issueDate: described(printedDate().nullable(), "date of the invoice, as printed", "开票日期，照抄原文"),
  dueDate: described(printedDate().nullable(), "date by which to pay, as printed", "付款截止日期，照抄原文"),
  ...parties,
  lines: described(
    z
      .array(
        z.strictObject({
          description,
          quantity: amount("quantity, as printed", "数量，照抄原文"),
          unitPrice: amount("price of one unit, as printed", "单价，照抄原文"),
          lineTotal: amount("amount of the line without tax, as printed", "不含税金额，照抄原文"),
        }),
      )
      .max(40),
    "one item per invoice line",
    "每个明细行一项",
  ),
  taxTotal: amount("total tax, as printed", "税额合计，照抄原文"),
  total: amount("total amount to pay, tax included, as printed", "价税合计，照抄原文"),
});

/** An invoice with numbers and ISO 8601 dates. */
export const invoiceSchema = z.strictObject({
  ...head,
  issueDate: z.iso.date().nullable(),
  dueDate: z.iso.date().nullable(),
  ...parties,
  lines: z.array(
    z.strictObject({
      description,
      quantity: z.number().nullable(),
      unitPrice: z.number().nullable(),
      lineTotal: z.number().nullable(),
    }),
  ),
  taxTotal: z.number().nullable(),
  total: z.number().nullable(),
});

export type InvoiceAnswer = z.output<typeof invoiceAnswerSchema>;
export type Invoice = z.output<typeof invoiceSchema>;
