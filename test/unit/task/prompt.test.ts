// Prompts: fields in words, answers as JSON, and a beginning that all records of a task share.
import { describe, expect, it } from "vitest";
import { assert, jsonValue, property } from "fast-check";
import { z } from "zod";
import { derived, described, key } from "../../../schemas/index.js";
import { parseBalanceSheet, defineTask, type Example } from "../../../src/index.js";
import { createScriptedModel } from "../../../src/model/scripted-model.js";
import { fieldLines } from "../../../src/prompt/field-lines.js";
import { writeJson } from "../../../src/prompt/write-json.js";
import { toJsonSchema } from "../../../src/schema/to-json-schema.js";

describe("fieldLines", () => {
  it("says type, absence and meaning of each field, nested ones within braces", () => {
    const schema = z.strictObject({
      party: described(z.string().nullable(), "who", "谁"),
      count: z.number().int(),
      price: z.number().nullable(),
      sure: z.boolean(),
      day: z.iso.date(),
      kind: described(key(derived(z.enum(["a", "b"]).nullable())), "which", "哪种"),
      tags: z.array(z.string()),
      rows: z.array(z.strictObject({ label: z.string().describe("name"), cells: z.array(z.number().nullable()) })).describe("all rows"),
    });
    expect(fieldLines(toJsonSchema(schema), "en").split("\n")).toEqual([
      '- "party": string or null - who',
      '- "count": integer',
      '- "price": number or null',
      '- "sure": true or false',
      '- "day": string (YYYY-MM-DD)',
      '- "kind": one of a|b or null - which',
      '- "tags": list of strings',
      '- "rows": list of objects {"label": string - name, "cells": list of numbers or null} - all rows',
    ]);
    expect(fieldLines(toJsonSchema(schema), "zh").split("\n")[0]).toBe('- "party": string or null - 谁');
  });

  it("ends on a schema that contains itself", () => {
    const node = z.strictObject({ name: z.string(), get parts() { return z.array(node); } });
    expect(fieldLines(toJsonSchema(node), "en")).toContain("of the same fields again");
  });
});

describe("writeJson", () => {
  it("writes what JSON.parse reads back, on one line", () => {
    assert(
      property(jsonValue(), (value) => {
        const text = writeJson(value, true);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(text).not.toContain("\n");
      }),
    );
  });

  it("puts keys in the schema's order, whatever the value's", () => {
    const schema = toJsonSchema(z.strictObject({ b: z.string(), a: z.array(z.strictObject({ d: z.null(), c: z.number() })) }));
    expect(writeJson({ a: [{ c: 1, d: null }, { d: null, c: 2 }], b: "x, y: z" }, schema)).toBe(
      '{"b": "x, y: z", "a": [{"d": null, "c": 1}, {"d": null, "c": 2}]}',
    );
  });
});

const model = (fewShot: boolean) => createScriptedModel([], { advice: { fewShot } });

const beginning = (a: string, b: string): string => {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return a.slice(0, at);
};

describe("examples", () => {
  it("stand before every record, so that their prefix is the same for all", async () => {
    const prompts = await Promise.all(
      ["| a | 2024 |\n|---|---|\n| Cash | 1 |", "Land was 5 in 2020."].map((text) => parseBalanceSheet.prompt(text, { model: model(true), language: "en" })),
    );
    const shared = beginning(prompts[0].text, prompts[1].text);
    expect(shared.match(/^assistant: \{"company"/gm)).toHaveLength(3);
    expect(shared.match(/JSON fields:/g)).toHaveLength(1);
    expect(shared.endsWith('user: Document:\n"""\n')).toBe(true);
  });

  it("are left out for models that do worse with them", async () => {
    const { text } = await parseBalanceSheet.prompt("Cash,1", { model: model(false), language: "en" });
    expect(text).not.toContain("Harbour Tools");
    expect(text).toContain("JSON fields:");
  });

  it("show answers that fit the schema of the task", async () => {
    const examples: readonly Example[] = [{ document: { id: 4 }, answer: { a: "4" } }];
    const task = defineTask({ name: "t", description: "t", output: z.strictObject({ a: z.string() }), template: { en: "Do.", zh: "做。" }, examples });
    const { text } = await task.prompt("文档", { model: model(true) });
    expect(text).toContain("做。");
    expect(text).toContain('id: 4\n"""');
    expect(text).toContain('assistant: {"a": "4"}');
  });
});
