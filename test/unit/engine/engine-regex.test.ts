// Replies held to a regular expression, on a tiny model.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine } from "../../../engine/engine.js";
import { UnsatisfiableSchemaError, UnsupportedSchemaError } from "../../../engine/index.js";
import { loadEngine } from "../../../engine/load-engine.js";
import type { EngineResult } from "../../../engine/request.js";
import { ask, requestOf } from "../../fixtures/engine/ask.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../../fixtures/engine/tiny-model.js";

const home = await temporaryFolder();
let engine: Engine;

beforeAll(async () => {
  engine = await loadEngine(await writeTinyModel(home, { seed: 5, contextLength: 512 }), { home, threadCount: 1 });
});
afterAll(() => engine.close());

async function write(pattern: string, seed: number, maxTokens = 60): Promise<EngineResult> {
  const prompt = engine.tokenizer.encodeChat([{ role: "user", content: "write" }]).tokens;
  const { result } = await ask(engine, requestOf(prompt, { format: { type: "regex", pattern }, maxTokens, sampling: { temperature: 2, seed } }));
  return result;
}

describe("a regular expression", () => {
  test.each([
    ["[A-Z]{2,4}-\\d{3}"],
    ["(yes|no)(, (yes|no)){0,3}"],
    ["\\p{Lu}\\p{Ll}{1,8}( \\p{Lu}\\p{Ll}{1,8})?"],
    ["第[一二三四]条：.{0,6}"],
    ["\"[^\"\\\\\\n]{0,9}\"|none"],
    ["a*"],
  ])("%s is matched as a whole, and the reply ends within its budget", async (pattern) => {
    const whole = new RegExp(`^(?:${pattern})$`, "u");
    for (let seed = 0; seed < 12; seed++) {
      const { text, finishReason } = await write(pattern, seed);
      expect(text, `seed ${seed}`).toMatch(whole);
      expect(finishReason).toBe("stop");
    }
  });

  test("forces what it leaves no choice about", async () => {
    const { text, tokens, usage } = await write("Reference: (A|B)", 1);
    expect(text).toMatch(/^Reference: [AB]$/);
    expect(usage.forcedTokens).toBeGreaterThan(5);
    expect(tokens.filter(({ isForced }) => !isForced).map(({ start, end }) => text.slice(start, end)).join("")).toContain(text.at(-1));
  });

  test("that is none, that cannot be enforced, or that nothing matches is refused", async () => {
    await expect(write("(", 1)).rejects.toBeInstanceOf(UnsupportedSchemaError);
    await expect(write("(a)\\1", 1)).rejects.toBeInstanceOf(UnsupportedSchemaError);
    await expect(write("[^\\s\\S]", 1)).rejects.toBeInstanceOf(UnsatisfiableSchemaError);
  });
});
