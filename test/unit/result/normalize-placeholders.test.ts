import { describe, expect, it } from "vitest";
import { z } from "zod";
import { nullifyPlaceholders } from "../../../src/result/normalize-placeholders.js";
import { toJsonSchema } from "../../../src/schema/to-json-schema.js";
import { plainDocument } from "../../fixtures/plain-document.js";

const schema = toJsonSchema(
  z.object({
    a: z.string().nullable(),
    b: z.string(),
    e: z.enum(["none", "mild"]).nullable(),
    list: z.array(z.string()),
    atLeastOne: z.array(z.string()).min(1),
    gaps: z.array(z.string().nullable()),
    inner: z.object({ a: z.string().nullable() }).nullable(),
  }),
);
const base = { a: "x", b: "x", e: null, list: [], atLeastOne: ["x"], gaps: [], inner: null };

describe("nullifyPlaceholders", () => {
  it.each(["none", "None.", "null", "N/A", "not specified", "无", "没有", "未提及", "-", "", " "])("%j means null", (word) => {
    expect(nullifyPlaceholders({ ...base, a: word, inner: { a: word } }, schema)).toEqual({ ...base, a: null, inner: { a: null } });
  });

  it.each(["Nonesuch Inc.", "none of the above applies", "无锡", "Na", "0", "N/A Corp"])("%j is a value", (word) => {
    expect(nullifyPlaceholders({ ...base, a: word }, schema)).toEqual({ ...base, a: word });
  });

  it("leaves a value where null has no room or the schema lists the word", () => {
    const data = { ...base, b: "none", e: "none", atLeastOne: ["none"] };
    expect(nullifyPlaceholders(data, schema)).toEqual(data);
  });

  it("takes it out of lists, or to null where items may be null", () => {
    expect(nullifyPlaceholders({ ...base, list: ["无", "a"], gaps: ["none", "a"] }, schema)).toEqual({ ...base, list: ["a"], gaps: [null, "a"] });
  });

  it("keeps a word that the document prints as a value", () => {
    const data = { ...base, a: "None" };
    expect(nullifyPlaceholders(data, schema, plainDocument("Allergies: none\nAge: 4"))).toEqual(data);
    expect(nullifyPlaceholders(data, schema, plainDocument("| Allergies | None | x |"))).toEqual(data);
    expect(nullifyPlaceholders({ ...base, a: "无" }, schema, plainDocument("过敏史：无。", "zh"))).toEqual({ ...base, a: "无" });
    expect(nullifyPlaceholders(data, schema, { ...plainDocument("a"), data: { x: [{ y: "none" }] } })).toEqual(data);
    expect(nullifyPlaceholders(data, schema, plainDocument("There were none of these."))).toEqual({ ...base, a: null });
  });
});
