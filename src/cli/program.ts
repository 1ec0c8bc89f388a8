// The commands and their options; what each does is in the file of its name.
import { createRequire } from "node:module";
import { Command, InvalidArgumentError, Option } from "commander";
import type { DeviceOption } from "../index.js";
import type { ExitCode } from "./cli-error.js";
import { parseBytes } from "./units.js";
import type { RunCommandOptions } from "./run-command.js";
import type { WarmCommandOptions } from "./tasks-command.js";

export interface ProgramContext {
  signal: AbortSignal;
  leaveWith(exitCode: ExitCode): void;
}

const examples = `
Examples:
  distillate run extractContractClauses contracts/ --out clauses.jsonl
  distillate run parseInvoice "invoices/**/*.xml" --concurrency 8 > invoices.jsonl
  distillate run diagnose patient.json --samples auto --table
  distillate run ./my-task.js notes.md --model ./my-model.gguf
  curl -s https://example.com/contract.txt | distillate run extractContractClauses -
  distillate warm parseInvoice
  distillate models pull qwen2.5-coder-1.5b-instruct
  distillate doctor
  distillate doctor --device webgpu

Exit codes: 0 all well, 1 some records failed, 2 wrong usage, 130 interrupted.`;

export function createProgram(context: ProgramContext): Command {
  const program = new Command("distillate")
    .description("Turns documents into typed, checked, source-grounded records, with the model running on this machine.")
    .version(packageVersion(), "-V, --version")
    .addHelpText("after", examples)
    .exitOverride();
  addRun(program, context);
  program
    .command("tasks")
    .description("list the ready tasks")
    .action(async () => (await import("./tasks-command.js")).listTasksCommand());
  addWarm(program, context);
  addModels(program, context);
  program
    .command("doctor")
    .description("say what works on this machine, and what to do about what does not")
    .addOption(new Option("--device <device>", "instead, hold a device against the CPU, measure it, and print a report to post").choices(["cpu", "cuda", "webgpu", "auto"]))
    .action(async ({ device }: { device?: DeviceOption }) => {
      const { deviceCommand, doctorCommand } = await import("./doctor-command.js");
      context.leaveWith(device ? await deviceCommand(device) : await doctorCommand());
    });
  return program;
}

function kvCacheOption(description: string): Option {
  return new Option("--kv-cache <form>", description).choices(["exact", "int8"]);
}

function addRun(program: Command, { signal, leaveWith }: ProgramContext): void {
  program
    .command("run")
    .description("run a task over files, folders, patterns, or - for the standard input; one line of JSON per record")
    .argument("<task>", "a ready task's name, or the path of a module whose default export is a task")
    .argument("<path...>", "files, folders (searched through), patterns (* ? ** {a,b}), or - for the standard input")
    .option("-o, --out <file>", "write the records there, not to the standard output")
    .option("-m, --model <model>", "catalogue id or path of a GGUF file (default: DISTILLATE_MODEL)")
    .option("-n, --samples <count>", "independent samples to draw and vote over, or auto: as many as the vote takes, at most 10", parseSamples)
    .addOption(new Option("--strategy <strategy>", "one question for the record, or one for each field (default: the task's)").choices(["record", "fields"]))
    .addOption(new Option("-l, --language <language>", "language of the prompt (default: the document's)").choices(["en", "zh"]))
    .option("-c, --concurrency <count>", "records in work at once (default: what suits the model)", parseCount)
    .addOption(new Option("--device <device>", "where the model computes (default: cpu)").choices(["cpu", "cuda", "webgpu", "auto"]))
    .addOption(new Option("--attention <attention>", "what passes over long texts read (default: auto, sparse from 4,096 tokens on)").choices(["dense", "sparse", "auto"]))
    .option("--keep <share>", "share of the text that sparse passes read, above 0 up to 1 (default: 0.25)", parseShare)
    .addOption(kvCacheOption("how keys and values are kept: as computed, or rounded, in a quarter of the memory (default: exact)"))
    .option("--max-memory <size>", "memory for the model with its keys and values, such as 3GB", parseSize)
    .option("-t, --table", "write tables for people, not JSON")
    .option("-q, --quiet", "no progress")
    .action(async (task: string, paths: string[], options: RunCommandOptions) => {
      leaveWith(await (await import("./run-command.js")).runCommand(task, paths, options, signal));
    });
}

function addWarm(program: Command, { signal }: ProgramContext): void {
  program
    .command("warm")
    .description("compute what all prompts of a task begin with and keep it: later runs of the model read it")
    .argument("<task>", "a ready task's name, or the path of a module whose default export is a task")
    .option("-m, --model <model>", "catalogue id or path of a GGUF file (default: DISTILLATE_MODEL)")
    .addOption(new Option("--strategy <strategy>", "as the runs will have it (default: the task's)").choices(["record", "fields"]))
    .addOption(new Option("-l, --language <language>", "language of the prompt (default: en)").choices(["en", "zh"]))
    .addOption(kvCacheOption("as the runs will have it (default: exact)"))
    .action(async (task: string, options: WarmCommandOptions) => (await import("./tasks-command.js")).warmCommand(task, options, signal));
}

function addModels(program: Command, { signal }: ProgramContext): void {
  const models = program.command("models").description("list, fetch, locate and remove models");
  models
    .command("list")
    .description("list the catalogue, with what is on this machine")
    .action(async () => (await import("./models-command.js")).listModelsCommand());
  models
    .command("pull <id>")
    .description("fetch a model; an interrupted pull resumes")
    .action(async (id: string) => (await import("./models-command.js")).pullModelCommand(id, signal));
  models
    .command("path <id>")
    .description("print the path of a model's file")
    .action(async (id: string) => (await import("./models-command.js")).modelPathCommand(id));
  models
    .command("remove <id>")
    .description("remove a model's file and what is kept for it")
    .action(async (id: string) => (await import("./models-command.js")).removeModelCommand(id));
}

function parseSamples(text: string): number | "auto" {
  return text === "auto" ? text : parseCount(text);
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError("It is a whole number from 1.");
  return count;
}

function parseShare(text: string): number {
  const share = Number(text);
  if (!(share > 0 && share <= 1)) throw new InvalidArgumentError("It is a number above 0, up to 1.");
  return share;
}

function parseSize(text: string): number {
  const bytes = parseBytes(text);
  if (bytes === undefined) throw new InvalidArgumentError("It is a size such as 3GB or 800MB.");
  return bytes;
}

function packageVersion(): string {
  const manifest = createRequire(import.meta.url)("distillate/package.json") as { version: string };
  return manifest.version;
}
