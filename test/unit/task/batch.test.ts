// The batch run and the list of its sources.
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import * as fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { listSources } from "../../../src/batch/list-sources.js";
import { createGlobMatcher } from "../../../src/batch/match-glob.js";
import { runBatch, type BatchItem, type BatchProgress, type BatchRecord } from "../../../src/batch/run-batch.js";
import { SourceNotFoundError } from "../../../src/error/input/source-not-found-error.js";
import { createRemoteModel } from "../../../src/model/remote-model.js";
import { createScriptedModel } from "../../../src/model/scripted-model.js";
import type { Extraction } from "../../../src/result/extraction.js";
import type { SafeResult, Task, TaskOptions } from "../../../src/task-types.js";

type Work = (record: string, options: TaskOptions) => Promise<SafeResult<string>>;

/** A task whose work is given; only `safe` is used by a batch. */
function taskOf(work: Work): Task<string, string> {
  return { safe: work } as unknown as Task<string, string>;
}

const extraction = (data: string): Extraction<string> => ({ data }) as Extraction<string>;
const item = (source: string): BatchItem<string> => ({ source, record: source });
const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const echo: Work = async (record) => ({ ok: true, value: extraction(record) });

async function collect(batch: AsyncIterable<BatchRecord<string>>): Promise<BatchRecord<string>[]> {
  const records: BatchRecord<string>[] = [];
  for await (const record of batch) records.push(record);
  return records;
}

it("gives one record per item, whatever the concurrency and whatever fails", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom("ok", "bad", "bug")), fc.integer({ min: 1, max: 5 }), async (kinds, concurrency) => {
      const task = taskOf(async (record) => {
        await later(record.length % 3);
        if (record.startsWith("bug")) throw new TypeError("x is not a function");
        if (record.startsWith("bad")) return { ok: false, error: new SourceNotFoundError(record, "gone") };
        return { ok: true, value: extraction(record) };
      });
      const records = await collect(runBatch(task, kinds.map((kind, index) => item(`${kind}${index}`)), { concurrency }));
      expect(records.map(({ source }) => source).toSorted()).toEqual(kinds.map((kind, index) => `${kind}${index}`).toSorted());
      for (const record of records) {
        if (record.ok) expect(record.value.data).toBe(record.source);
        else expect(record.error.code).toBe(record.source.startsWith("bug") ? "UNEXPECTED" : "SOURCE_NOT_FOUND");
      }
    }),
    { numRuns: 40 },
  );
});

it("yields records as they finish, and never has more than the given number in work", async () => {
  let inWork = 0;
  let most = 0;
  const gates = new Map<string, () => void>();
  const task = taskOf(async (record) => {
    most = Math.max(most, (inWork += 1));
    await new Promise<void>((resolve) => gates.set(record, resolve));
    inWork -= 1;
    return { ok: true, value: extraction(record) };
  });
  const batch = runBatch(task, ["a", "b", "c"].map(item), { concurrency: 2 });
  const order: string[] = [];
  const first = batch.next();
  while (gates.size < 2) await later(1);
  gates.get("b")?.();
  order.push((await first).value?.source ?? "");
  const second = batch.next();
  while (!gates.has("c")) await later(1);
  gates.get("c")?.();
  order.push((await second).value?.source ?? "");
  gates.get("a")?.();
  order.push((await batch.next()).value?.source ?? "");
  expect(order).toEqual(["b", "c", "a"]);
  expect((await batch.next()).done).toBe(true);
  expect(most).toBe(2);
});

it("draws from the source only as fast as its results are taken, and yields while the source is slow", async () => {
  let drawn = 0;
  async function* source(): AsyncGenerator<BatchItem<string>> {
    for (;;) {
      drawn += 1;
      if (drawn === 3) await later(1e6);
      yield item(String(drawn));
    }
  }
  const batch = runBatch(taskOf(echo), source(), { concurrency: 2 });
  await batch.next();
  await later(10);
  expect(drawn).toBeLessThanOrEqual(2);
  expect((await batch.next()).value?.source).toBe("2");
  await batch.return();
});

it("hands the abort to the records in work, throws its reason, and waits for no source", async () => {
  const controller = new AbortController();
  let stopped = 0;
  const task = taskOf(
    (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => ((stopped += 1), reject(signal.reason as Error)));
      }),
  );
  const reason = new Error("enough");
  const run = collect(runBatch(task, ["a", "b", "c"].map(item), { concurrency: 2, signal: controller.signal }));
  await later(5);
  controller.abort(reason);
  await expect(run).rejects.toBe(reason);
  expect(stopped).toBe(2);
});

it("stops the records in work and closes the source where the reader leaves", async () => {
  let closed = false;
  let aborted = false;
  function* source(): Generator<BatchItem<string>> {
    try {
      yield item("quick");
      yield item("slow");
      yield item("never");
    } finally {
      closed = true;
    }
  }
  const task = taskOf(async (record, { signal }) => {
    if (record === "slow") {
      await new Promise<void>((_, reject) => signal?.addEventListener("abort", () => ((aborted = true), reject(signal.reason as Error))));
    }
    await later(5);
    return { ok: true, value: extraction(record) };
  });
  for await (const record of runBatch(task, source(), { concurrency: 2 })) {
    expect(record.source).toBe("quick");
    break;
  }
  expect({ closed, aborted }).toEqual({ closed: true, aborted: true });
});

function* failingSource(): Generator<BatchItem<string>> {
  yield item("a");
  throw new Error("the disk is gone");
}

it("throws what the source throws, and refuses a concurrency that is no count", async () => {
  await expect(collect(runBatch(taskOf(echo), failingSource()))).rejects.toThrow("the disk is gone");
  for (const concurrency of [0, 1.5, Number.NaN]) {
    await expect(collect(runBatch(taskOf(echo), [], { concurrency }))).rejects.toThrow(RangeError);
  }
});

it("tells when records start and finish, and hands their progress on", async () => {
  const seen: BatchProgress[] = [];
  const task = taskOf(async (record, { onProgress }) => {
    onProgress?.({ type: "text-delta", text: record, step: 1 });
    return { ok: true, value: extraction(record) };
  });
  await collect(runBatch(task, [item("a")], { onProgress: (progress) => seen.push(progress) }));
  expect(seen).toMatchObject([
    { type: "record-start", source: "a" },
    { type: "record-progress", source: "a", progress: { type: "text-delta", text: "a", step: 1 } },
    { type: "record-finish", source: "a", ok: true },
  ]);
});

it.each([
  ["a model that says nothing of it", createScriptedModel([]), 1],
  ["a server", createRemoteModel({ baseUrl: "http://127.0.0.1:1/v1", model: "m" }), 8],
  ["a server with a limit of its own", createRemoteModel({ baseUrl: "http://127.0.0.1:1/v1", model: "m", concurrency: 3 }), 3],
  ["the bundled engine, which is loaded by its first record", "some-id", 4],
  ["the default model", undefined, 4],
])("has as many records in work as suit %s", async (_, model, count) => {
  let inWork = 0;
  let most = 0;
  const task = taskOf(async (record) => {
    most = Math.max(most, (inWork += 1));
    await later(2);
    inWork -= 1;
    return { ok: true, value: extraction(record) };
  });
  const items = Array.from({ length: 12 }, (_item, index) => item(String(index)));
  await collect(runBatch(task, items, model === undefined ? {} : { model }));
  expect(most).toBe(count);
});

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "distillate-sources-"));
  for (const name of ["b.txt", "a.md", "sub/c.json", "sub/deep/d.xml", "sub/e.png", ".hidden/f.txt", ".g.txt", "[1].txt"]) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), "x");
  }
  await symlink(join(folder, "sub"), join(folder, "sub", "loop"));
  await mkdir(join(folder, "empty"));
});
afterAll(() => rm(folder, { recursive: true }));

async function listed(...paths: string[]): Promise<string[]> {
  const sources = await listSources(paths.map((path) => (path === "-" ? path : join(folder, path))));
  return sources.map((source) => (source === "-" ? source : relative(folder, source).split(sep).join("/")));
}

it("walks folders in a fixed order, without hidden or unreadable files and without loops", async () => {
  expect(await listed("")).toEqual(["[1].txt", "a.md", "b.txt", "sub/c.json", "sub/deep/d.xml"]);
});

it("expands patterns, takes named files as they are, and lists each file once", async () => {
  expect(await listed("*.txt")).toEqual(["[1].txt", "b.txt"]);
  expect(await listed("**/*.{json,xml}")).toEqual(["sub/c.json", "sub/deep/d.xml"]);
  expect(await listed("sub/**")).toEqual(["sub/c.json", "sub/deep/d.xml", "sub/e.png"]);
  expect(await listed("?.md", "sub/e.png", "[1].txt", "a.md", "-")).toEqual(["a.md", "sub/e.png", "[1].txt", "-"]);
});

it.each(["gone.txt", "*.pdf", "gone/**", "empty"])("says that %s gives nothing", async (path) => {
  await expect(listed(path)).rejects.toThrow(SourceNotFoundError);
});

it.each([
  ["*.txt", "a.txt", true],
  ["*.txt", "a/b.txt", false],
  ["*", ".env", false],
  [".*", ".env", true],
  ["**/a", "a", true],
  ["**/a", "x/y/a", true],
  ["**/a", "x/.git/a", false],
  ["a/**/b", "a/b", true],
  ["a/**", "a/b/c", true],
  ["a/**", "a", false],
  ["a?c", "a/c", false],
  ["{a,b{1,2}}.md", "b2.md", true],
  ["{a,b{1,2}}.md", "b.md", false],
  ["a+b(1).txt", "a+b(1).txt", true],
  ["a,b}", "a,b}", true],
  ["中?.txt", "中🐕.txt", true],
])("matches %s against %s: %s", (pattern, path, expected) => {
  expect(createGlobMatcher(pattern)(path)).toBe(expected);
});
