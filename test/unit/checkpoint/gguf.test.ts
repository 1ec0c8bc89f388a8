// The reader of GGUF files: agrees with another implementation, and names what is wrong with a bad file.
import { mkdir, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gguf } from "@huggingface/gguf";
import { describe, expect, test } from "vitest";
import type { MetadataValue } from "../../../engine/checkpoint/checkpoint.js";
import { openGguf } from "../../../engine/checkpoint/gguf.js";
import { encodeGguf, writeGguf, type GgufContents } from "../../fixtures/engine/gguf-writer.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { encodeTinyModel, tinyModel, writeTinyModel } from "../../fixtures/engine/tiny-model.js";

const folder = await temporaryFolder();
const file = join(folder, "model.gguf");

/** The error that opening a model of these contents ends with. */
async function errorOf(contents: GgufContents | Uint8Array): Promise<unknown> {
  await writeFile(file, contents instanceof Uint8Array ? contents : encodeGguf(contents));
  return openGguf(file).then(
    (checkpoint) => checkpoint.close(),
    (error: unknown) => error,
  );
}

function asLists(value: MetadataValue): unknown {
  return typeof value === "object" ? Array.from(value as readonly MetadataValue[], asLists) : value;
}

const withKeys = (keys: Record<string, MetadataValue>): GgufContents => tinyModel({ keys });
function without(key: string): GgufContents {
  const contents = tinyModel();
  return { ...contents, metadata: new Map([...contents.metadata].filter(([name]) => name !== key)) };
}

/** A header whose first value is an array that states so many values. */
function header(type: number, count: bigint): Buffer {
  const bytes = Buffer.alloc(4096);
  bytes.write("GGUF");
  bytes.writeUInt32LE(3, 4);
  bytes.writeBigUInt64LE(1n, 8);
  bytes.writeBigUInt64LE(1n, 16);
  bytes.writeBigUInt64LE(1n, 24);
  bytes.write("a", 32);
  bytes.writeUInt32LE(9, 33);
  bytes.writeUInt32LE(type, 37);
  bytes.writeBigUInt64LE(count, 41);
  return bytes;
}

describe("what a file says", () => {
  test.each(["F32", "Q4_K", "Q8_0"] as const)("is read as another reader reads it (%s)", async (type) => {
    const path = await writeTinyModel(folder, { type, layerCount: 1, keys: { "test.big": 2n ** 60n, "test.flag": true, "test.nested": [[1, 2], [3]] } });
    const theirs = await gguf(path, { allowLocalFile: true });
    const ours = await openGguf(path);
    for (const [key, value] of ours.metadata) {
      const expected = (theirs.metadata as Record<string, unknown>)[key];
      expect(asLists(value), key).toEqual(expected);
    }
    expect([...ours.tensors.values()].map(({ name, shape }) => [name, shape])).toEqual(
      theirs.tensorInfos.map(({ name, shape }) => [name, shape.toReversed().map(Number)]),
    );
    await ours.close();
  });

  test.each([32, 64, 8])("tensors are found at an alignment of %i", async (alignment) => {
    const contents = tinyModel({ type: "Q4_0" });
    await writeGguf(file, { ...contents, alignment });
    const checkpoint = await openGguf(file);
    for (const { name, bytes } of contents.tensors) {
      expect(Buffer.from(await checkpoint.readTensor(name)).equals(bytes), name).toBe(true);
    }
    await expect(checkpoint.readTensor("none")).rejects.toMatchObject({ code: "CHECKPOINT_INVALID" });
    await checkpoint.close();
  });

  test("a header longer than the first read", async () => {
    const contents = withKeys({ "test.long": "x".repeat(9_000_000), "test.after": "here" });
    await writeGguf(file, contents);
    const checkpoint = await openGguf(file);
    expect(checkpoint.metadata.get("test.after")).toBe("here");
    const [{ name, bytes }] = contents.tensors;
    expect(Buffer.from(await checkpoint.readTensor(name)).equals(bytes)).toBe(true);
    await checkpoint.close();
  });
});

describe("what the engine cannot run is refused", () => {
  const unsupported: Record<string, GgufContents> = {
    "another architecture": withKeys({ "general.architecture": "gemma3" }),
    "mixture of experts": withKeys({ "qwen2.expert_count": 8 }),
    "RoPE scaling": withKeys({ "qwen2.rope.scaling.type": "yarn" }),
    "linear RoPE scaling of old files": withKeys({ "qwen2.rope.scale_linear": 2 }),
    "RoPE scaling by a tensor": {
      ...tinyModel(),
      tensors: [...tinyModel().tensors, { name: "rope_freqs.weight", type: "F32", shape: [8], bytes: new Uint8Array(32) }],
    },
    "partly rotated heads": withKeys({ "qwen2.rope.dimension_count": 8 }),
    "values of another size than keys": withKeys({ "qwen2.attention.value_length": 32 }),
    "heads of an odd size": tinyModel({ hiddenSize: 80 }),
    "an unknown tensor type": { ...tinyModel(), tensors: [{ name: "token_embd.weight", type: 16, shape: [4, 256], bytes: new Uint8Array(264) }] },
  };
  test.each(Object.entries(unsupported))("%s", async (_, contents) => {
    expect(await errorOf(contents)).toMatchObject({ code: "MODEL_UNSUPPORTED" });
  });

  test("no scaling is none", async () => {
    expect(await errorOf(withKeys({ "qwen2.rope.scaling.type": "none" }))).toBeUndefined();
  });

  test("another version of the format", async () => {
    for (const version of [1, 4, 0x0300_0000]) {
      const bytes = encodeTinyModel();
      bytes.writeUInt32LE(version, 4);
      expect(await errorOf(bytes)).toMatchObject({ code: "MODEL_UNSUPPORTED" });
    }
  });
});

describe("what is damaged is named", () => {
  const damaged: Record<string, GgufContents> = {
    "no architecture's dimensions": without("qwen2.block_count"),
    "more layers than tensors": tinyModel({ keys: { "qwen2.block_count": 3 } }),
    "a wrong width": withKeys({ "qwen2.embedding_length": 32 }),
    "wrong heads": withKeys({ "qwen2.attention.head_count": 3 }),
    "a width that is no number": withKeys({ "qwen2.embedding_length": "wide" }),
    "no layers": withKeys({ "qwen2.block_count": 0 }),
    "no context": withKeys({ "qwen2.context_length": 0 }),
    "an epsilon below zero": withKeys({ "qwen2.attention.layer_norm_rms_epsilon": -0.5 }),
    "an alignment of zero": { ...tinyModel(), alignment: 0.5 },
    "an alignment that is a word": withKeys({ "general.alignment": "x" }),
    "no embedding": { ...tinyModel(), tensors: tinyModel().tensors.slice(1) },
    "rows that are no whole blocks": { ...tinyModel(), tensors: [{ name: "token_embd.weight", type: "Q8_0", shape: [4, 40], bytes: new Uint8Array(170) }] },
  };
  test.each(Object.entries(damaged))("%s", async (_, contents) => {
    expect(await errorOf(contents)).toMatchObject({ code: "CHECKPOINT_INVALID" });
  });

  test("no architecture at all", async () => {
    expect(await errorOf(without("general.architecture"))).toMatchObject({ code: "MODEL_UNSUPPORTED" });
  });

  test("missing, empty, a folder, text, something else", async () => {
    await expect(openGguf(join(folder, "missing.gguf"))).rejects.toMatchObject({ code: "CHECKPOINT_INVALID", cause: { code: "ENOENT" } });
    await mkdir(join(folder, "folder.gguf"));
    await expect(openGguf(join(folder, "folder.gguf"))).rejects.toMatchObject({ code: "CHECKPOINT_INVALID" });
    for (const bytes of ["", "G", "GGUF", "GGUF\u0003\0\0\0", "a text about models, long enough for a header"]) {
      expect(await errorOf(Buffer.from(bytes))).toMatchObject({ code: "CHECKPOINT_INVALID" });
    }
  });

  test("cut short anywhere", async () => {
    const bytes = encodeTinyModel({ type: "Q8_0" });
    await writeFile(file, bytes);
    for (let length = bytes.length - 32; length >= 0; length -= 1 + Math.floor(bytes.length / 150)) {
      await truncate(file, length);
      await expect(openGguf(file), `${length} bytes`).rejects.toMatchObject({ code: "CHECKPOINT_INVALID" });
    }
  });
});

describe("counts that no file can hold take no memory", () => {
  test.each([0, 4, 8, 9, 10, 12])("an array of type %i", async (type) => {
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    for (const count of [99_000_000n, 2n ** 40n, 2n ** 64n - 1n]) {
      expect(await errorOf(header(type, count))).toMatchObject({ code: "CHECKPOINT_INVALID" });
    }
    expect(process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - before).toBeLessThan(100e6);
  });

  test("arrays in arrays without end", async () => {
    const nested = Buffer.concat([header(9, 1n).subarray(0, 37), Buffer.alloc(3_000_000)]);
    for (let at = 37; at + 12 <= nested.length; at += 12) {
      nested.writeUInt32LE(9, at);
      nested.writeBigUInt64LE(1n, at + 4);
    }
    expect(await errorOf(nested)).toMatchObject({ code: "CHECKPOINT_INVALID" });
  });
});
