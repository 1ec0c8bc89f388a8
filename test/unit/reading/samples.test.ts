// Several samples of one record: started together, kept in order, ended together; `auto` draws as many as the vote takes.
import { setTimeout as later } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createScriptedModel, defineTask, RuntimeError, type GenerationRequest, type TaskProgress } from "../../../src/index.js";
import { createBarrier } from "../../fixtures/barrier.js";

const person = defineTask({
  name: "readPerson",
  description: "Reads a person.",
  output: z.strictObject({ name: z.string().max(60), city: z.string().max(60).nullable() }),
  template: "Extract the person.",
});
const text = "Ada lives in Lagos, Bola in Accra.";
const reply = (city: string | null, name = "Ada"): string => JSON.stringify({ name, city });
const seedOf = ({ sampling }: GenerationRequest): number => sampling.seed ?? -1;
/** A token that makes the second field unsure. */
const unsure = (whole: string) => ({ text: whole, tokens: [{ start: whole.indexOf("city") + 6, end: whole.length - 1, logprob: -1 }] });

describe("samples", () => {
  it("are all begun before one is finished", async () => {
    const all = createBarrier(5);
    const model = createScriptedModel(async () => {
      await all();
      return reply("Lagos");
    });
    const { samples, usage } = await person(text, { model, samples: 5 });
    expect(samples).toHaveLength(5);
    expect(usage.requests).toBe(5);
  });

  it("stand in the order of their seeds, with their calls, whichever finishes first", async () => {
    const model = createScriptedModel(async (request) => {
      const { format } = request;
      if (format.type === "json" && Object.keys((format.schema as { properties: object }).properties).length === 1) return '{"city": "Lagos"}';
      await later(3 * (13 - seedOf(request)));
      return unsure(reply(seedOf(request) === 11 ? "Accra" : "Lagos", `Ada${seedOf(request)}`));
    });
    const { samples, trace, usage } = await person(text, { model, samples: 3, seed: 10 });
    expect(samples.map(({ name }) => name)).toEqual(["Ada10", "Ada11", "Ada12"]);
    expect(trace.map(({ purpose, text: written }) => [purpose, /\d+/.exec(written)?.[0]])).toEqual(
      ["10", "11", "12"].flatMap((seed) => [["record", seed], ["second-reading", undefined]]),
    );
    expect(usage.requests).toBe(6);
  });

  it("that fail are named in the order of their seeds", async () => {
    const model = createScriptedModel(async (request) => {
      await later(3 - seedOf(request));
      return seedOf(request) === 1 ? reply("Lagos") : `broken ${seedOf(request)}`;
    });
    const { samples, warnings, usage } = await person(text, { model, samples: 3 });
    expect(samples).toHaveLength(1);
    expect(warnings.map(({ message }) => /broken \d/.exec(message)?.[0])).toEqual(["broken 0", "broken 2"]);
    expect(usage.requests).toBe(3);
  });

  it("end at once where one meets an error that is not its output's, without unhandled rejections", async () => {
    const error = new RuntimeError("no memory");
    const stopped: number[] = [];
    const model = createScriptedModel(async (request) => {
      if (seedOf(request) === 2) return { text: "{", error };
      request.signal?.addEventListener("abort", () => stopped.push(seedOf(request)));
      return new Promise<string>(() => {});
    });
    await expect(person(text, { model, samples: 4 })).rejects.toBe(error);
    expect(stopped.toSorted((a, b) => a - b)).toEqual([0, 1, 3]);
    await later(1);
  });

  it("end at once where the caller aborts, also those that would fall back on a first reading", async () => {
    const aborting = new AbortController();
    const reason = new Error("enough");
    const model = createScriptedModel(async (_request, call) => {
      if (call < 3) return unsure(reply("Lagos"));
      if (call === 5) aborting.abort(reason);
      return new Promise<string>(() => {});
    });
    await expect(person(text, { model, samples: 3, signal: aborting.signal })).rejects.toBe(reason);
    expect(model.requests).toHaveLength(6);
  });

  it("tell which call an event belongs to", async () => {
    const events: TaskProgress[] = [];
    const model = createScriptedModel((request) => reply(`City ${seedOf(request)}`));
    await person(text, { model, samples: 2, onProgress: (event) => events.push(event) });
    const written = new Map<number, string>();
    for (const event of events) if (event.type === "text-delta") written.set(event.step, (written.get(event.step) ?? "") + event.text);
    expect([...written]).toEqual([[1, reply("City 0")], [2, reply("City 1")]]);
  });

  it("in great number warn of no leak", async () => {
    const warnings: Error[] = [];
    const hear = (warning: Error): number => warnings.push(warning);
    process.on("warning", hear);
    const all = createBarrier(30);
    const model = createScriptedModel(async () => {
      await all();
      return reply("Lagos");
    });
    const controller = new AbortController();
    const runs = Array.from({ length: 15 }, () => person(text, { model, samples: 2, signal: controller.signal }));
    await Promise.all(runs);
    await later(1);
    process.off("warning", hear);
    expect(warnings).toEqual([]);
  });
});

describe("samples: auto", () => {
  it.each([
    ["all agree", () => "Lagos", 6],
    ["one of six differs", (seed: number) => (seed === 3 ? "Accra" : "Lagos"), 6],
    ["two of six differ, the next agrees", (seed: number) => (seed < 2 ? "Accra" : "Lagos"), 8],
    ["each differs", (seed: number) => `City ${seed}`, 10],
  ])("draws as many as the vote takes: %s", async (_, cityOf, count) => {
    const model = createScriptedModel((request) => reply(cityOf(seedOf(request))));
    const automatic = await person(text, { model, samples: "auto" });
    expect(model.requests.map(seedOf)).toEqual(Array.from({ length: count }, (_seed, index) => index));
    const ten = await person(text, { model, samples: 10 });
    expect(automatic.data).toEqual(ten.data);
    expect(automatic.samples).toEqual(ten.samples.slice(0, count));
  });

  it("gives shares of those it drew", async () => {
    const model = createScriptedModel((request) => reply(seedOf(request) === 3 ? "Accra" : "Lagos"));
    const { fields } = await person(text, { model, samples: "auto" });
    expect(fields.city.confidence).toBeCloseTo(5 / 6);
    expect(fields.city.alternatives).toEqual([{ value: "Accra", confidence: 1 / 6 }]);
  });

  it("does not count unusable samples as votes, and gives up after ten", async () => {
    const some = createScriptedModel((request) => (seedOf(request) < 2 ? "{" : reply("Lagos")));
    const { samples, warnings } = await person(text, { model: some, samples: "auto" });
    expect(samples).toHaveLength(4);
    expect(warnings).toMatchObject([{ code: "SAMPLE_FAILED" }]);
    const none = createScriptedModel(() => "{");
    await expect(person(text, { model: none, samples: "auto" })).rejects.toMatchObject({ code: "OUTPUT_NOT_JSON", usage: { requests: 10 } });
  });

  it("refuses other words", async () => {
    await expect(person(text, { samples: "many" as never, model: "no such model" })).rejects.toThrow(RangeError);
  });
});
