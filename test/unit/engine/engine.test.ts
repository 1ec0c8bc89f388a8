// The engine on a tiny model: repeatable, interruptible, fair, and honest about its limits.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Engine } from "../../../engine/engine.js";
import { loadEngine, type LoadEngineOptions } from "../../../engine/load-engine.js";
import type { EngineEvent, EngineRequest } from "../../../engine/request.js";
import { ask, essence, requestOf } from "../../fixtures/engine/ask.js";
import { byteVocabulary, TOKEN_TYPE } from "../../fixtures/byte-vocabulary.js";
import { temporaryFolder } from "../../fixtures/engine/temporary-folder.js";
import { writeTinyModel } from "../../fixtures/engine/tiny-model.js";

const home = await temporaryFolder();
const schema = { type: "object", properties: { a: { type: "string" } }, required: ["a"], additionalProperties: false };

let path: string;
let engine: Engine;
const load = (): Promise<Engine> => loadEngine(path, { home, threadCount: 1 });
const reason = new Error("enough");
const prompt = (text: string): number[] => engine.tokenizer.encodeChat([{ role: "user", content: text }]).tokens;
const long = (): number[] => prompt("a long prompt ".repeat(50));

beforeAll(async () => {
  path = await writeTinyModel(home, { seed: 4, contextLength: 1024, paddingRows: 5 });
  engine = await load();
});
afterAll(() => engine.close());

/** The answer of an engine that has never been asked anything else. */
async function freshAnswer(request: EngineRequest): Promise<unknown> {
  const fresh = await load();
  const { result } = await ask(fresh, request);
  await fresh.close();
  return essence(result);
}

const drawn = async (seed: number): Promise<string> =>
  (await ask(engine, requestOf(prompt("two"), { sampling: { temperature: 1, seed } }))).result.text;

async function abortAt(type: EngineEvent["type"], request: EngineRequest): Promise<EngineEvent[]> {
  const controller = new AbortController();
  const events: EngineEvent[] = [];
  const run = async (): Promise<void> => {
    for await (const event of engine.generate({ ...request, signal: controller.signal })) {
      events.push(event);
      if (event.type === type) controller.abort(reason);
    }
  };
  await expect(run()).rejects.toBe(reason);
  return events;
}

async function expectUnharmed(): Promise<void> {
  const request = requestOf(prompt("after all"));
  expect(essence((await ask(engine, request)).result)).toEqual(await freshAnswer(request));
}

async function failingLoop(): Promise<void> {
  for await (const event of engine.generate(requestOf(prompt("x")))) throw new Error(event.type);
}

describe("repeatability", () => {
  test("greedy answers are the same each time, and from a reused cache as from a fresh one", async () => {
    const request = requestOf(prompt("one"));
    const first = await ask(engine, request);
    const second = await ask(engine, request);
    expect(first.result.tokens.length).toBeGreaterThan(10);
    expect(essence(second.result)).toEqual(essence(first.result));
    expect(second.result.usage.cachedTokens).toBe(request.prompt.length - 1);
    expect(await freshAnswer(request)).toEqual(essence(first.result));
  });

  test("the same seed draws the same, another seed another", async () => {
    expect(await drawn(1)).toBe(await drawn(1));
    expect(await drawn(1)).not.toBe(await drawn(2));
  });

  test("of a prompt only what differs is computed, and the answer is that of a fresh engine", async () => {
    const shared = "the same beginning, ".repeat(20);
    await ask(engine, requestOf(prompt(`${shared}first`)));
    const request = requestOf(prompt(`${shared}second`));
    const { events, result } = await ask(engine, request);
    expect(result.usage.cachedTokens).toBeGreaterThan(300);
    expect(result.usage.cachedTokens).toBeLessThan(request.prompt.length);
    expect(events[0]).toEqual({ type: "prefill-progress", doneTokens: request.prompt.length, totalTokens: request.prompt.length });
    expect(await freshAnswer(request)).toEqual(essence(result));
  });

  test("what the model wrote can be part of the next prompt", async () => {
    const first = requestOf(prompt("turn"), { maxTokens: 10 });
    const { result } = await ask(engine, first);
    expect(result.finishReason).toBe("length");
    const written = result.tokens.map(({ id }) => id);
    const next = await ask(engine, requestOf([...first.prompt, ...written, ...prompt("and then")]));
    // The last token's keys were never needed.
    expect(next.result.usage.cachedTokens).toBe(first.prompt.length + written.length - 1);
  });
});

describe("interruptions: the next answer is that of a fresh engine", () => {
  test("before the start", async () => {
    const run = ask(engine, requestOf(prompt("x"), { signal: AbortSignal.abort(reason) }));
    await expect(run).rejects.toBe(reason);
    await expectUnharmed();
  });

  test("while the prompt is computed: after one chunk", async () => {
    const events = await abortAt("prefill-progress", requestOf(long()));
    expect(events).toEqual([{ type: "prefill-progress", doneTokens: expect.any(Number), totalTokens: long().length }]);
    expect(events[0]).toHaveProperty("doneTokens", expect.toSatisfy((done: number) => done < 300));
    await expectUnharmed();
  });

  test("while the model writes: no further step", async () => {
    const events = await abortAt("text-delta", requestOf(prompt("write"), { format: { type: "json", schema } }));
    expect(events.filter(({ type }) => type === "text-delta")).toHaveLength(1);
    await expectUnharmed();
  });

  test("while it thinks", async () => {
    const events = await abortAt("thinking-delta", requestOf(prompt("think"), { thinking: { close: "</t>", budgetTokens: 20 } }));
    expect(events.at(-1)?.type).toBe("thinking-delta");
    await expectUnharmed();
  });

  test("in the queue: the place is given up, and those before and after are served", async () => {
    const controller = new AbortController();
    const first = ask(engine, requestOf(long()));
    const second = ask(engine, requestOf(prompt("second"), { signal: controller.signal }));
    const third = ask(engine, requestOf(prompt("third")));
    controller.abort(reason);
    await expect(second).rejects.toBe(reason);
    expect(essence((await first).result)).toEqual(await freshAnswer(requestOf(long())));
    expect(essence((await third).result)).toEqual(await freshAnswer(requestOf(prompt("third"))));
  });

  test("a reader who leaves frees the engine", async () => {
    for (const type of ["prefill-progress", "text-delta"]) {
      for await (const event of engine.generate(requestOf(long()))) if (event.type === type) break;
      await expectUnharmed();
    }
  });

  test("an error in the reader's loop frees it too", async () => {
    const run = failingLoop();
    await expect(run).rejects.toThrow("prefill-progress");
    await expectUnharmed();
  });
});

test("calls at the same time are each answered as if alone", async () => {
  const requests = [long(), ...["two", "three", "four"].map(prompt)].map((tokens) => requestOf(tokens));
  const done: number[] = [];
  const answers = await Promise.all(
    requests.map(async (request, i) => {
      const { result } = await ask(engine, request);
      done.push(i);
      return result;
    }),
  );
  expect(done.toSorted()).toEqual([0, 1, 2, 3]);
  for (const [i, request] of requests.entries()) expect(essence(answers[i])).toEqual(await freshAnswer(request));
});

const room = (tokens: readonly number[]): number => engine.contextLength - tokens.length;
/** Leaves 24 tokens of the context. */
const almostFull = Array.from({ length: 1000 }, (_, i) => (i * 31) % 250);

describe("limits", () => {
  test("prompt and reply must fit the context; what just fits is answered to the end", async () => {
    const { result } = await ask(engine, requestOf(almostFull, { maxTokens: room(almostFull) }));
    expect(result.tokens.length).toBeLessThanOrEqual(24);
    await expect(ask(engine, requestOf(almostFull, { maxTokens: room(almostFull) + 1 }))).rejects.toMatchObject({
      code: "PROMPT_TOO_LONG", promptTokens: 1000, replyTokens: 25, contextLength: 1024,
    });
  });

  test("thinking counts with the mark that closes it", async () => {
    const thinking = { close: "</think>", budgetTokens: 5 };
    const taken = thinking.budgetTokens + engine.tokenizer.encodeMarks("</think>\n\n").length;
    const { result } = await ask(engine, requestOf(almostFull, { thinking, maxTokens: room(almostFull) - taken }));
    expect(result.usage.thinkingTokens).toBe(5);
    const tooLong = requestOf(almostFull, { thinking, maxTokens: room(almostFull) - taken + 1 });
    await expect(ask(engine, tooLong)).rejects.toMatchObject({ code: "PROMPT_TOO_LONG" });
  });

  test("options count, not maxTokens, where one is to be chosen", async () => {
    const options = ["a".repeat(30), `${"a".repeat(29)}b`];
    const request = requestOf(almostFull, { format: { type: "choice", options }, maxTokens: 1 });
    await expect(ask(engine, request)).rejects.toMatchObject({ code: "PROMPT_TOO_LONG" });
    const shorter = requestOf(almostFull.slice(0, 990), { format: { type: "choice", options }, maxTokens: 1 });
    expect(options).toContain((await ask(engine, shorter)).result.text);
  });

  test("options of a load that make no sense", async () => {
    for (const value of [0, -5, 1.5, Number.NaN]) {
      await expect(loadEngine(path, { home, contextLength: value })).rejects.toThrow(RangeError);
      await expect(loadEngine(path, { home, threadCount: value })).rejects.toThrow(RangeError);
    }
    for (const wrong of [{ attention: "sparce" }, { weights: "quick" }, { device: "gpu" }, { keep: 0 }, { keep: 0.5, attention: "dense" }]) {
      await expect(loadEngine(path, { home, ...(wrong as LoadEngineOptions) })).rejects.toThrow(RangeError);
    }
  });

  test("a vocabulary that cannot write JSON: an error, and the next load is unharmed", async () => {
    const tokenizer = byteVocabulary({ missingBytes: [0x7b], added: [["<|im_end|>", TOKEN_TYPE.control]] });
    const broken = await writeTinyModel(home, { seed: 5, tokenizer });
    await expect(loadEngine(broken, { home })).rejects.toThrow(/0x7b/);
    await (await load()).close();
  });

  test("requests that make no sense", async () => {
    await expect(ask(engine, requestOf([]))).rejects.toThrow(RangeError);
    for (const options of [[], ["a", ""]]) {
      await expect(ask(engine, requestOf([1], { format: { type: "choice", options } }))).rejects.toThrow(RangeError);
    }
    const unknown = requestOf([1], { format: { type: "json", schema: { type: "string", pattern: "(a)\\1" } } });
    await expect(ask(engine, unknown)).rejects.toMatchObject({ code: "UNSUPPORTED_SCHEMA" });
  });
});

test("a prompt with a token that the model lacks is refused alone: others in the pass are answered", async () => {
  const request = requestOf(prompt("fine"));
  const beside = ask(engine, request);
  for (const token of [-1, 1.5, engine.config.vocabularySize]) await expect(ask(engine, requestOf([1, token]))).rejects.toThrow(RangeError);
  expect(essence((await beside).result)).toEqual(await freshAnswer(request));
});

test.each([{ maxTokens: Number.NaN }, { maxTokens: -1 }, { maxTokens: 2.5 }, { sampling: { temperature: -1 } }, { sampling: { temperature: Number.NaN } }])(
  "numbers that are none are refused: %j",
  async (change) => {
    await expect(ask(engine, requestOf(prompt("x"), change))).rejects.toThrow(RangeError);
  },
);

test("a closed engine ends what is under way and refuses the rest", async () => {
  const closing = await load();
  const running = closing.generate(requestOf(prompt("under way")));
  await running.next();
  const queued = ask(closing, requestOf(prompt("queued")));
  const expectRefused = expect(queued).rejects.toMatchObject({ code: "ENGINE_CLOSED" });
  await Promise.all([expectRefused, closing.close(), closing.close()]);
  await expect(running.next()).rejects.toMatchObject({ code: "ENGINE_CLOSED" });
  await expect(ask(closing, requestOf(prompt("late")))).rejects.toMatchObject({ code: "ENGINE_CLOSED" });
});
