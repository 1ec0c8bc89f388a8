// The strategy `fields`: one question for each field or group, asked at once, and one record made of the answers.
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createScriptedModel, defineTask, extractContractClauses, parseInvoice, SchemaError, toJsonSchema, type GenerationRequest, type ScriptedReply, type Strategy } from "../../../src/index.js";
import { pickProperties } from "../../../src/schema/pick-properties.js";
import { createBarrier } from "../../fixtures/barrier.js";

const output = z.strictObject({
  name: z.string().max(60).describe("name of the person"),
  born: z.number().nullable().describe("year of birth"),
  died: z.number().nullable().describe("year of death"),
  cities: z.array(z.string()).max(5),
});
const base = { name: "readPerson", description: "Reads a person.", output, template: "Extract the person." };
const taskOf = (strategy: Strategy) => defineTask({ ...base, strategy });
const person = taskOf({ type: "fields" });
const text = "Ada Nwosu, 1901 to 1987, lived in Lagos and in Accra.";

const answers: Record<string, unknown> = { name: "Ada Nwosu", born: 1901, died: 1987, cities: ["Lagos", "Accra"] };

function namesOf({ format }: GenerationRequest): string[] {
  return format.type === "json" ? Object.keys((format.schema as { properties: object }).properties) : [];
}

/** Answers what is asked for, from `given`. */
function answering(given: Record<string, unknown> = answers, change: (reply: string, names: string[], call: number) => ScriptedReply = (reply) => reply) {
  return createScriptedModel(
    (request, call) => {
      const names = namesOf(request);
      return change(JSON.stringify(Object.fromEntries(names.map((name) => [name, given[name]]))), names, call);
    },
    { canResume: true },
  );
}

describe("field questions", () => {
  it("are asked at once, each with its own field and schema, behind the same document", async () => {
    const all = createBarrier(4);
    const model = createScriptedModel(async (request) => {
      await all();
      const [name] = namesOf(request);
      return JSON.stringify({ [name]: answers[name] });
    });
    const { data, fields, trace } = await person(text, { model });
    expect(data).toEqual(answers);
    expect(Object.keys(data)).toEqual(["name", "born", "died", "cities"]);
    expect(fields.cities[1]).toMatchObject({ status: "verbatim", spans: [{ text: "Accra" }] });
    expect(trace.map(({ purpose, path }) => `${purpose} ${path}`)).toEqual(["field /name", "field /born", "field /died", "field /cities"]);
    const contents = model.requests.map(({ messages }) => messages[0].content);
    const shared = contents[0].slice(0, contents[0].lastIndexOf('"""') + 3);
    expect(contents.map((content) => content.slice(shared.length).split("\n").filter(Boolean))).toEqual([
      ["Extract the person.", "JSON fields:", '- "name": string - name of the person', "Answer in JSON."],
      ["Extract the person.", "JSON fields:", '- "born": number or null - year of birth', "Answer in JSON."],
      ["Extract the person.", "JSON fields:", '- "died": number or null - year of death', "Answer in JSON."],
      ["Extract the person.", "JSON fields:", '- "cities": list of strings', "Answer in JSON."],
    ]);
    expect(model.requests[1].format).toMatchObject({ schema: { required: ["born"], additionalProperties: false } });
    const { text: prompt } = await person.prompt(text, { model });
    expect(prompt).toContain(contents[0]);
  });

  it("take dependent fields together, where the first of them stands", async () => {
    const model = answering();
    const { data, trace } = await taskOf({ type: "fields", groups: [["died", "born"]] })(text, { model });
    expect(model.requests.map(namesOf)).toEqual([["name"], ["born", "died"], ["cities"]]);
    expect(trace.map(({ path }) => path)).toEqual(["/name", "", "/cities"]);
    expect(data).toEqual(answers);
  });

  it("are a call's own choice, too, and so is one record", async () => {
    const model = answering();
    await defineTask(base)(text, { model, strategy: "fields" });
    expect(model.requests).toHaveLength(4);
    await person(text, { model, strategy: "record" });
    expect(namesOf(model.requests[4])).toHaveLength(4);
    expect(model.requests[4].messages[0].content.indexOf("Extract the person.")).toBeLessThan(model.requests[4].messages[0].content.indexOf(text));
    await expect(extractContractClauses(text, { model, strategy: "fields" })).rejects.toThrow(RangeError);
    await expect(person(text, { model, strategy: "clauses" as never })).rejects.toThrow(RangeError);
  });

  it("read what one of them was unsure of again, in one record", async () => {
    const model = answering(answers, (reply, names) => ({
      text: names.length > 1 ? reply.replace("1987", "1980") : reply,
      tokens: [{ start: 0, end: reply.length, logprob: names[0] === "died" ? Math.log(0.8) : names.length > 1 ? Math.log(0.7) : 0 }],
    }));
    const { data, fields, trace } = await person(text, { model, readings: 2 });
    expect(trace.map(({ purpose }) => purpose).filter((purpose) => purpose === "second-reading")).toHaveLength(1);
    expect(data).toEqual(answers);
    expect(fields.died.confidence).toBeCloseTo(0.3);
    expect(fields.died.alternatives).toMatchObject([{ value: 1980 }]);
    expect(fields.name.confidence).toBe(1);
    expect((await person(text, { model, readings: 1 })).usage.requests).toBe(4);
  });

  it("write a value anew in the answer that holds it", async () => {
    const task = defineTask({
      ...base,
      strategy: { type: "fields" },
      check: ({ born, died }) => (born !== null && died !== null && died < born ? [{ code: "ORDER", message: "died first", path: "/died" }] : []),
    });
    const model = answering({ ...answers, died: 1900 }, (reply, names, call) => (call > 3 && names[0] === "died" ? '{"died": 1987}' : reply));
    const { data, fields, warnings } = await task(text.replace("1901", "1901 (or 1900)"), { model });
    expect(model.requests[4]).toMatchObject({ messages: model.requests[2].messages, format: { prefix: { banned: [1900] } } });
    expect(data).toEqual(answers);
    expect(fields.cities[0].status).toBe("verbatim");
    expect(warnings.map(({ code }) => code)).toEqual(["VALUE_REWRITTEN"]);
  });

  it("take of each answer what was asked for, and keep all of what was written where the record is unusable", async () => {
    const whole = createScriptedModel((request) => JSON.stringify({ ...answers, [namesOf(request)[0] === "name" ? "born" : "name"]: "wrong" }));
    expect((await person(text, { model: whole })).data).toEqual(answers);
    const failing = await person.safe(text, { model: answering({ ...answers, born: "x" }) });
    expect(failing).toMatchObject({ ok: false, error: { code: "OUTPUT_INVALID", issues: [{ path: "/born" }], rawText: expect.stringContaining('{"born":"x"}\n{"died"') as string } });
    const list = await person.safe(text, { model: createScriptedModel(["[1]", "[2]", "[3]", "[4]"]) });
    expect(list).toMatchObject({ ok: false, error: { code: "OUTPUT_INVALID" } });
  });

  it("serve ready tasks", async () => {
    const invoice = { invoiceNumber: "17", issueDate: null, dueDate: null, seller: "Alder", buyer: null, currency: "EUR", lines: [], taxTotal: null, total: "20.00" };
    const { data } = await parseInvoice("No. 17, Alder, EUR 20.00", { model: answering(invoice), strategy: "fields" });
    expect(data).toMatchObject({ invoiceNumber: "17", seller: "Alder", total: 20 });
  });

  it.each([
    ["a schema without named properties", () => defineTask({ ...base, output: z.array(z.string()), strategy: { type: "fields" } }), /named properties/],
    ["a group of what is no field", () => taskOf({ type: "fields", groups: [["name", "age"]] }), /"age", which is no property/],
    ["a field in two groups", () => taskOf({ type: "fields", groups: [["name"], ["born", "name"]] }), /"name", which stands there twice/],
  ])("refuse %s", (_, define, message) => {
    expect(define).toThrow(SchemaError);
    expect(define).toThrow(message);
  });
});

describe("a schema cut down to some properties", () => {
  it("keeps references into the record, and drops what looks at other properties", () => {
    const node = z.object({ name: z.string(), get children() { return z.array(node).max(3); } });
    const schema = toJsonSchema(node) as Record<string, unknown>;
    const picked = pickProperties({ ...schema, minProperties: 2, dependentRequired: { name: ["children"] } }, ["children"]) as Record<string, never>;
    expect(Object.keys(picked.properties)).toEqual(["children"]);
    expect(picked).toMatchObject({ required: ["children"] });
    expect(picked).not.toHaveProperty("minProperties");
    expect(picked).not.toHaveProperty("dependentRequired");
    const reference = /"\$ref":"#([^"]*)"/u.exec(JSON.stringify(picked.properties))![1];
    const target = reference.split("/").slice(1).reduce((part: never, key) => part[key], picked as never) as { properties: object };
    expect(Object.keys(target.properties)).toEqual(["name", "children"]);
  });
});
