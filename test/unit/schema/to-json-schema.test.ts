import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { z as z3 } from "zod/v3";
import { OutputValidationError } from "../../../src/error/output/output-validation-error.js";
import { SchemaError } from "../../../src/error/schema-error.js";
import { toJsonSchema } from "../../../src/schema/to-json-schema.js";
import { validate } from "../../../src/schema/validate.js";

const invoice = z.object({
  id: z.string().meta({ "x-key": true }).describe("Invoice number"),
  issued: z.iso.date().nullable(),
  count: z.int(),
  small: z.int().min(0).max(5),
  currency: z.enum(["EUR", "USD"]).default("EUR"),
  note: z.string().regex(/^a/).optional(),
});

/** A Standard Schema of another library, as its specification has it. */
const foreign = {
  "~standard": {
    version: 1,
    vendor: "other",
    validate: (value: unknown) =>
      typeof value === "string" ? { value: value.trim() } : { issues: [{ message: "no string", path: [{ key: "a/b" }, 0, "c~"] }] },
    jsonSchema: { output: ({ target }: { target: string }) => ({ $schema: target, type: "string" }), input: () => ({}) },
  },
};

describe("toJsonSchema", () => {
  it("says of a Zod 4 schema what comes out, without noise", () => {
    expect(toJsonSchema(invoice)).toEqual({
      type: "object",
      properties: {
        id: { type: "string", "x-key": true, description: "Invoice number" },
        issued: { anyOf: [{ type: "string", format: "date" }, { type: "null" }] },
        count: { type: "integer" },
        small: { type: "integer", minimum: 0, maximum: 5 },
        currency: { type: "string", enum: ["EUR", "USD"], default: "EUR" },
        note: { type: "string", pattern: "^a" },
      },
      required: ["id", "issued", "count", "small", "currency"],
      additionalProperties: false,
    });
  });

  it("knows Zod 3, Standard Schema and JSON Schema", () => {
    expect(toJsonSchema(z3.object({ a: z3.string().nullable(), d: z3.string().date() }))).toEqual({
      type: "object",
      properties: { a: { type: ["string", "null"] }, d: { type: "string", format: "date" } },
      required: ["a", "d"],
      additionalProperties: false,
    });
    expect(toJsonSchema(foreign)).toEqual({ type: "string" });
    expect(toJsonSchema({ $schema: "x", type: "object", properties: {} })).toEqual({ type: "object", properties: {} });
  });

  it("keeps references of recursive schemas, of Zod 3 too", () => {
    const tree: z.ZodType = z.object({ name: z.string(), get kids() { return z.array(tree); } });
    const check = new Ajv2020().compile(toJsonSchema(tree) as object);
    expect(check({ name: "a", kids: [{ name: "b", kids: [] }] })).toBe(true);
    expect(check({ name: "a", kids: [{ name: 1, kids: [] }] })).toBe(false);

    const old: z3.ZodType = z3.lazy(() => z3.object({ name: z3.string(), kids: z3.array(old) }));
    const checkOld = new Ajv2020({ strict: false }).compile(toJsonSchema(old) as object);
    expect(checkOld({ name: "a", kids: [{ name: 1, kids: [] }] })).toBe(false);
  });

});

describe("toJsonSchema: what it cannot use", () => {
  it.each<[string, unknown]>([
    ["a date", z.object({ at: z.date() })],
    ["a transform", z.string().transform(Number)],
    ["field names", { name: "string", total: "number" }],
    ["nothing", {}],
    ["a string", "object"],
    ["null", null],
    ["an array", [z.string()]],
    ["a Standard Schema without JSON Schema", { "~standard": { version: 1, vendor: "other", validate: foreign["~standard"].validate } }],
  ])("refuses %s and says what to do", (_name, schema) => {
    expect(() => toJsonSchema(schema)).toThrow(SchemaError);
    try {
      toJsonSchema(schema);
    } catch (error) {
      expect(error).toMatchObject({ code: "SCHEMA_UNUSABLE", hint: expect.stringMatching(/\w/u) });
    }
  });
});

function paths(schema: unknown, value: unknown): string[] {
  const result = validate(schema, value);
  return result.ok ? [] : result.issues.map(({ path }) => path);
}

describe("validate", () => {
  const good = { id: "1", issued: null, count: 1, small: 2 };

  it("gives the value as the schema puts it out", () => {
    expect(validate(invoice, good)).toEqual({ ok: true, value: { ...good, currency: "EUR" } });
    expect(validate(z3.object({ a: z3.string().default("x") }), {})).toEqual({ ok: true, value: { a: "x" } });
    expect(validate(foreign, " a ")).toEqual({ ok: true, value: "a" });
    expect(validate(toJsonSchema(invoice), good)).toMatchObject({ ok: true });
  });

  it("points at what does not fit", () => {
    const nested = z.object({ "a/b": z.array(z.object({ "c~": z.number() })) });
    expect(paths(nested, { "a/b": [{ "c~": "x" }, { "c~": 1 }] })).toEqual(["/a~1b/0/c~0"]);
    expect(paths(z3.object({ l: z3.array(z3.number()) }), { l: [1, "x"] })).toEqual(["/l/1"]);
    expect(paths(foreign, 1)).toEqual(["/a~1b/0/c~0"]);
    expect(paths(toJsonSchema(nested), { "a/b": [{ "c~": "x" }] })).toEqual(["/a~1b/0/c~0"]);
    expect(paths(invoice, { ...good, issued: "2024-02-30" })).toEqual(["/issued"]);
    expect(paths(z.string(), 1)).toEqual([""]);
  });

  it("refuses schemas that validate later", () => {
    expect(() => validate(z.string().refine(async () => true), "a")).toThrow(SchemaError);
    expect(() => validate({ "~standard": { ...foreign["~standard"], validate: async () => ({ value: 1 }) } }, "a")).toThrow(SchemaError);
  });

  it("feeds an error that loses nothing", () => {
    const result = validate(invoice, { id: 1 });
    if (result.ok) return expect.unreachable();
    const error = new OutputValidationError("The reply does not fit.", { rawText: '{"id":1}', partial: { id: 1 }, issues: result.issues });
    expect(error).toMatchObject({ code: "OUTPUT_INVALID", rawText: '{"id":1}', partial: { id: 1 }, usage: undefined });
    expect(error.issues[0]).toEqual({ path: "/id", message: expect.stringContaining("string") });
  });
});

describe("patterns of a JSON Schema", () => {
  const letters = { type: "string", pattern: String.raw`^\p{L}+$` };

  it.each([
    ["alone", letters],
    ["of one of several types", { ...letters, type: ["string", "null"] }],
    ["with a description", { ...letters, description: "letters" }],
    ["beside other keywords", { ...letters, anyOf: [{ type: "string", minLength: 1 }] }],
    ["in a choice", { anyOf: [{ type: "number" }, letters] }],
    ["behind a reference", { $ref: "#/$defs/letters" }],
  ])("are read in Unicode mode: %s", (_name, schema) => {
    const whole = { type: "object", properties: { const: schema }, required: ["const"], $defs: { letters } };
    expect(validate(whole, { const: "Größe" })).toEqual({ ok: true, value: { const: "Größe" } });
    expect(validate(whole, { const: "p{L}" }).ok).toBe(false);
  });

  it("count a character beyond the first plane as one", () => {
    expect(validate({ type: "string", pattern: "^.$" }, "𝒳").ok).toBe(true);
  });

  it("are read without it where they are valid only so", () => {
    expect(validate({ type: "string", pattern: String.raw`^a\-b$` }, "a-b").ok).toBe(true);
    expect(validate({ type: "string", pattern: String.raw`^a\-b$` }, "a_b").ok).toBe(false);
  });

  it("hold for names, too", () => {
    const named = { type: "object", properties: { "1": {} }, patternProperties: { [letters.pattern]: { type: "number" } }, additionalProperties: false };
    expect(validate(named, { Größe: 1, "1": "x" })).toEqual({ ok: true, value: { Größe: 1, "1": "x" } });
    expect(validate(named, { Größe: "x" }).ok).toBe(false);
    expect(validate(named, { "2": 1 }).ok).toBe(false);
    expect(validate({ type: "object", propertyNames: letters }, { é: 1 }).ok).toBe(true);
    expect(validate({ type: "object", propertyNames: letters }, { "2": 1 }).ok).toBe(false);
  });

  it("leave data that looks like a schema as it is", () => {
    const schema = { type: "object", properties: { a: { type: "object", default: { pattern: "a" } } } };
    expect(validate(schema, {})).toEqual({ ok: true, value: { a: { pattern: "a" } } });
  });
});
