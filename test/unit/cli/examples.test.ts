// The examples as a reader runs them: processes on the built package, the small model, and a local server.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { displayWidth } from "../../../src/result/format/display-width.js";
import { startOpenAiServer } from "../../fixtures/openai-server.js";
import { realModelPath } from "../../fixtures/real-model.js";
import { runNode, type NodeRun } from "../../fixtures/run-node.js";

const timeoutMs = 600_000;
const env = { DISTILLATE_MODEL: "qwen2.5-coder-0.5b-instruct" };
let folder = "";

beforeAll(async () => {
  await realModelPath(env.DISTILLATE_MODEL);
  folder = await mkdtemp(join(tmpdir(), "distillate-examples-"));
}, timeoutMs);
afterAll(() => rm(folder, { recursive: true }));

async function runExample(name: string, args: readonly string[] = []): Promise<NodeRun> {
  const run = await runNode([`dist/examples/${name}.js`, ...args], { env });
  expect(run.exitCode, run.stderr).toBe(0);
  return run;
}

it("quickstart prints the record and evidence that stands in the source where it says", { timeout: timeoutMs }, async () => {
  const { stdout } = await runExample("quickstart");
  expect(stdout).toMatch(/^Parties: .+\nTakes effect: .+\nGoverning law: .+\n/);
  expect(stdout).toMatch(/Status: (verbatim|derived|absent|ungrounded), confidence: [01]\.\d\d/);
  const source = await readFile("examples/documents/contract.txt", "utf8");
  for (const [, start, end, text] of stdout.matchAll(/Evidence at (\d+)-(\d+): (.+)/g)) {
    expect(source.slice(Number(start), Number(end))).toBe(JSON.parse(text));
  }
});

it("batch-folder writes a line of JSON per record and nothing else", { timeout: timeoutMs }, async () => {
  const { stdout, stderr } = await runExample("batch-folder");
  const lines = stdout.trim().split("\n").map((line) => JSON.parse(line) as { source: string; ok: boolean; data: { total: unknown } });
  expect(lines).toMatchObject([{ source: join("examples", "documents", "invoice.xml"), ok: true }]);
  expect(stderr).toContain("1 read, 0 failed");
});

it("etl-stream writes JSON lines and a CSV file, the failed record included", { timeout: timeoutMs }, async () => {
  await runExample("etl-stream", [folder]);
  const lines = (await readFile(join(folder, "invoices.jsonl"), "utf8")).trim().split("\n").map((line) => JSON.parse(line) as { source: string });
  // They come as they finish: what cannot be read is told before the others are.
  expect(lines.map(({ source }) => source).toSorted()).toEqual(["message-1", "message-2", "message-3"]);
  expect(lines[0]).toMatchObject({ source: "message-3", ok: false, error: { code: "INPUT_EMPTY" } });
  const rows = (await readFile(join(folder, "invoices.csv"), "utf8")).trim().split("\n");
  expect(rows[0]).toBe("source,issueDate,total,currency,confidence,error");
  expect(rows).toHaveLength(4);
  expect(rows[1]).toMatch(/^message-3,,,,,INPUT_EMPTY\s*$/);
});

it("custom-task prints a typed record and its table", { timeout: timeoutMs }, async () => {
  const { stdout } = await runExample("custom-task");
  expect(stdout).toMatch(/field +value +status +conf\. +where/);
  expect(stdout).toMatch(/^contract +(permanent|temporary|unknown) /m);
});

it("demo reads all four documents and fits a terminal of 100 columns", { timeout: timeoutMs }, async () => {
  const { stdout } = await runExample("demo");
  for (const title of ["Contract", "Balance sheet", "Patient record", "Invoice"]) expect(stdout).toContain(`${title}: examples/documents/`);
  expect(stdout.match(/^field +value/gm)).toHaveLength(4);
  expect(stdout).toMatch(/4 records, [\d.]+ s, \d+ tokens\n$/);
  for (const line of stdout.split("\n")) expect(displayWidth(line)).toBeLessThanOrEqual(100);
});

it("remote-vllm asks the server it is given, and says what it needs where it is given none", async () => {
  const server = await startOpenAiServer();
  try {
    const run = await runNode(["dist/examples/remote-vllm.js"], { env: { VLLM_URL: server.baseUrl, VLLM_MODEL: "served" } });
    expect(run).toMatchObject({ exitCode: 0, stderr: "" });
    expect(run.stdout).toContain(join("examples", "documents", "invoice.xml"));
    expect(run.stdout).toMatch(/field +value/);
    expect(server.requests[0]).toMatchObject({ model: "served", structured_outputs: { json: { type: "object" } } });
  } finally {
    await server.close();
  }
  const bare = await runNode(["dist/examples/remote-vllm.js"], { env: { VLLM_URL: "", VLLM_MODEL: "" } });
  expect(bare).toMatchObject({ exitCode: 2, stdout: "" });
  expect(bare.stderr).toContain("VLLM_URL");
});
