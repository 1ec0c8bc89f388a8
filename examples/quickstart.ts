// Reads a contract: the record, and for each value the place in the source that proves it.
//   node dist/examples/quickstart.js [path of a contract]
import { closeModels, extractContractClauses } from "distillate";

const path = process.argv[2] ?? "examples/documents/contract.txt";

// The first call fetches the default model and keeps it; DISTILLATE_MODEL or the option `model` picks another.
const { data, fields, warnings } = await extractContractClauses({ path });

console.log("Parties:", data.parties.join("; "));
console.log("Takes effect:", data.effectiveDate ?? "not stated");
console.log("Governing law:", data.clauses.governingLaw ?? "not stated");

// `fields` has the shape of `data`: each value comes with its status, its confidence and its places in the source.
const { status, confidence, spans } = fields.clauses.governingLaw;
for (const { start, end, text } of spans) console.log(`Evidence at ${start}-${end}: ${JSON.stringify(text)}`);
console.log(`Status: ${status}, confidence: ${confidence?.toFixed(2) ?? "unknown"}`);

for (const { code, message } of warnings) console.log(`Warning ${code}: ${message}`);

// Frees the model's memory, so that the process can end.
await closeModels();
