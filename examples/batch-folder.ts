// Runs a task over files, folders and patterns, one line of JSON per record, and reports what failed.
//   node dist/examples/batch-folder.js examples/documents/invoice.xml > invoices.jsonl
import { closeModels, formatJsonLine, listSources, parseInvoice, runBatch } from "distillate";

const paths = process.argv.length > 2 ? process.argv.slice(2) : ["examples/documents/*.xml"];
const sources = await listSources(paths);
const items = sources.map((source) => ({ source, record: { path: source } }));

// Records come as they finish. One that fails is a record with its error, and the others go on.
const failures: string[] = [];
for await (const record of runBatch(parseInvoice, items)) {
  console.log(formatJsonLine(record));
  if (!record.ok) failures.push(`${record.source}: [${record.error.code}] ${record.error.message}`);
}

console.error(`${sources.length - failures.length} read, ${failures.length} failed`);
for (const failure of failures) console.error(failure);
process.exitCode = failures.length > 0 ? 1 : 0;
await closeModels();
