// A reply that is given its beginning, on a tiny model: one value is written anew, without those that are banned.
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine } from "../../../engine/engine.js";
import { PromptTooLongError, ReplyPrefixError, type JsonSchema } from "../../../engine/index.js";
import { loadEngine } from "../../../engine/load-engine.js";
import type { EngineRequest, ReplyPrefix } from "../../../engine/request.js";
import { forcedRuns } from "../../fixtures/forced-agreement.mjs";
import { ask, requestOf, type Answer } from "../../fixtures/engine/ask.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { jsonMetadata, writeTinyModel } from "../../fixtures/engine/tiny-model.js";

const home = await temporaryFolder();
let engine: Engine;

beforeAll(async () => {
  engine = await loadEngine(await writeTinyModel(home, { seed: 8, contextLength: 1024, tokenizer: jsonMetadata() }), { home, threadCount: 1 });
});
afterAll(() => engine.close());

const prompt = (text: string): number[] => engine.tokenizer.encodeChat([{ role: "user", content: text }]).tokens;

const schema: JsonSchema = {
  type: "object",
  properties: {
    kind: { enum: ["total", "tot", "id"] },
    name: { type: "string", maxLength: 4 },
    count: { anyOf: [{ type: "integer", minimum: 0, maximum: 12 }, { type: "null" }] },
    flag: { type: "boolean" },
    list: { type: "array", items: { type: "string", maxLength: 2 }, maxItems: 3 },
  },
  required: ["kind", "name", "count", "flag", "list"],
  additionalProperties: false,
};

function askWith(prefix: ReplyPrefix, change: Partial<EngineRequest> = {}): Promise<Answer> {
  return ask(engine, requestOf(prompt("prefix"), { format: { type: "json", schema, prefix }, maxTokens: 120, ...change }));
}

const hot = (seed: number): Partial<EngineRequest> => ({ sampling: { temperature: 3, seed } });
const seeds = fc.nat(10_000);

describe("the value where the prefix ends", () => {
  test("is none of the banned ones; all else is as ever", async () => {
    const kinds = new Set<unknown>();
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const { result, events } = await askWith({ text: '{"kind": ', banned: ["total"] }, hot(seed));
        const record = JSON.parse(result.text) as Record<string, unknown>;
        kinds.add(record.kind);
        expect(Object.keys(record)).toEqual(["kind", "name", "count", "flag", "list"]);
        expect(events.flatMap((event) => (event.type === "text-delta" ? [event.text] : [])).join("")).toBe(result.text);
        expect(result.text.slice(0, 9)).toBe('{"kind": ');
      }),
      { numRuns: 40 },
    );
    expect([...kinds].toSorted()).toEqual(["id", "tot"]);
  });

  test("may be a number with others banned, or null", async () => {
    const counts = new Set<unknown>();
    const banned = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12];
    for (let seed = 0; seed < 40; seed++) {
      const { result } = await askWith({ text: '{"kind": "id", "name": "ab", "count": ', banned }, hot(seed));
      counts.add((JSON.parse(result.text) as { count: unknown }).count);
    }
    expect([...counts].toSorted()).toEqual([10, null]);
  });

  test("may be an item of a list", async () => {
    for (let seed = 0; seed < 20; seed++) {
      const text = '{"kind": "id", "name": "ab", "count": 1, "flag": true, "list": ["a", ';
      const { result } = await askWith({ text, banned: ["b", ""] }, hot(seed));
      const { list } = JSON.parse(result.text) as { list: string[] };
      expect(list.length).toBeGreaterThan(1);
      expect(["b", ""]).not.toContain(list[1]);
    }
  });

  test("without bans is that of the reply which the prefix was taken from", async () => {
    for (const text of ["one", "two", "three", "four"]) {
      const request = requestOf(prompt(text), { maxTokens: 120 });
      const first = (await ask(engine, { ...request, format: { type: "json", schema } })).result;
      const prefix = { text: '{"kind": ', banned: [] };
      const { result } = await ask(engine, { ...request, format: { type: "json", schema, prefix } });
      expect(result.text).toBe(first.text);
      const given = engine.tokenizer.encode('{"kind":').length;
      expect(result.tokens.map(({ id }) => id)).toEqual(first.tokens.slice(given).map(({ id }) => id));
      expect(result.tokens[0].start).toBe(first.tokens[given].start);
      expect(result.tokens.at(-1)?.end).toBe(result.text.length);
    }
  });

  test("is cut as the tokenizer cuts it, and so is what is forced after it", async () => {
    const { result } = await askWith({ text: '{"kind": ', banned: ["tot", "id"] });
    expect(result.text).toMatch(/^\{"kind": "total", "name": /);
    const [first] = result.tokens;
    expect(result.text.slice(first.start, first.end)[0]).toBe(" ");
    const given = engine.tokenizer.encode('{"kind":').map((id) => ({ id, isForced: false }));
    expect(forcedRuns({ text: result.text, tokens: [...given, ...result.tokens] }, engine.tokenizer).every(({ isCanonical }) => isCanonical)).toBe(true);
  });

  test("leaves room to close within the budget", async () => {
    const shortest = engine.tokenizer.encode(' "tot", "name": "", "count": null, "flag": false, "list": []}').length;
    for (let maxTokens = shortest; maxTokens < shortest + 20; maxTokens++) {
      const { result } = await askWith({ text: '{"kind": ', banned: ["total"] }, { maxTokens, ...hot(maxTokens) });
      expect(result.usage.outputTokens).toBeLessThanOrEqual(maxTokens);
      expect(result.finishReason, result.text).toBe("stop");
    }
  });
});

test("a prefix is read with the prompt: what the cache holds of both is not computed again", async () => {
  const request = requestOf(prompt("cached"), { format: { type: "json", schema }, maxTokens: 120 });
  const first = (await ask(engine, request)).result;
  const prefix = { text: '{"kind": ', banned: [(JSON.parse(first.text) as { kind: string }).kind] };
  const { usage } = (await ask(engine, { ...request, format: { type: "json", schema, prefix } })).result;
  expect(usage.promptTokens).toBe(request.prompt.length + engine.tokenizer.encode('{"kind":').length);
  expect(usage.cachedTokens).toBe(usage.promptTokens - 1);
});

test("an empty prefix bans the reply's first value", async () => {
  const format = { type: "json", schema: { enum: ["a", "b"] }, prefix: { text: "", banned: ["a"] } } as const;
  expect((await ask(engine, requestOf(prompt("root"), { format }))).result.text).toBe('"b"');
});

describe("a prefix is refused", () => {
  test.each([
    ["that does not fit the schema", '{"title": ', []],
    ["that is spaced otherwise", '{"kind":"total","name":', []],
    ["where no value begins", '{"kind"', ["total"]],
    ["where nothing is left", '{"kind": ', ["total", "tot", "id"]],
  ])("%s", async (_, text, banned) => {
    const error = await askWith({ text, banned }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ReplyPrefixError);
    expect(error).toMatchObject({ code: "REPLY_PREFIX", cause: expect.any(RangeError), hint: expect.stringMatching(/value begins/) });
  });

  test("that bans one of the numbers that cannot be told apart", async () => {
    const format = { type: "json", schema: { type: "integer", minimum: 1e16 }, prefix: { text: "", banned: [1e16] } } as const;
    await expect(ask(engine, requestOf(prompt("root"), { format }))).rejects.toMatchObject({ code: "REPLY_PREFIX", cause: expect.any(RangeError) });
  });

  test("together with thinking", async () => {
    await expect(askWith({ text: '{"kind": ', banned: [] }, { thinking: { close: "</t>", budgetTokens: 4 } })).rejects.toThrow(RangeError);
  });

  test("that leaves the reply no room in the context", async () => {
    await expect(askWith({ text: '{"kind": "id", "name": ', banned: [] }, { maxTokens: 1024 - prompt("prefix").length - 3 })).rejects.toThrow(PromptTooLongError);
  });
});
