// The ratchet of schema coverage: 1,500 schemas with labelled instances, replayed token by token under a real vocabulary
// by the built engine. No data set may come to pass fewer than the committed baseline says.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import baseline from "../fixtures/schemas/baseline.json" with { type: "json" };
import { runNode } from "../fixtures/run-node.js";

interface Figures {
  /** Data sets that got worse, with the ids that passed before. */
  worse: { set: string; passed: number; before: number; wrongAccepts: number; ids: string[] }[];
  ours: {
    summaries: Record<string, { schemas: number; compiled: number; refused: number; broken: number; wrongAccepts: number }>;
    failures: { id: string; outcome: string; error?: string }[];
  };
}

let figures: Figures;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "distillate-sample-"));
  try {
    const file = join(folder, "figures.json");
    const { exitCode, stderr } = await runNode(["test/bench/schemas.mjs", "--sample", "--no-peer", "--json", file]);
    expect(exitCode, stderr).toBe(0);
    ({ figures } = JSON.parse(await readFile(file, "utf8")) as { figures: Figures });
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("the sample is whole, and every schema is answered", () => {
  const { schemas, compiled, refused, broken } = figures.ours.summaries["all"];
  expect(figures.ours.failures.filter(({ outcome }) => outcome === "broken")).toEqual([]);
  expect({ schemas, broken, answered: compiled + refused }).toEqual({ schemas: 1500, broken: 0, answered: 1500 });
});

test("no instance is let through that its label and Ajv refuse", () => {
  expect(figures.ours.summaries["all"].wrongAccepts).toBe(0);
});

test.each(Object.keys(baseline))("%s passes no fewer than before", (set) => {
  const worse = figures.worse.find((each) => each.set === set);
  expect(worse, `no longer passed: ${worse?.ids.join(", ")}`).toBeUndefined();
});
