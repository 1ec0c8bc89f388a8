// `distillate tasks`: the ready tasks, by name. load-task.ts finds one of them or a module's.
import { readyTasks } from "./load-task.js";

export async function listTasksCommand(): Promise<void> {
  const tasks = await readyTasks();
  const width = Math.max(...tasks.map(({ taskName }) => taskName.length));
  for (const { taskName, description } of tasks) process.stdout.write(`${taskName.padEnd(width)}  ${description}\n`);
}
