// Random damage to a model file's header: opened all the same, or a clear error, and never more memory than the file.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { openGguf } from "../../engine/checkpoint/gguf.js";
import { temporaryFolder } from "../fixtures/engine/temporary-folder.js";
import { encodeTinyModel } from "../fixtures/engine/tiny-model.js";

const folder = await temporaryFolder();
const file = join(folder, "model.gguf");
const bytes = encodeTinyModel({ type: "Q8_0" });
const headerBytes = 9000;
const CODES = ["CHECKPOINT_INVALID", "MODEL_UNSUPPORTED"];

async function open(damaged: Uint8Array): Promise<string> {
  await writeFile(file, damaged);
  try {
    const checkpoint = await openGguf(file);
    for (const name of checkpoint.tensors.keys()) await checkpoint.readTensor(name);
    await checkpoint.close();
    return "opened";
  } catch (error) {
    return String((error as { code?: unknown }).code ?? error);
  }
}

test("flipped bits", async () => {
  const change = fc.record({ at: fc.nat(headerBytes - 1), mask: fc.integer({ min: 1, max: 255 }) });
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
      const damaged = Buffer.from(bytes);
      for (const { at, mask } of changes) damaged[at] ^= mask;
      const outcome = await open(damaged);
      if (outcome !== "opened") refused++;
      expect(["opened", ...CODES]).toContain(outcome);
    }),
    { numRuns: 400 },
  );
  expect(refused).toBeGreaterThan(100);
});

test("stretches overwritten, left out or doubled", async () => {
  const stretch = fc.record({ at: fc.nat(headerBytes), length: fc.integer({ min: 1, max: 64 }), fill: fc.uint8Array({ maxLength: 64 }) });
  await fc.assert(
    fc.asyncProperty(stretch, async ({ at, length, fill }) => {
      const outcome = await open(Buffer.concat([bytes.subarray(0, at), fill, bytes.subarray(at + length)]));
      expect(["opened", ...CODES]).toContain(outcome);
    }),
    { numRuns: 200 },
  );
});

test("bytes that only begin like a model", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async (rest) => {
      expect(CODES).toContain(await open(Buffer.concat([Buffer.from("GGUF\u0003\0\0\0"), rest])));
    }),
    { numRuns: 200 },
  );
});
