// `distillate tasks` and `distillate warm`: the ready tasks by name, and what is kept of one. load-task.ts finds it.
import type { EngineOptions, Language } from "../index.js";
import { createModelProgress } from "./byte-progress.js";
import { loadTask, readyTasks } from "./load-task.js";
import { checkModel } from "./run-command.js";
import { formatBytes } from "./units.js";

export interface WarmCommandOptions {
  model?: string;
  strategy?: "record" | "fields";
  language?: Language;
  kvCache?: EngineOptions["kvCache"];
}

export async function listTasksCommand(): Promise<void> {
  const tasks = await readyTasks();
  const width = Math.max(...tasks.map(({ taskName }) => taskName.length));
  for (const { taskName, description } of tasks) process.stdout.write(`${taskName.padEnd(width)}  ${description}\n`);
}

/** Prints the path of the file that keeps it. */
export async function warmCommand(taskName: string, { model, strategy, language, kvCache }: WarmCommandOptions, signal: AbortSignal): Promise<void> {
  const task = await loadTask(taskName);
  await checkModel(model);
  const progress = createModelProgress(process.stderr.isTTY);
  try {
    const { name, tokenCount, sizeBytes, path } = await task.warm({
      ...(model && { model }),
      ...(strategy && { strategy }),
      ...(language && { language }),
      ...(kvCache && { engine: { kvCache } }),
      signal,
      onProgress: (report) => report.type === "model-progress" && progress.update(report),
    });
    progress.stop();
    process.stderr.write(`kept the ${tokenCount} tokens that all prompts of ${name} begin with, ${formatBytes(sizeBytes)}\n`);
    process.stdout.write(`${path}\n`);
  } finally {
    progress.stop();
  }
}
