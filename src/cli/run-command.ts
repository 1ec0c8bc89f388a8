// `distillate run`: sources in, one line of JSON (or a table) per record out, as they finish.
import { once } from "node:events";
import { existsSync } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import type { BatchItem, BatchOptions, BatchRecord, EngineOptions, Language } from "../index.js";
import { CliError, usageError, type ExitCode } from "./cli-error.js";
import { loadTask } from "./load-task.js";
import { createRunProgress, noRunProgress } from "./run-progress.js";
import { formatDuration } from "./units.js";

export interface RunCommandOptions {
  out?: string;
  model?: string;
  samples?: number | "auto";
  strategy?: "record" | "fields";
  language?: Language;
  concurrency?: number;
  device?: EngineOptions["device"];
  attention?: EngineOptions["attention"];
  keep?: number;
  kvCache?: EngineOptions["kvCache"];
  maxMemory?: number;
  table?: boolean;
  quiet?: boolean;
}

type Format = (record: BatchRecord<unknown>) => string | Promise<string>;

interface Output {
  /** Resolves when more may be written; rejects where nothing more can. */
  write(text: string): Promise<void>;
  close(): Promise<void>;
}

/** Errors that say nothing about the record: each one after it would fail, and try the same again. */
const modelCodes: ReadonlySet<string> = new Set(["MODEL_DOWNLOAD_FAILED", "NO_DISK_SPACE", "HOME_NOT_WRITABLE", "CHECKPOINT_INVALID", "MODEL_UNSUPPORTED"]);

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
  const output = await openOutput(options.out, sources);
  const format = await chooseFormat(options);
  const progress = options.quiet ? noRunProgress : createRunProgress(sources.length, drawsBars(options));
  const chosen = batchOptions(options);
  const startMs = performance.now();
  const counts = { done: 0, failed: 0 };
  try {
    for await (const record of runBatch(task, readItems(sources), { ...chosen, signal, onProgress: (report) => progress.update(report) })) {
      counts.done += 1;
      if (!record.ok) counts.failed += 1;
      await output.write(`${await format(record)}\n`);
      if (!record.ok && modelCodes.has(record.error.code)) throw new CliError(record.error.message, 1);
    }
  } finally {
    progress.stop();
    await output.close();
    if (!options.quiet) summarize(counts, sources.length, (performance.now() - startMs) / 1000);
  }
  return counts.failed > 0 ? 1 : 0;
}

function batchOptions({ model, samples, strategy, language, concurrency, device, attention, keep, kvCache, maxMemory }: RunCommandOptions): BatchOptions {
  const engine = given({ device, attention, keep, kvCache, maxMemoryBytes: maxMemory });
  return given({ model, samples, strategy, language, concurrency, engine: Object.keys(engine).length > 0 ? engine : undefined });
}

/** The options that were named. */
function given<Options extends object>(options: Options): { [Name in keyof Options]?: NonNullable<Options[Name]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as { [Name in keyof Options]?: NonNullable<Options[Name]> };
}

/** Says at once that there is no such model. */
export async function checkModel(model = process.env["DISTILLATE_MODEL"]): Promise<void> {
  const { modelPath } = await import("../index.js");
  if (!model || existsSync(model)) return;
  if (/[/\\]|\.gguf$/.test(model)) throw usageError(`There is no model file ${model}.`);
  await modelPath(model);
}

async function* readItems(sources: readonly string[]): AsyncGenerator<BatchItem<unknown>> {
  for (const source of sources) {
    yield { source, record: source === "-" ? await buffer(process.stdin) : { path: source } };
  }
}

async function openOutput(path: string | undefined, sources: readonly string[]): Promise<Output> {
  if (path === undefined) return { write: writeToStandardOutput, close: async () => {} };
  const cannot = (error: unknown): string => `${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`;
  await refuseSource(path, sources);
  const file = await open(path, "w").catch((error: unknown) => {
    throw usageError(cannot(error));
  });
  return {
    async write(text) {
      await file.appendFile(text).catch((error: unknown) => {
        throw new CliError(cannot(error), 1);
      });
    },
    close: () => file.close(),
  };
}

async function writeToStandardOutput(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, "drain");
}

/** Opening the output empties it: a record that lies there would be lost. */
async function refuseSource(path: string, sources: readonly string[]): Promise<void> {
  if (!existsSync(path)) return;
  const target = await realpath(path);
  for (const source of sources) {
    if (source === "-" || (await realpath(source)) !== target) continue;
    throw usageError(`${path} is among the records that are read. Name another file as --out.`);
  }
}

async function chooseFormat({ table }: RunCommandOptions): Promise<Format> {
  const { formatExtraction, formatJsonLine, readDocument } = await import("../index.js");
  if (!table) return formatJsonLine;
  const width = process.stdout.columns || 100;
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
