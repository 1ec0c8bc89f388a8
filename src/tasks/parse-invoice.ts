// Invoices: UBL or CII XML, JSON or text.
import { invoiceAnswerSchema, invoiceSchema, type Invoice, type InvoiceAnswer } from "../../schemas/index.js";
import { templateFile } from "../prompt/template.js";
import type { Warning } from "../result/extraction.js";
import type { NormalizedAnswer } from "../task-definition.js";
import { defineTask } from "../task.js";
import { exampleFile } from "./example-file.js";
import { checkDateOrder } from "./check-date-order.js";
import { createPrintedReader } from "./read-printed.js";

/** Reads an invoice's head, lines and totals. Warns where the printed sums do not add up or the dates are reversed. */
export const parseInvoice = defineTask({
  name: "parseInvoice",
  description: "Reads the number, dates, parties, lines and totals of an invoice (UBL or CII XML, JSON, text).",
  output: invoiceSchema,
  answer: { schema: invoiceAnswerSchema, normalize: normalizeInvoice },
  template: templateFile("finance/invoice"),
  examples: exampleFile("finance/invoice"),
  maxTokens: 2048,
  check: checkInvoice,
});

function normalizeInvoice(answer: InvoiceAnswer): NormalizedAnswer<Invoice> {
  const read = createPrintedReader();
  const data: Invoice = {
    ...answer,
    issueDate: read.date(answer.issueDate, "/issueDate"),
    dueDate: read.date(answer.dueDate, "/dueDate"),
    lines: answer.lines.map((line, index) => ({
      description: line.description,
      quantity: read.number(line.quantity, `/lines/${index}/quantity`),
      unitPrice: read.number(line.unitPrice, `/lines/${index}/unitPrice`),
      lineTotal: read.number(line.lineTotal, `/lines/${index}/lineTotal`),
    })),
    taxTotal: read.number(answer.taxTotal, "/taxTotal"),
    total: read.number(answer.total, "/total"),
  };
  return { data, warnings: read.warnings };
}

/** Half a cent a line: printed amounts are rounded. */
const ROUNDING = 0.005;

function checkInvoice({ issueDate, dueDate, lines, taxTotal, total }: Invoice): Warning[] {
  const warnings = checkDateOrder({ name: "issue date", date: issueDate }, { name: "due date", date: dueDate, path: "/dueDate" });
  for (const [index, { quantity, unitPrice, lineTotal }] of lines.entries()) {
    if (quantity === null || unitPrice === null || lineTotal === null) continue;
    if (!agree(quantity * unitPrice, lineTotal, ROUNDING * Math.max(2, Math.abs(quantity)))) {
      warnings.push(mismatch(`${quantity} x ${unitPrice} is not ${lineTotal}.`, `/lines/${index}/lineTotal`));
    }
  }
  const amounts = lines.map(({ lineTotal }) => lineTotal);
  if (total !== null && amounts.length > 0 && amounts.every((amount) => amount !== null)) {
    const net = amounts.reduce((sum, amount) => sum + amount, 0);
    const tolerance = ROUNDING * (lines.length + 2);
    // Prices may include the tax already.
    if (!agree(net + (taxTotal ?? 0), total, tolerance) && !agree(net, total, tolerance)) {
      warnings.push(mismatch(`The lines (${net.toFixed(2)}) and the tax (${(taxTotal ?? 0).toFixed(2)}) do not add up to ${total}.`, "/total"));
    }
  }
  return warnings;
}

function agree(a: number, b: number, tolerance: number): boolean {
  return Math.abs(a - b) <= tolerance + 1e-9;
}

function mismatch(message: string, path: string): Warning {
  return { code: "SUM_MISMATCH", message, path };
}
