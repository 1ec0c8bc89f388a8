// The sum of what calls cost, with and without what only the bundled engine counts.
import { expect, it } from "vitest";
import { addUsage, noUsage } from "../../../src/model/add-usage.js";
import type { Usage } from "../../../src/model/language-model.js";

const counted: Usage = { ...noUsage, promptTokens: 10, requests: 1, modelMs: 2.5, draftedTokens: 4, acceptedTokens: 3, passes: 2, flops: { computed: 100, skipped: 7 } };
const bare: Usage = { ...noUsage, promptTokens: 5, outputTokens: 6, requests: 1, modelMs: 1 };

it("adds number by number", () => {
  expect(addUsage(counted, counted)).toEqual({ ...counted, promptTokens: 20, requests: 2, modelMs: 5, draftedTokens: 8, acceptedTokens: 6, passes: 4, flops: { computed: 200, skipped: 14 } });
  expect(counted.flops).toEqual({ computed: 100, skipped: 7 });
});

it("keeps what only one of them counts, and leaves out what neither does", () => {
  for (const sum of [addUsage(counted, bare), addUsage(bare, counted)]) {
    expect(sum).toEqual({ ...counted, promptTokens: 15, outputTokens: 6, requests: 2, modelMs: 3.5 });
  }
  expect(Object.keys(addUsage(noUsage, bare))).toEqual(Object.keys(noUsage));
});
