// `distillate run`: sources in, one line of JSON (or a table) per record out, as they finish.
import { once } from "node:events";
import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import type { Writable } from "node:stream";
import type { BatchItem, BatchRecord, Language } from "../index.js";
import { usageError, type ExitCode } from "./cli-error.js";
import { loadTask } from "./load-task.js";
import { createRunProgress, noRunProgress } from "./run-progress.js";
import { formatDuration } from "./units.js";

export interface RunCommandOptions {
  out?: string;
  model?: string;
  samples?: number;
  language?: Language;
  concurrency?: number;
  table?: boolean;
  quiet?: boolean;
}

type Format = (record: BatchRecord<unknown>) => string | Promise<string>;

export async function runCommand(
  taskName: string,
  paths: readonly string[],
  options: RunCommandOptions,
  signal: AbortSignal,
): Promise<ExitCode> {
  const { listSources, runBatch } = await import("../index.js");
  const task = await loadTask(taskName);
  const sources = await listSources(paths);
  await checkModel(options.model);
  const output = await openOutput(options.out);
  const format = await chooseFormat(options);
  const { samples, language, concurrency, model } = options;
  const progress = options.quiet ? noRunProgress : createRunProgress(sources.length, drawsBars(options));
  const chosen = { ...(samples && { samples }), ...(language && { language }), ...(concurrency && { concurrency }), ...(model && { model }) };
  const startMs = performance.now();
  const counts = { done: 0, failed: 0 };
  try {
    for await (const record of runBatch(task, readItems(sources), { ...chosen, signal, onProgress: (report) => progress.update(report) })) {
      counts.done += 1;
      if (!record.ok) counts.failed += 1;
      if (!output.write(`${await format(record)}\n`)) await once(output, "drain");
    }
  } finally {
    progress.stop();
    await closeOutput(output);
    if (!options.quiet) summarize(counts, sources.length, (performance.now() - startMs) / 1000);
  }
  return counts.failed > 0 ? 1 : 0;
}

/** Says before the first record that there is no such model. */
async function checkModel(model = process.env["DISTILLATE_MODEL"]): Promise<void> {
  const { modelPath } = await import("../index.js");
  if (!model || existsSync(model)) return;
  await modelPath(model);
}

async function* readItems(sources: readonly string[]): AsyncGenerator<BatchItem<unknown>> {
  for (const source of sources) {
    yield { source, record: source === "-" ? await buffer(process.stdin) : { path: source } };
  }
}

async function openOutput(path: string | undefined): Promise<Writable> {
  if (path === undefined) return process.stdout;
  try {
    return (await open(path, "w")).createWriteStream();
  } catch (error) {
    throw usageError(`${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function closeOutput(output: Writable): Promise<void> {
  if (output === process.stdout) return;
  output.end();
  await once(output, "finish");
}

async function chooseFormat({ table }: RunCommandOptions): Promise<Format> {
  const { formatExtraction, formatJsonLine, readDocument } = await import("../index.js");
  if (!table) return formatJsonLine;
  const width = process.stdout.columns ?? 100;
  return async ({ source: path, ...record }) => {
    if (!record.ok) return `${path}\nfailed: ${record.error.message}\n`;
    // For line numbers; the standard input cannot be read twice.
    const document = path === "-" ? undefined : await readDocument({ path });
    return `${path}\n${formatExtraction(record.value, { width, ...(document && { source: document.source }) })}\n`;
  };
}

/** Bars would be torn by records that go to the same terminal. */
function drawsBars({ out }: RunCommandOptions): boolean {
  return process.stderr.isTTY && (out !== undefined || !process.stdout.isTTY);
}

function summarize({ done, failed }: { done: number; failed: number }, total: number, seconds: number): void {
  const missing = done < total ? `, ${total - done} not done` : "";
  process.stderr.write(`${done} ${done === 1 ? "record" : "records"}, ${failed} failed${missing}, ${formatDuration(seconds)}\n`);
}
