// The main job: a contract, a balance sheet, a patient record and an invoice, read by a model inside this process.
//   npm run demo
import { SingleBar } from "cli-progress";
import {
  closeModels,
  diagnose,
  extractContractClauses,
  formatExtraction,
  parseBalanceSheet,
  parseInvoice,
  readDocument,
  type Task,
  type TaskProgress,
} from "distillate";

const stages = { download: "fetching the model", convert: "preparing its weights", load: "loading it" };

/** A bar on a terminal, a line per stage elsewhere: the first run fetches the model and prepares its weights. */
function createModelProgress(): { report: (progress: TaskProgress) => void; stop: () => void } {
  const bar = new SingleBar({ format: "{title} [{bar}] {done} of {all} MB, {speed} MB/s, {eta_formatted} left", barsize: 20, linewrap: false });
  let stage: keyof typeof stages | undefined;
  let start = { bytes: 0, ms: 0 };
  return {
    report(progress) {
      if (progress.type !== "model-progress") return bar.stop();
      const { doneBytes, totalBytes = 0 } = progress;
      if (progress.stage !== stage) {
        bar.stop();
        stage = progress.stage;
        start = { bytes: doneBytes, ms: performance.now() };
        if (process.stderr.isTTY) bar.start(totalBytes, doneBytes, { title: stages[stage], done: 0, all: 0, speed: "-" });
        else console.error(stages[stage]);
      }
      const speed = (doneBytes - start.bytes) / 1e6 / Math.max(0.001, (performance.now() - start.ms) / 1000);
      bar.setTotal(totalBytes);
      bar.update(doneBytes, { done: megabytes(doneBytes), all: megabytes(totalBytes), speed: speed.toFixed(1) });
    },
    stop: () => bar.stop(),
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

const progress = createModelProgress();
const width = Math.min(process.stdout.columns || 100, 100);
const startMs = performance.now();
let tokens = 0;

async function show<Input, Output>(title: string, path: string, task: Task<Input, Output>): Promise<void> {
  const jobStartMs = performance.now();
  const extraction = await task({ path }, { onProgress: progress.report });
  progress.stop();
  const { source } = await readDocument({ path });
  const { promptTokens, cachedTokens, thinkingTokens, outputTokens } = extraction.usage;
  tokens += promptTokens + thinkingTokens + outputTokens;
  console.log(`\n${title}: ${path}`);
  console.log(formatExtraction(extraction, { width, source }));
  const read = `${promptTokens} tokens read, ${cachedTokens} of them known already, ${thinkingTokens + outputTokens} written`;
  console.log(`${((performance.now() - jobStartMs) / 1000).toFixed(1)} s; ${read}`);
}

await show("Contract", "examples/documents/contract.txt", extractContractClauses);
await show("Balance sheet", "examples/documents/balance-sheet.md", parseBalanceSheet);
await show("Patient record", "examples/documents/patient.json", diagnose);
await show("Invoice", "examples/documents/invoice.xml", parseInvoice);
console.log(`\n4 records, ${((performance.now() - startMs) / 1000).toFixed(1)} s, ${tokens} tokens`);
await closeModels();
