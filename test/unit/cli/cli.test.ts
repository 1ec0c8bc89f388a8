// The command line as a process: what goes to which stream, and how it ends.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeTinyModel } from "../../fixtures/engine/tiny-model.js";
import { cliPath, runCli } from "../../fixtures/run-node.js";

const task = fileURLToPath(new URL("../../fixtures/scripted-task.mjs", import.meta.url));
let folder = "";
let records = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "distillate-cli-"));
  records = join(folder, "records");
  await mkdir(records);
  await writeFile(join(records, "a.txt"), "Title: Alpha\u2028and more");
  await writeFile(join(records, "b.json"), '{"Title": broken');
  await writeFile(join(records, "c.txt"), "");
  await writeFile(join(records, "d.md"), "# Title: Delta");
});
afterAll(() => rm(folder, { recursive: true }));

interface Line {
  source: string;
  ok: boolean;
  data?: { title: string | null };
  fields?: { title: { status: string; spans: { start: number; end: number; text: string }[] } };
  usage?: { cachedTokens: number };
  error?: { code: string; message: string };
  ms: number;
}

function linesOf(text: string): Line[] {
  return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as Line);
}

it("writes one line of JSON per record to the standard output, failures included, and goes on", async () => {
  const { exitCode, stdout, stderr } = await runCli(["run", task, records]);
  // Several records are in work at once, and the quickest comes first.
  const lines = linesOf(stdout).toSorted((a, b) => a.source.localeCompare(b.source));
  expect(lines.map(({ source, ok }) => [source.slice(records.length + 1), ok])).toEqual([
    ["a.txt", true],
    ["b.json", false],
    ["c.txt", false],
    ["d.md", true],
  ]);
  expect(lines[0]).toMatchObject({ data: { title: "Alpha" }, warnings: [], usage: { requests: 1 }, ms: expect.any(Number) as number });
  const [span] = lines[0].fields?.title.spans ?? [];
  expect((await readFile(join(records, "a.txt"), "utf8")).slice(span.start, span.end)).toBe("Alpha");
  expect(lines[2].error?.code).toMatch(/^[A-Z_]+$/);
  expect(lines[2].error?.message).not.toBe("");
  expect(exitCode).toBe(1);
  expect(stderr).toContain("4/4 ");
  expect(stderr).toMatch(/4 records, \d failed/);
});

it("ends with 0 and says nothing where all is well and quiet is asked for", async () => {
  const run = await runCli(["run", task, join(records, "*.{txt,md}"), "--quiet"]);
  expect(run.exitCode).toBe(1);
  const well = await runCli(["run", task, join(records, "a.txt"), join(records, "d.md"), "--quiet"]);
  expect(well).toMatchObject({ exitCode: 0, stderr: "" });
  expect(linesOf(well.stdout)).toHaveLength(2);
});

it("draws as many samples as the vote takes, and asks field by field", async () => {
  const { stdout } = await runCli(["run", task, join(records, "a.txt"), "--quiet", "--samples", "auto", "--strategy", "fields"]);
  expect(linesOf(stdout)).toMatchObject([{ ok: true, data: { title: "Alpha" }, usage: { requests: 6 } }]);
});

it("writes to a file, in the place of what it held", async () => {
  const out = join(folder, "out.jsonl");
  await writeFile(out, "old\n".repeat(100));
  const { exitCode, stdout } = await runCli(["run", task, join(records, "a.txt"), "--out", out]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: "" });
  expect(linesOf(await readFile(out, "utf8"))).toHaveLength(1);
});

it("never empties a record to write over it", async () => {
  const record = join(folder, "kept.txt");
  await writeFile(record, "Title: Kept");
  const run = await runCli(["run", task, record, "--out", join(folder, "records", "..", "kept.txt")]);
  expect(run).toMatchObject({ exitCode: 2, stdout: "" });
  expect(run.stderr).toContain("is among the records");
  expect(await readFile(record, "utf8")).toBe("Title: Kept");
});

it.runIf(existsSync("/dev/full"))("says so where what it writes to is full", async () => {
  const { exitCode, stderr } = await runCli(["run", task, join(records, "a.txt"), "--quiet", "--out", "/dev/full"]);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^\/dev\/full cannot be written: ENOSPC[^\n]*\n$/);
});

it("ends at the first record where the model cannot be run", async () => {
  const model = join(folder, "broken.gguf");
  await writeFile(model, "no model");
  const { exitCode, stdout, stderr } = await runCli(["run", "parseInvoice", join(records, "a.txt"), join(records, "d.md"), "--model", model]);
  expect(exitCode).toBe(1);
  expect(linesOf(stdout)).toMatchObject([{ ok: false, error: { code: "CHECKPOINT_INVALID" } }]);
  expect(stderr).toContain("1 not done");
  expect(stderr).toMatch(/is not a GGUF file.*\n$/);
});

it("hands the engine's options to the model that it loads", async () => {
  const file = await writeTinyModel(folder, { seed: 1 });
  const { exitCode, stdout } = await runCli(["run", "parseInvoice", join(records, "a.txt"), "--model", file, "--max-memory", "1kB", "--attention", "sparse", "--keep", "0.5", "--kv-cache", "int8"], {
    env: { DISTILLATE_HOME: join(folder, "home") },
  });
  expect(linesOf(stdout)).toMatchObject([{ ok: false, error: { message: expect.stringMatching(/maxMemoryBytes/) as string } }]);
  expect(exitCode).toBe(1);
});

it("keeps what a task's prompts begin with, for the runs that follow", async () => {
  const model = await writeTinyModel(folder, { seed: 2, contextLength: 4096 });
  const titleTask = task.replace("scripted-task", "title-task");
  const env = { DISTILLATE_HOME: join(folder, "warm-home") };
  const cachedTokens = async (): Promise<number | undefined> => {
    const { stdout } = await runCli(["run", titleTask, join(records, "a.txt"), "--model", model, "--quiet"], { env });
    return linesOf(stdout)[0].usage?.cachedTokens;
  };
  expect(await cachedTokens()).toBe(0);
  const warm = await runCli(["warm", titleTask, "--model", model], { env });
  expect(warm.exitCode).toBe(0);
  expect((await stat(warm.stdout.trim())).isFile()).toBe(true);
  const [, tokenCount] = /kept the (\d+) tokens that all prompts of readTitle \(record, en\)/.exec(warm.stderr) ?? [];
  expect(Number(tokenCount)).toBeGreaterThan(100);
  expect(await cachedTokens()).toBe(Number(tokenCount));
  const refused = await runCli(["warm", titleTask, "--model", model, "--language", "zh"], { env: { DISTILLATE_HOME: join(records, "a.txt") } });
  expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
});

it("reads the standard input as one document, and writes tables", async () => {
  const { exitCode, stdout } = await runCli(["run", task, "-", "--table"], { input: "Title: Gamma" });
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/title +Gamma +verbatim/);
});

it.each([
  ["an unknown task", ["run", "parseInvoise", "."], /Did you mean parseInvoice\?.*extractContractClauses/],
  ["a task file that is not there", ["run", "./none.js", "."], /no file \.\/none\.js/],
  ["a module without a task", ["run", cliPath.replace("main.js", "units.js"), "."], /is no task/],
  ["a path that is not there", ["run", "parseInvoice", "none.txt"], /none\.txt/],
  ["a pattern without a match", ["run", "parseInvoice", "none/*.pdf"], /matches no file/],
  ["no path", ["run", "parseInvoice"], /missing required argument/],
  ["an unknown option", ["run", "parseInvoice", ".", "--nope"], /unknown option/],
  ["an unknown language", ["run", "parseInvoice", ".", "--language", "fr"], /en, zh/],
  ["samples that are neither", ["run", "parseInvoice", ".", "--samples", "many"], /whole number/],
  ["a strategy of its own", ["run", "parseInvoice", ".", "--strategy", "clauses"], /record, fields/],
  ["a share beyond the whole", ["run", "parseInvoice", ".", "--keep", "1.5"], /above 0, up to 1/],
  ["a size without a unit", ["run", "parseInvoice", ".", "--max-memory", "3"], /such as 3GB/],
  ["a device that is none", ["run", "parseInvoice", ".", "--device", "tpu"], /cpu, cuda, webgpu, auto/],
  ["an attention that is none", ["run", "parseInvoice", ".", "--attention", "local"], /dense, sparse, auto/],
  ["a cache that is none", ["run", "parseInvoice", ".", "--kv-cache", "int4"], /exact, int8/],
  ["a count that is none", ["run", "parseInvoice", ".", "--samples", "0"], /whole number/],
  ["an unknown model", ["run", "parseInvoice", "package.json", "--model", "qwen"], /no model "qwen".*Did you mean/],
  ["a model file that is not there", ["run", "parseInvoice", "package.json", "--model", "./none.gguf"], /no model file \.\/none\.gguf/],
  ["an output that cannot be written", ["run", "parseInvoice", "package.json", "--out", "/none/out.jsonl"], /cannot be written/],
  ["a model to warm that is not there", ["warm", "parseInvoice", "--model", "./none.gguf"], /no model file \.\/none\.gguf/],
  ["a task to warm that is not there", ["warm", "parseInvoise"], /Did you mean parseInvoice/],
  ["an unknown command", ["walk"], /unknown command/],
  ["a model to remove that no one knows", ["models", "remove", "qwen"], /no model "qwen"/],
])("calls %s wrong usage, on the standard error alone", async (_, args, message) => {
  const run = await runCli(args, { env: { DISTILLATE_HOME: folder, DISTILLATE_MODEL: "" } });
  expect(run).toMatchObject({ exitCode: 2, stdout: "" });
  expect(run.stderr).toMatch(message);
});

it("shows its version, its help with examples, and the ready tasks", async () => {
  const version = await runCli(["--version"]);
  expect(version).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string });
  const help = await runCli(["--help"]);
  expect(help.exitCode).toBe(0);
  expect(help.stdout).toContain("distillate run extractContractClauses contracts/");
  const tasks = await runCli(["tasks"]);
  for (const name of ["diagnose", "extractContractClauses", "parseBalanceSheet", "parseInvoice"]) expect(tasks.stdout).toContain(name);
});

it("lists models, and says how to get one that is not here", async () => {
  const env = { DISTILLATE_HOME: join(folder, "home") };
  const list = await runCli(["models", "list"], { env });
  expect(list.exitCode).toBe(0);
  expect(list.stdout).toMatch(/qwen2\.5-coder-1\.5b-instruct \(default\) +1\.12 GB +Apache-2\.0 +not here/);
  const path = await runCli(["models", "path", "smollm2-135m-instruct"], { env });
  expect(path).toMatchObject({ exitCode: 1, stdout: "" });
  expect(path.stderr).toContain("distillate models pull smollm2-135m-instruct");
});

it("tells what works on this machine, and fails where something needed does not", async () => {
  const env = { HF_ENDPOINT: "http://127.0.0.1:1" };
  const well = await runCli(["doctor"], { env: { ...env, DISTILLATE_HOME: join(folder, "home") } });
  expect(well.exitCode).toBe(0);
  for (const title of ["Node.js", "ONNX Runtime", "Devices", "Memory", "Models", "Cache folder", "Model sources"]) {
    expect(well.stdout).toContain(title);
  }
  const broken = await runCli(["doctor"], { env: { ...env, DISTILLATE_HOME: join(records, "a.txt", "x"), DISTILLATE_ORT_LIB: "/none.so" } });
  expect(broken.exitCode).toBe(1);
  expect(broken.stdout).toMatch(/FAIL +ONNX Runtime/);
  expect(broken.stdout).toMatch(/FAIL +Cache folder[\s\S]*-> Set DISTILLATE_HOME/);
  const misnamed = await runCli(["doctor"], { env: { ...env, DISTILLATE_HOME: join(folder, "home"), DISTILLATE_MODEL: "no-such-model" } });
  expect(misnamed.exitCode).toBe(1);
  expect(misnamed.stdout).toMatch(/FAIL +Models .*no model no-such-model/);
});

it("stops at an interrupt, keeps what is finished, and ends with 130", async () => {
  const out = join(folder, "interrupted.jsonl");
  const run = await runCli(["run", task, join(records, "a.txt"), join(records, "d.md"), "--out", out, "--concurrency", "1"], {
    env: { SCRIPT_DELAY_MS: "1500" },
    signalAt: { text: "1/2 ", signal: "SIGINT" },
  });
  expect(run.exitCode).toBe(130);
  expect(run.stderr).toContain("1 not done");
  expect(linesOf(await readFile(out, "utf8"))).toMatchObject([{ ok: true, data: { title: "Alpha" } }]);
});

it("ends quietly where its reader has seen enough", async () => {
  const child = spawn(process.execPath, [cliPath, "run", task, records, "--quiet"], { env: { ...process.env, SCRIPT_DELAY_MS: "200" } });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  await once(child.stdout, "data");
  child.stdout.destroy();
  const [exitCode] = (await once(child, "close")) as [number];
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
});
