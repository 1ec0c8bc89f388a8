// A step of a data pipeline: an async iterator of records in, JSON lines and a CSV file out.
//   node dist/examples/etl-stream.js [folder for the results]
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import Papa from "papaparse";
import { closeModels, formatJsonLine, parseInvoice, runBatch, type BatchItem, type BatchRecord } from "distillate";
import type { Invoice } from "distillate/schemas";

/** Stands for a database cursor or a queue: nothing is drawn before there is room for it. */
async function* readMessages(): AsyncGenerator<BatchItem<object>> {
  yield {
    source: "message-1",
    record: "Invoice 2024-117 of 3 June 2024, Lindner GmbH to Acme Ltd.\n2 pumps at 450.00 EUR: 900.00 EUR\nVAT 19 %: 171.00 EUR\nTotal: 1,071.00 EUR",
  };
  // Data works as text does.
  yield {
    source: "message-2",
    record: { number: "A-9", date: "2024-06-05", seller: "Orchard Foods", buyer: "Acme Ltd", lines: [{ item: "apples", quantity: 10, price: 1.5 }], total: 15, currency: "GBP" },
  };
  // Nothing to read: this one fails, and the others go on.
  yield { source: "message-3", record: "" };
}

/** What a spreadsheet needs of a record. */
function toRow(record: BatchRecord<Invoice>): Record<string, unknown> {
  if (!record.ok) return { source: record.source, error: record.error.code };
  const { data, fields } = record.value;
  const { total, currency, issueDate } = data;
  return { source: record.source, issueDate, total, currency, confidence: fields.total.confidence?.toFixed(2) };
}

const folder = process.argv[2] ?? "etl-results";
const columns = ["source", "issueDate", "total", "currency", "confidence", "error"];
await mkdir(folder, { recursive: true });
const lines = createWriteStream(join(folder, "invoices.jsonl"));
const table = createWriteStream(join(folder, "invoices.csv"));
table.write(`${columns.join(",")}\n`);

for await (const record of runBatch(parseInvoice, readMessages())) {
  lines.write(`${formatJsonLine(record)}\n`);
  table.write(`${Papa.unparse([toRow(record)], { columns, header: false })}\n`);
  console.log(`${record.source}: ${record.ok ? "read" : record.error.message}`);
}

await Promise.all([lines, table].map((stream) => finished(stream.end())));
console.log(`Results: ${folder}`);
await closeModels();
