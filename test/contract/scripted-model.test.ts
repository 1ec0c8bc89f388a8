import { describe, expect, it } from "vitest";
import { ScriptError } from "../../src/error/script-error.js";
import type { GenerationEvent } from "../../src/model/language-model.js";
import { createScriptedModel, type ScriptedReply } from "../../src/model/scripted-model.js";
import { describeLanguageModel, requestOf } from "./language-model.js";

describeLanguageModel("scripted", () =>
  createScriptedModel(({ format }) => {
    if (format.type === "json") return { text: '{"city":"Paris","population":2148000}', thinking: "A city, and how many live there." };
    return format.type === "choice" ? "yes" : "Paris is a city of two million.";
  }),
);

async function play(replies: ScriptedReply[], change: Parameters<typeof requestOf>[0] = {}) {
  const model = createScriptedModel(replies);
  const events: GenerationEvent[] = [];
  for await (const event of model.generate(requestOf(change))) events.push(event);
  const last = events.at(-1);
  if (last?.type !== "finish") throw new Error("no finish");
  return { model, events, result: last.result };
}

describe("createScriptedModel", () => {
  it("gives replies in order, keeps the requests, and says when it has none left", async () => {
    const model = createScriptedModel(["{}", "[]"], { id: "mine", contextLength: 100, advice: { fewShot: false } });
    expect(model).toMatchObject({ id: "mine", contextLength: 100, advice: { fewShot: false, temperature: 0.6 } });
    const texts: string[] = [];
    for (const maxTokens of [10, 20]) {
      for await (const event of model.generate(requestOf({ maxTokens }))) if (event.type === "finish") texts.push(event.result.text);
    }
    expect(texts).toEqual(["{}", "[]"]);
    expect(model.requests.map(({ maxTokens }) => maxTokens)).toEqual([10, 20]);
    await expect(model.generate(requestOf())[Symbol.asyncIterator]().next()).rejects.toThrow(ScriptError);
  });

  it("thinks only where it is asked to, within the budget", async () => {
    const reply = { text: "{}", thinking: "0123456789" };
    expect((await play([reply])).result).toMatchObject({ thinking: "", usage: { thinkingTokens: 0 } });
    const { result, events } = await play([reply], { thinkingBudgetTokens: 2 });
    expect(result).toMatchObject({ thinking: "01234567", usage: { thinkingTokens: 2 } });
    expect(events.filter(({ type }) => type === "thinking-delta")).toHaveLength(2);
  });

  it("gives tokens of four characters, or those of the script", async () => {
    expect((await play(["123456"], { format: { type: "text" } })).result.tokens).toEqual([
      { start: 0, end: 4, logprob: -0.01 },
      { start: 4, end: 6, logprob: -0.01 },
    ]);
    const tokens = [{ start: 0, end: 2, logprob: -3 }];
    expect((await play([{ text: "{}", tokens }])).result.tokens).toEqual(tokens);
  });

  it("names choices with the option's own letters and the script's probabilities", async () => {
    const format = { type: "choice", options: ["Yes", "No"] } as const;
    const { result } = await play(["no"], { format });
    expect(result.text).toBe("No");
    expect(result.probabilities![1]).toBeCloseTo(0.9, 10);
    expect((await play([{ text: "yes", probabilities: [0.6, 0.4] }], { format })).result.probabilities).toEqual([0.6, 0.4]);
    await expect(play(["perhaps"], { format })).rejects.toThrow(ScriptError);
  });

  it("fails where the script says so, after what it had written", async () => {
    const error = new Error("connection lost");
    const model = createScriptedModel([{ text: '{"city":', error }]);
    const types: string[] = [];
    const run = async () => {
      for await (const { type } of model.generate(requestOf())) types.push(type);
    };
    await expect(run()).rejects.toBe(error);
    expect(types).toEqual(["prefill-progress", "text-delta", "text-delta"]);
  });

  it("stops waiting for a slow script when aborted", async () => {
    const reason = new Error("too slow");
    const controller = new AbortController();
    const model = createScriptedModel(() => new Promise(() => {}));
    const next = model.generate(requestOf({ signal: controller.signal }))[Symbol.asyncIterator]().next();
    controller.abort(reason);
    await expect(next).rejects.toBe(reason);
  });
});
