// What every LanguageModel promises; one suite, run for the engine, the remote and the scripted model.
import { Ajv } from "ajv";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GenerationEvent, GenerationRequest, GenerationResult, LanguageModel } from "../../src/model/language-model.js";

/** Small enough for the smallest models; closed, so that any decoder under the schema must finish. */
const citySchema = {
  type: "object",
  properties: { city: { type: "string", maxLength: 40 }, population: { type: "integer", minimum: 0, maximum: 99_999_999 } },
  required: ["city", "population"],
  additionalProperties: false,
} as const;

const question = "Paris has 2148000 inhabitants. Give the city and its population as one line of JSON.";

export function requestOf(change: Partial<GenerationRequest> = {}): GenerationRequest {
  return {
    messages: [{ role: "user", content: question }],
    format: { type: "json", schema: citySchema },
    sampling: { temperature: 0 },
    maxTokens: 60,
    ...change,
  };
}

async function eventsOf(model: LanguageModel, change: Partial<GenerationRequest> = {}): Promise<GenerationEvent[]> {
  const events: GenerationEvent[] = [];
  for await (const event of model.generate(requestOf(change))) events.push(event);
  return events;
}

async function resultOf(model: LanguageModel, change: Partial<GenerationRequest> = {}): Promise<GenerationResult> {
  const last = (await eventsOf(model, change)).at(-1);
  if (last?.type !== "finish") throw new Error("The model ended without a finish event.");
  return last.result;
}

/** Runs the suite. One model is made for all of it and closed at its end. */
export function describeLanguageModel(name: string, makeModel: () => LanguageModel | Promise<LanguageModel>): void {
  describe(`LanguageModel: ${name}`, () => {
    let made: LanguageModel | undefined;
    const model = () => made!;
    beforeAll(async () => {
      made = await makeModel();
    });
    afterAll(async () => made?.close());
    describe("formats", () => testFormats(model));
    describe("events", () => testEvents(model));
    describe("repeatability and bounds", () => testBounds(model));
    describe("aborting", () => testAborting(model));
  });
}

function testFormats(model: () => LanguageModel): void {
  const fits = new Ajv().compile(citySchema);

  it("writes JSON that fits the schema", async () => {
    const { text, finishReason } = await resultOf(model());
    expect(fits(JSON.parse(text)), text).toBe(true);
    expect(finishReason).toBe("stop");
  });

  it("chooses the likeliest of a closed set and says how likely each was", async () => {
    const options = ["Yes", "No", "Unknown"];
    const { text, probabilities } = await resultOf(model(), {
      messages: [{ role: "user", content: "Is Paris a city? Answer Yes, No or Unknown." }],
      format: { type: "choice", options },
    });
    expect(options).toContain(text);
    expect(probabilities).toHaveLength(3);
    expect(probabilities!.reduce((sum, probability) => sum + probability, 0)).toBeCloseTo(1, 4);
    expect(options[probabilities!.indexOf(Math.max(...probabilities!))]).toBe(text);
  });

  it("writes free text", async () => {
    const { text, probabilities } = await resultOf(model(), { format: { type: "text" } });
    expect(text.trim()).not.toBe("");
    expect(probabilities).toBeUndefined();
  });

  it("keeps thinking out of the reply, within its budget", async () => {
    const { text, usage } = await resultOf(model(), { thinkingBudgetTokens: 16 });
    expect(fits(JSON.parse(text)), text).toBe(true);
    expect(usage.thinkingTokens).toBeLessThanOrEqual(16 + 8); // the closing mark may be counted
  });

  it("reads written forms of control tokens as text", async () => {
    const marks = "<|im_end|><|im_start|><｜User｜><｜end▁of▁sentence｜>".repeat(10);
    const plain = await resultOf(model());
    const marked = await resultOf(model(), { messages: [{ role: "user", content: `${marks}\n${question}` }] });
    expect(fits(JSON.parse(marked.text)), marked.text).toBe(true);
    // As control tokens the forty marks would be forty tokens.
    expect(marked.usage.promptTokens - plain.usage.promptTokens).toBeGreaterThan(80);
  });
}

function testEvents(model: () => LanguageModel): void {
  it("ends with exactly one finish, whose text and tokens are what was streamed", async () => {
    const events = await eventsOf(model());
    expect(events.filter(({ type }) => type === "finish")).toHaveLength(1);
    const last = events.at(-1)!;
    if (last.type !== "finish") return expect.unreachable();
    const streamed = events.map((event) => (event.type === "text-delta" ? event.text : "")).join("");
    expect(streamed).toBe(last.result.text);
    let position = 0;
    for (const { start, end, logprob } of last.result.tokens) {
      expect(start).toBeGreaterThanOrEqual(position);
      expect(end).toBeGreaterThanOrEqual(start);
      expect(logprob).toBeLessThanOrEqual(1e-6);
      position = start;
    }
    expect(last.result.tokens.at(-1)?.end ?? 0).toBeLessThanOrEqual(last.result.text.length);
  });

  it("counts what it used", async () => {
    const { usage } = await resultOf(model());
    expect(usage.requests).toBe(1);
    expect(usage.promptTokens).toBeGreaterThan(0);
    expect(usage.outputTokens).toBeGreaterThan(0);
    expect(usage.cachedTokens).toBeLessThanOrEqual(usage.promptTokens);
    expect(usage.thinkingTokens).toBe(0);
    expect(usage.modelMs).toBeGreaterThanOrEqual(0);
  });

  it("shows what it would read", () => {
    const { text, tokenCount } = model().render(requestOf());
    expect(text).toContain(question);
    if (tokenCount !== undefined) expect(tokenCount).toBeGreaterThan(0);
  });

  it("serves calls that overlap", async () => {
    const results = await Promise.all([resultOf(model()), resultOf(model()), resultOf(model())]);
    expect(new Set(results.map(({ text }) => text)).size).toBe(1);
  });
}

function testBounds(model: () => LanguageModel): void {
  it("repeats itself when greedy", async () => {
    const [first, second] = [await resultOf(model()), await resultOf(model())];
    expect(second.text).toBe(first.text);
    expect(second.tokens).toEqual(first.tokens);
  });

  it("draws the same sample from the same seed", async () => {
    const sampling = { temperature: 1, topP: 0.95, seed: 7 };
    const [first, second] = [await resultOf(model(), { sampling }), await resultOf(model(), { sampling })];
    expect(second.text).toBe(first.text);
  });

  it("stops text at maxTokens", async () => {
    const { usage, finishReason } = await resultOf(model(), { format: { type: "text" }, maxTokens: 3 });
    expect(usage.outputTokens).toBeLessThanOrEqual(3);
    expect(finishReason).toBe("length");
  });

  it("closes JSON within maxTokens or says that it was cut", async () => {
    const { text, usage, finishReason } = await resultOf(model(), { maxTokens: 5 });
    if (finishReason === "stop") expect(() => JSON.parse(text) as unknown).not.toThrow();
    else expect(usage.outputTokens).toBeLessThanOrEqual(5);
  });
}

function testAborting(model: () => LanguageModel): void {
  it("throws the signal's reason before it begins", async () => {
    const reason = new Error("changed my mind");
    const seen: GenerationEvent[] = [];
    const run = async () => {
      for await (const event of model().generate(requestOf({ signal: AbortSignal.abort(reason) }))) seen.push(event);
    };
    await expect(run()).rejects.toBe(reason);
    expect(seen).toEqual([]);
  });

  it("throws the signal's reason in the middle, never finishes, and serves the next call", async () => {
    const reason = new Error("enough");
    const controller = new AbortController();
    const types: string[] = [];
    const run = async () => {
      for await (const event of model().generate(requestOf({ signal: controller.signal }))) {
        types.push(event.type);
        if (event.type === "text-delta") controller.abort(reason);
      }
    };
    await expect(run()).rejects.toBe(reason);
    expect(types).toContain("text-delta");
    expect(types).not.toContain("finish");
    expect((await resultOf(model())).finishReason).toBe("stop");
  });

  it("serves the next call when a reader walks away", async () => {
    for await (const event of model().generate(requestOf())) if (event.type === "text-delta") break;
    expect((await resultOf(model())).finishReason).toBe("stop");
  });
}
