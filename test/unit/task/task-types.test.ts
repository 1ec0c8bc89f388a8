// What the compiler knows about a task's input and output.
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { clauseCategories, type Contract } from "../../../schemas/index.js";
import { defineContractClauses, defineTask, diagnose, oneOfSource, parseInvoice, verbatim, withEvidence, type Extraction, type Field, type RecordInput, type Task } from "../../../src/index.js";

describe("types", () => {
  it("follow from the schemas", () => {
    const task = defineTask({
      name: "t",
      description: "t",
      template: "t",
      input: z.object({ id: z.coerce.number<string>(), note: z.string().optional() }),
      output: z.strictObject({ total: z.number().nullable(), lines: z.array(z.strictObject({ name: z.string() })) }),
      check: (data) => {
        expectTypeOf(data.lines).toEqualTypeOf<{ name: string }[]>();
        return [];
      },
    });
    expectTypeOf(task).parameter(0).toEqualTypeOf<RecordInput<{ id: string; note?: string | undefined }>>();
    type Result = Awaited<ReturnType<typeof task>>;
    expectTypeOf<Result["data"]>().toEqualTypeOf<{ total: number | null; lines: { name: string }[] }>();
    expectTypeOf<Result["fields"]["lines"][number]["name"]>().toEqualTypeOf<Field>();
    expectTypeOf<Result["fields"]["total"]>().toEqualTypeOf<Field>();
  });

  it("of ready tasks are plain", () => {
    expectTypeOf(parseInvoice).returns.resolves.toHaveProperty("data").toHaveProperty("total").toEqualTypeOf<number | null>();
    expectTypeOf(diagnose).parameter(0).extract<{ symptoms?: unknown }>().toHaveProperty("symptoms").toEqualTypeOf<string | string[] | undefined>();
    const { governingLaw } = clauseCategories;
    expectTypeOf(defineContractClauses({ categories: { governingLaw, mine: governingLaw } })).toEqualTypeOf<
      Task<object, Contract<"governingLaw" | "mine">>
    >();
  });

  it("of copies are those of their schemas, null where they may be absent", () => {
    const task = defineTask({
      name: "t",
      description: "t",
      template: "t",
      output: z.object({
        party: verbatim(z.string().max(9)),
        clause: verbatim(z.string(), { absent: true, wholeWords: false }),
        amount: oneOfSource(/\d+/, { maxLength: 9 }),
        row: oneOfSource("rows", { absent: true }),
        term: withEvidence(z.number().int()),
        end: withEvidence(z.iso.date(), { absent: true }),
      }),
    });
    type Result = Awaited<ReturnType<typeof task>>;
    expectTypeOf<Result["data"]>().toEqualTypeOf<{
      party: string;
      clause: string | null;
      amount: string;
      row: string | null;
      term: { evidence: string; value: number };
      end: { evidence: string; value: string } | null;
    }>();
    expectTypeOf<Result["fields"]["term"]["evidence"]>().toEqualTypeOf<Field>();
    expectTypeOf(verbatim(z.string().max(9))).toEqualTypeOf<z.ZodString>();
    // @ts-expect-error options are known
    expect(() => verbatim(z.string(), { longest: 5 })).toThrow(TypeError);
  });

  it("a result of a known type can be read as one of unknown type", () => {
    expectTypeOf<Extraction<{ a: { b: string | null }[] }>>().toExtend<Extraction<unknown>>();
  });
});
