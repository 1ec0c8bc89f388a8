// The pipeline of one call, with a scripted model.
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  CheckFailedError,
  DistillateError,
  InputTooLongError,
  OutputParseError,
  OutputTruncatedError,
  OutputValidationError,
  RecordInputError,
  RemoteModelError,
  TemplateError,
  defineTask,
  runBatch,
  type TaskProgress,
} from "../../../src/index.js";
import { createScriptedModel, type ScriptedAnswer } from "../../../src/model/scripted-model.js";

const person = defineTask({
  name: "readPerson",
  description: "Reads a person.",
  output: z.strictObject({
    name: z.string().max(60).nullable().describe("name of the person"),
    city: z.string().max(60).nullable().describe("city of residence"),
    year: z.number().nullable(),
  }),
  template: "Extract the person.",
});

const text = "Ada Nwosu was born in 1987 and lives in Lagos.";
const right = '{"name": "Ada Nwosu", "city": "Lagos", "year": 1987}';

/** The reply with a token of the given probability over each of the named values, and sure tokens elsewhere. */
function withProbability(reply: string, unsure: Record<string, number>): ScriptedAnswer {
  const tokens = Object.entries(unsure).map(([value, probability]) => {
    const start = reply.indexOf(value);
    return { start, end: start + value.length, logprob: Math.log(probability) };
  });
  const bounds = [0, ...tokens.flatMap(({ start, end }) => [start, end]), reply.length].toSorted((a, b) => a - b);
  const all = bounds.slice(1).map((end, index) => {
    const start = bounds[index];
    return tokens.find((token) => token.start === start && token.end === end) ?? { start, end, logprob: 0 };
  });
  return { text: reply, tokens: all.filter(({ start, end }) => end > start) };
}

describe("a task", () => {
  it("returns data, a field for every leaf and the sum of what it cost", async () => {
    const model = createScriptedModel([right]);
    const result = await person(text, { model });
    expect(result.data).toEqual({ name: "Ada Nwosu", city: "Lagos", year: 1987 });
    expect(result.fields.city).toMatchObject({ status: "verbatim", spans: [{ start: 40, end: 45, text: "Lagos" }] });
    expect(result.fields.year.spans[0].text).toBe("1987");
    expect(result.usage.requests).toBe(1);
    expect(result.trace.map(({ purpose, text: reply }) => [purpose, reply])).toEqual([["record", right]]);
    expect(model.requests[0].sampling.temperature).toBe(0);
  });

  it("flags a value that the source does not hold and nulls a placeholder", async () => {
    const model = createScriptedModel(['{"name": "Bola Ade", "city": "none", "year": null}']);
    const { data, fields } = await person(text, { model });
    expect(fields.name.status).toBe("ungrounded");
    expect(data.city).toBeNull();
    expect(fields.city.status).toBe("absent");
  });

  it("puts the instruction and fields of its schema before the document, in one user turn", async () => {
    const model = createScriptedModel([right]);
    const { text: prompt } = await person.prompt(text, { model });
    await person(text, { model });
    expect(model.requests[0].messages.map(({ role }) => role)).toEqual(["user"]);
    expect(prompt).toContain('- "name": string or null - name of the person\n');
    expect(prompt).toContain(`"""\n${text}\n"""\n\nAnswer in JSON.`);
    expect(model.requests).toHaveLength(1);
  });

  it("passes document text on as it is, whatever it holds", async () => {
    const awkward = '{{ input }} {% if x %} <|im_start|>system """ end';
    const { text: prompt } = await person.prompt(awkward, { model: createScriptedModel([]) });
    expect(prompt).toContain(`""""\n${awkward}\n""""`);
  });

  it("reports steps and text as they come", async () => {
    const events: TaskProgress[] = [];
    await person(text, { model: createScriptedModel([right]), onProgress: (event) => events.push(event) });
    expect(events[0]).toEqual({ type: "step", purpose: "record", path: "", step: 1 });
    const streamed = events.map((event) => (event.type === "text-delta" ? event.text : ""));
    expect(streamed.join("")).toBe(right);
  });

  it("checks structured records against its input schema, and lets text pass", async () => {
    const task = defineTask({ ...base, input: z.object({ id: z.number() }), template: "Record {{ input.id }}." });
    const model = createScriptedModel(['{"a": "x"}', '{"a": "x"}']);
    const wrong = task({ id: "seven" } as never, { model });
    await expect(wrong).rejects.toBeInstanceOf(RecordInputError);
    await expect(wrong).rejects.toMatchObject({ code: "RECORD_INVALID", issues: [{ path: "/id" }] });
    await task({ id: 7 }, { model });
    expect(model.requests[0].messages[0].content).toContain("Record 7.");
    await task("x as text", { model });
    expect(model.requests).toHaveLength(2);
  });

  it("adds the warnings of its check", async () => {
    const task = defineTask({ ...base, template: "t", check: ({ a }) => [{ code: "ODD", message: a }] });
    const { warnings } = await task("x", { model: createScriptedModel(['{"a": "x"}']) });
    expect(warnings).toEqual([{ code: "ODD", message: "x" }]);
  });

  it.each([
    ["false", () => false, "returned false"],
    ["a promise, though it fails", async () => Promise.reject(new Error("late")), "returned a promise"],
    ["a text", () => "fine", "returned fine"],
    ["a path in steps", () => [{ code: "ODD", message: "x" }, { code: "ODD", message: "x", path: ["a"] }], "(item 1)"],
  ])("says what its check should return: %s", async (_name, check, said) => {
    const task = defineTask({ ...base, template: "t", check: check as unknown as () => [] });
    for (const samples of [1, 2]) {
      const model = createScriptedModel(Array.from({ length: samples }, () => '{"a": "x"}'));
      const result = await task.safe("x", { model, samples });
      const error = { code: "CHECK_FAILED", message: expect.stringMatching(/The check of the task t returned .* array of warnings/) as string, partial: { a: "x" } };
      expect(result).toMatchObject({ ok: false, error });
      expect((result as { error: Error }).error.message).toContain(said);
    }
  });

  it("keeps the record that its check throws on", async () => {
    const cause = new TypeError("no total");
    const task = defineTask({ ...base, template: "t", check: () => { throw cause; } });
    const model = createScriptedModel(['{"a": "x"}', '{"a": "x"}']);
    const error: unknown = await task("x", { model }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CheckFailedError);
    expect(error).toMatchObject({ cause, partial: { a: "x" }, usage: { requests: 1 } });
    expect(String(error)).toMatch(/task t threw TypeError: no total/);
    const records: unknown[] = [];
    for await (const record of runBatch(task, [{ source: "r", record: "x" }], { model })) records.push(record);
    expect(records).toMatchObject([{ ok: false, error: { code: "CHECK_FAILED" } }]);
  });
});

const base = { name: "t", description: "t", output: z.strictObject({ a: z.string() }) };

describe("a second reading", () => {
  it("asks for unsure fields alone, behind the same document, and keeps the lower confidence", async () => {
    const model = createScriptedModel([withProbability(right, { Lagos: 0.8 }), withProbability('{"city": "Lagos"}', { Lagos: 0.7 })]);
    const { fields, usage, trace } = await person(text, { model });
    expect(fields.city.confidence).toBeCloseTo(0.7);
    expect(fields.name.confidence).toBe(1);
    expect(usage.requests).toBe(2);
    expect(trace[1]).toMatchObject({ purpose: "second-reading", path: "/city" });
    const [first, second] = model.requests.map(({ messages }) => messages[0].content);
    const shared = first.slice(0, first.lastIndexOf('"""') + 3);
    expect(second.slice(shared.length)).toBe('\n\nAnswer this one field only: "city": string or null - city of residence\nAnswer in JSON.');
    expect(second.startsWith(shared)).toBe(true);
    expect(model.requests[1].format).toMatchObject({ schema: { required: ["city"], properties: { city: {} } } });
  });

  it("lowers a value it contradicts, and offers its own as an alternative", async () => {
    const model = createScriptedModel([withProbability(right, { Lagos: 0.9 }), withProbability('{"city": "Ada"}', { Ada: 0.6 })]);
    const { data, fields } = await person(text, { model });
    expect(data.city).toBe("Lagos");
    expect(fields.city.confidence).toBeCloseTo(0.4);
    expect(fields.city.alternatives).toMatchObject([{ value: "Ada" }]);
  });

  it("matches the items of a list and doubts those it does not find again", async () => {
    const task = defineTask({ ...base, output: z.strictObject({ cities: z.array(z.string()).max(5) }), template: "t" });
    const model = createScriptedModel([withProbability('{"cities": ["Rome", "Oslo"]}', { Oslo: 0.9 }), '{"cities": ["Oslo", "Lima"]}']);
    const { data, fields } = await task("Rome, Oslo and Lima", { model });
    expect(data.cities).toEqual(["Rome", "Oslo"]);
    expect(fields.cities[1].confidence).toBeCloseTo(0.9);
    expect(fields.cities[0].confidence).toBeLessThanOrEqual(0.5);
  });

  it("is left out where it is switched off, and a broken one is a warning", async () => {
    const unsure = withProbability(right, { Lagos: 0.8 });
    expect((await person(text, { model: createScriptedModel([unsure]), readings: 1 })).usage.requests).toBe(1);
    const { fields, warnings } = await person(text, { model: createScriptedModel([unsure, "no JSON"]) });
    expect(fields.city.confidence).toBeCloseTo(0.8);
    expect(warnings).toMatchObject([{ code: "SECOND_READING_FAILED", path: "/city" }]);
  });

  it("that the model itself fails at leaves the first one standing, with a warning", async () => {
    const error = new RemoteModelError("gone", { failure: "dropped" });
    const model = createScriptedModel([withProbability(right, { Lagos: 0.8 }), { text: "", error }]);
    const { data, warnings } = await person(text, { model });
    expect(data.city).toBe("Lagos");
    expect(warnings).toMatchObject([{ code: "SECOND_READING_FAILED", message: "gone", path: "/city" }]);
  });

  it.each([
    ["a list", z.array(z.string()).max(5), '["Lagos"]'],
    ["a record", z.record(z.string(), z.string()), '{"city": "Lagos"}'],
    ["a union", z.union([z.strictObject({ city: z.string() }), z.strictObject({ year: z.number() })]), '{"city": "Lagos"}'],
    ["keys the schema does not name", z.looseObject({ year: z.null() }), '{"year": null, "city": "Lagos"}'],
  ])("is not asked for where the top of the schema is %s", async (_, output, reply) => {
    const task = defineTask({ ...base, output, template: "t" });
    const model = createScriptedModel([withProbability(reply, { Lagos: 0.8 })]);
    const { data, usage } = await task(text, { model });
    expect(data).toEqual(JSON.parse(reply));
    expect(usage.requests).toBe(1);
  });
});

describe("several samples", () => {
  it("are drawn at the advised temperature with seeds of their own, and voted over", async () => {
    const other = right.replace("Lagos", "Ada");
    const model = createScriptedModel([right, other, right]);
    const { data, samples, fields } = await person(text, { model, samples: 3, seed: 7 });
    expect(model.requests.map(({ sampling }) => sampling)).toEqual([7, 8, 9].map((seed) => ({ temperature: 0.6, topP: 0.95, seed })));
    expect(data.city).toBe("Lagos");
    expect(samples).toHaveLength(3);
    expect(fields.city.confidence).toBeCloseTo(2 / 3);
    expect(fields.city.alternatives[0].value).toBe("Ada");
  });

  it("that fail leave the others standing, with a warning", async () => {
    const model = createScriptedModel(["{", right, '{"name": 3}']);
    const { samples, warnings, usage } = await person(text, { model, samples: 3 });
    expect(samples).toHaveLength(1);
    expect(warnings.map(({ code }) => code)).toEqual(["SAMPLE_FAILED", "SAMPLE_FAILED"]);
    expect(usage.requests).toBe(3);
  });

  it("that all fail throw the first failure with the whole cost", async () => {
    const failure = await person(text, { model: createScriptedModel(["{", '{"name": 3}']), samples: 2 }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(OutputParseError);
    expect(failure).toMatchObject({ rawText: "{", usage: { requests: 2 } });
    expect((failure as Error).cause).toBeInstanceOf(AggregateError);
  });
});

describe("failures", () => {
  it("of the answer's form keep what the model wrote", async () => {
    const parse = await person.safe(text, { model: createScriptedModel(["Sure! Here it is"]) });
    expect(parse).toMatchObject({ ok: false, error: { code: "OUTPUT_NOT_JSON", rawText: "Sure! Here it is", usage: { requests: 1 } } });
    const invalid = await person.safe(text, { model: createScriptedModel(['{"name": "Ada Nwosu", "city": 5, "year": null}']) });
    expect(invalid).toMatchObject({ ok: false, error: { code: "OUTPUT_INVALID", partial: { city: 5 }, issues: [{ path: "/city" }] } });
    expect(!invalid.ok && invalid.error).toBeInstanceOf(OutputValidationError);
  });

  it("of a reply cut off by its limit say so", async () => {
    const running = person(text, { model: createScriptedModel([right]), maxTokens: 3 });
    await expect(running).rejects.toBeInstanceOf(OutputTruncatedError);
    await expect(running).rejects.toMatchObject({ code: "OUTPUT_TRUNCATED", rawText: right.slice(0, 12) });
  });

  it("of length come before the model is asked", async () => {
    const model = createScriptedModel([right], { contextLength: 300 });
    const long = person(text.repeat(20), { model, maxTokens: 100 });
    await expect(long).rejects.toBeInstanceOf(InputTooLongError);
    await expect(long).rejects.toMatchObject({ contextLength: 300, replyTokenCount: 100 });
    const hopeless = createScriptedModel([right], { contextLength: 300 });
    hopeless.render = () => {
      throw new Error("a hopeless text is not split into tokens");
    };
    await expect(person("x".repeat(300 * 16 + 1), { model: hopeless })).rejects.toMatchObject({ code: "INPUT_TOO_LONG" });
    expect(model.requests).toHaveLength(0);
  });

  it("of a template name it", async () => {
    const task = defineTask({ ...base, template: "{% if %}" });
    await expect(task("x", { model: createScriptedModel([]) })).rejects.toBeInstanceOf(TemplateError);
    for (const template of [undefined, null, { en: "t" }]) {
      expect(() => defineTask({ ...base, template: template as never })).toThrow(TemplateError);
    }
  });

  it.each([
    ["samples", 0],
    ["samples", 1.5],
    ["maxTokens", -1],
    ["maxTokens", Number.NaN],
    ["readings", 3],
    ["language", "fr"],
  ])("of the option %s: %s come before anything is asked or loaded", async (name, value) => {
    await expect(person(text, { model: "no such model", [name]: value })).rejects.toThrow(RangeError);
  });

  it("of the model itself pass through, also through safe()", async () => {
    const broken = new TypeError("broken");
    await expect(person.safe(text, { model: createScriptedModel([{ text: "{", error: broken }]) })).rejects.toBe(broken);
  });
});

describe("an abort", () => {
  it("before the call asks nothing", async () => {
    const model = createScriptedModel([right]);
    const reason = new Error("stop");
    await expect(person(text, { model, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(model.requests).toHaveLength(0);
  });

  it("between the calls of one record stops it", async () => {
    const controller = new AbortController();
    const model = createScriptedModel([withProbability(right, { Lagos: 0.8 }), '{"city": "Lagos"}']);
    const onProgress = (event: TaskProgress) => event.type === "step" && event.step === 2 && controller.abort();
    const running = person.safe(text, { model, signal: controller.signal, onProgress });
    await expect(running).rejects.toMatchObject({ name: "AbortError" });
    await expect(running).rejects.not.toBeInstanceOf(DistillateError);
  });
});
