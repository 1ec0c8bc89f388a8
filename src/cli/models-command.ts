// `distillate models list | pull | path | remove`.
import { CliError } from "./cli-error.js";
import { createByteProgress, type ByteProgress } from "./byte-progress.js";
import { formatBytes } from "./units.js";

export async function listModelsCommand(): Promise<void> {
  const { defaultModelId, listModels } = await import("../index.js");
  for (const { id, licence, sizeBytes, path, prefixBytes } of await listModels()) {
    const size = sizeBytes === undefined ? "size unknown" : formatBytes(sizeBytes);
    const kept = prefixBytes > 0 ? `, and ${formatBytes(prefixBytes)} of prefixes` : "";
    const name = id === defaultModelId ? `${id} (default)` : id;
    process.stdout.write(`${name.padEnd(38)} ${size.padStart(12)}  ${licence.padEnd(10)}  ${path ?? "not here"}${kept}\n`);
  }
}

export async function pullModelCommand(id: string, signal: AbortSignal): Promise<void> {
  const { pullModel } = await import("../index.js");
  let progress: ByteProgress | undefined;
  let source: string | undefined;
  try {
    const path = await pullModel(id, {
      signal,
      onProgress: (report) => {
        if (report.source !== source) {
          progress?.stop();
          process.stderr.write(`from ${(source = report.source)}\n`);
          progress = createByteProgress(id, process.stderr.isTTY);
        }
        progress?.update(report.doneBytes, report.totalBytes);
      },
    });
    progress?.stop();
    process.stdout.write(`${path}\n`);
  } finally {
    progress?.stop();
  }
}

export async function modelPathCommand(id: string): Promise<void> {
  const { modelPath } = await import("../index.js");
  const path = await modelPath(id);
  if (path === undefined) throw new CliError(`${id} is not on this machine. Fetch it: distillate models pull ${id}`, 1);
  process.stdout.write(`${path}\n`);
}

export async function removeModelCommand(id: string): Promise<void> {
  const { modelPath, removeModel } = await import("../index.js");
  const path = await modelPath(id);
  await removeModel(id);
  process.stderr.write(path === undefined ? `${id} was not here.\n` : `Removed ${path}\n`);
}
