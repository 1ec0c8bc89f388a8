// Finds the task a user names: a ready one, or the default export of a module.
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Task } from "../index.js";
import { usageError } from "./cli-error.js";

type AnyTask = Task<unknown, unknown>;

/** The tasks among the package's exports. */
export async function readyTasks(): Promise<AnyTask[]> {
  return Object.values<unknown>(await import("../index.js")).filter(isTask);
}

/** Throws a CliError where there is no such task. */
export async function loadTask(name: string): Promise<AnyTask> {
  const tasks = await readyTasks();
  const ready = tasks.find((task) => task.taskName === name);
  if (ready) return ready;
  const path = resolve(name);
  if ((await stat(path).catch(() => undefined))?.isFile()) return loadModule(path);
  const names = tasks.map((task) => task.taskName);
  throw usageError(
    looksLikePath(name)
      ? `There is no file ${name}.`
      : `There is no task ${JSON.stringify(name)}. Did you mean ${nearest(name, names)}? The ready tasks are ${names.join(", ")}; a path such as ./my-task.js works too.`,
  );
}

async function loadModule(path: string): Promise<AnyTask> {
  let module: { default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { default?: unknown };
  } catch (error) {
    throw usageError(`${path} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (isTask(module.default)) return module.default;
  throw usageError(`The default export of ${path} is no task. Write: export default defineTask({ ... })`);
}

function isTask(value: unknown): value is AnyTask {
  return typeof value === "function" && "taskName" in value && "safe" in value;
}

function looksLikePath(name: string): boolean {
  return /[/\\]|\.[cm]?[jt]s$/.test(name);
}

function nearest(name: string, names: readonly string[]): string {
  const distances = names.map((candidate) => editDistance(name.toLowerCase(), candidate.toLowerCase()));
  return names[distances.indexOf(Math.min(...distances))];
}

/** Levenshtein distance, one row of the table at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const above = row;
    row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      row.push(Math.min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
  }
  return row[b.length];
}
