// Requests to a server at once: no more than it should get, in turn, and none left behind.
import { afterEach, expect, it } from "vitest";
import { z } from "zod";
import { createRemoteModel, defineTask, type GenerationRequest, type LanguageModel } from "../../../src/index.js";
import { answerFromSchema, startOpenAiServer, type Handler, type OpenAiServer } from "../../fixtures/openai-server.js";

const servers: OpenAiServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** A server that counts the requests it works on. */
async function counting(concurrency: number | undefined): Promise<{ model: LanguageModel; counts: { now: number; most: number; all: number } }> {
  const counts = { now: 0, most: 0, all: 0 };
  const handler: Handler = async (body, response, attempt, request) => {
    counts.all++;
    counts.most = Math.max(counts.most, ++counts.now);
    await new Promise((resolve) => setTimeout(resolve, 20));
    counts.now--;
    await answerFromSchema(body, response, attempt, request);
  };
  const server = await startOpenAiServer(handler);
  servers.push(server);
  return { model: createRemoteModel({ baseUrl: server.baseUrl, model: "test", retries: 0, ...(concurrency && { concurrency }) }), counts };
}

const request: GenerationRequest = { messages: [{ role: "user", content: "Who?" }], format: { type: "text" }, sampling: { temperature: 0 }, maxTokens: 9 };

async function ask(model: LanguageModel, change: Partial<GenerationRequest> = {}): Promise<string> {
  let text = "";
  for await (const event of model.generate({ ...request, ...change })) if (event.type === "finish") text = event.result.text;
  return text;
}

it.each([[undefined, 8], [3, 3]])("with concurrency %s are at most %i, for all samples of all records", async (concurrency, most) => {
  const { model, counts } = await counting(concurrency);
  const task = defineTask({ name: "t", description: "t", output: z.strictObject({ ok: z.boolean() }), template: "t" });
  const records = await Promise.all(["a", "b", "c", "d"].map((record) => task(record, { model, samples: 4, readings: 1 })));
  expect(records.map(({ samples }) => samples.length)).toEqual([4, 4, 4, 4]);
  expect(counts).toEqual({ now: 0, most, all: 16 });
});

it("that are aborted while they wait leave their turn to the next, and never reach the server", async () => {
  const { model, counts } = await counting(1);
  const controller = new AbortController();
  const reason = new Error("enough");
  const first = ask(model);
  const second = ask(model, { signal: controller.signal });
  const third = ask(model);
  controller.abort(reason);
  await expect(second).rejects.toBe(reason);
  expect(await first).toBe(await third);
  expect(counts.all).toBe(2);
});

it("that are left or fail make room", async () => {
  const { model } = await counting(1);
  for await (const event of model.generate(request)) if (event.type === "text-delta") break;
  await expect(ask(model, { format: { type: "regex", pattern: "a" } })).rejects.toMatchObject({ code: "REMOTE_MODEL_FAILED" });
  await expect(ask(model, { format: { type: "choice", options: ["a", "b"], prefix: "{" } })).rejects.toMatchObject({ code: "REMOTE_MODEL_FAILED" });
  expect(await ask(model)).not.toBe("");
});

it("that wait when the model is closed end", async () => {
  const { model } = await counting(1);
  const both = [ask(model), ask(model)];
  await model.close();
  for (const running of both) await expect(running).rejects.toMatchObject({ name: "AbortError" });
});

it.each([0, 1.5, Number.NaN])("are no number of %d", (concurrency) => {
  expect(() => createRemoteModel({ baseUrl: "http://127.0.0.1/v1", model: "m", concurrency })).toThrow(RangeError);
});
