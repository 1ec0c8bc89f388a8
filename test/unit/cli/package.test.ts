// The package as others get it: packed, unpacked elsewhere, imported by name, its command run.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { root, runNode } from "../../fixtures/run-node.js";

const run = promisify(execFile);
let folder = "";
let tarball = "";
/** A project of someone else's that has the package installed. */
let project = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "distillate-package-"));
  // `npm test` has built already.
  const { stdout } = await run("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], { cwd: root });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  tarball = join(folder, filename);
  project = join(folder, "project");
  await mkdir(join(project, "node_modules"), { recursive: true });
  await run("tar", ["-xzf", tarball, "-C", folder]);
  // Installing would need the registry: the dependencies are those of this checkout.
  await symlink(join(root, "node_modules"), join(folder, "package", "node_modules"), "junction");
  await symlink(join(folder, "package"), join(project, "node_modules", "distillate"), "junction");
});
afterAll(() => rm(folder, { recursive: true }));

async function packedFiles(): Promise<string[]> {
  const { stdout } = await run("tar", ["-tzf", tarball]);
  return stdout.trim().split("\n").map((path) => path.replace(/^package\//, ""));
}

it("carries code, types, sources and templates, and nothing of tests, examples or tools", async () => {
  const files = await packedFiles();
  for (const file of ["package.json", "LICENSE", "dist/src/index.js", "dist/src/index.d.ts", "dist/schemas/index.js", "dist/engine/index.js", "dist/src/cli/main.js", "src/index.ts"]) {
    expect(files).toContain(file);
  }
  expect(files.filter((file) => file.startsWith("templates/") && file.endsWith(".jinja")).length).toBeGreaterThan(5);
  expect(files.filter((file) => /^(test|examples|dist\/examples|dist\/test|node_modules)\/|tsbuildinfo|vitest|oxlint/.test(file))).toEqual([]);
});

it("is imported by name from another project, with its subpaths, and reads its templates there", async () => {
  await writeFile(
    join(project, "use.mjs"),
    `import { createScriptedModel, DistillateError, parseInvoice } from "distillate";
     import { invoiceSchema } from "distillate/schemas";
     import * as engine from "distillate/engine";
     const model = createScriptedModel([]);
     const { text } = await parseInvoice.prompt("Invoice 7, total 12 EUR", { model });
     const bad = await parseInvoice.safe("", { model });
     console.log(JSON.stringify({ prompt: text.includes("Invoice 7"), code: bad.error.code, own: DistillateError.isInstance(bad.error), schema: typeof invoiceSchema.parse, engine: typeof engine.pullModel }));`,
  );
  const { stdout, stderr } = await runNode(["use.mjs"], { cwd: project });
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({ prompt: true, code: "INPUT_EMPTY", own: true, schema: "function", engine: "function" });
});

it("does not open what it does not export", async () => {
  await writeFile(join(project, "inner.mjs"), 'import "distillate/dist/src/extract.js";');
  const { exitCode, stderr } = await runNode(["inner.mjs"], { cwd: project });
  expect(exitCode).toBe(1);
  expect(stderr).toContain("ERR_PACKAGE_PATH_NOT_EXPORTED");
});

it("brings its command", async () => {
  const manifest = JSON.parse(await readFile(join(folder, "package", "package.json"), "utf8")) as { version: string; bin: { distillate: string } };
  const command = join(folder, "package", manifest.bin.distillate);
  expect((await readFile(command, "utf8")).startsWith("#!/usr/bin/env node\n")).toBe(true);
  const help = await runNode([command, "--help"], { cwd: project });
  expect(help.exitCode).toBe(0);
  expect(help.stdout).toContain("Usage: distillate");
  expect((await runNode([command, "--version"], { cwd: project })).stdout.trim()).toBe(manifest.version);
});

it.each([
  ["publint", ["--strict"]],
  ["@arethetypeswrong/cli", ["--profile", "esm-only"]],
])("is found clean by %s", async (tool, args) => {
  const home = join(root, "node_modules", tool);
  const { bin } = JSON.parse(await readFile(join(home, "package.json"), "utf8")) as { bin: string | Record<string, string> };
  const script = join(home, typeof bin === "string" ? bin : Object.values(bin)[0]);
  const { exitCode, stdout, stderr } = await runNode([script, tarball, ...args]);
  expect(exitCode, stdout + stderr).toBe(0);
});
