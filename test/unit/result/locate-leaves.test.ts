import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OutputParseError } from "../../../src/error/output/output-parse-error.js";
import { leafConfidence } from "../../../src/result/leaf-confidence.js";
import { locateLeaves } from "../../../src/result/locate-leaves.js";
import { parseOutput } from "../../../src/result/parse-output.js";
import { childPointer, getAtPointer } from "../../../src/schema/json-pointer.js";

function leafPointers(value: unknown, pointer = ""): string[] {
  if (typeof value !== "object" || value === null || Object.keys(value).length === 0) return [pointer];
  return Object.entries(value).flatMap(([key, inner]) => leafPointers(inner, childPointer(pointer, key)));
}

/** As a model may write it: every character of every string escaped. */
function escapeAll(json: string): string {
  return json.replaceAll(/"(?:[^"\\]|\\.)*"/gu, (text) => {
    const units = (JSON.parse(text) as string).split("");
    return `"${units.map((unit) => String.raw`\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")}"`;
  });
}

describe("locateLeaves", () => {
  it("finds every leaf's literal in compact, spaced and escaped JSON", () => {
    const styles: ((value: unknown) => string)[] = [
      (value) => JSON.stringify(value),
      (value) => ` ${JSON.stringify(value, null, "\t ")}\n`,
      (value) => escapeAll(JSON.stringify(value)),
    ];
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...styles), (value, style) => {
        const text = style(value);
        const parsed: unknown = JSON.parse(text);
        const leaves = locateLeaves(text);
        expect([...leaves.keys()].toSorted()).toEqual(leafPointers(parsed).toSorted());
        for (const [pointer, { start, end }] of leaves) {
          expect(JSON.parse(text.slice(start, end))).toEqual(getAtPointer(parsed, pointer));
          expect(text.slice(start, end).trim()).toHaveLength(end - start);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("counts the last of repeated keys, as JSON.parse does", () => {
    expect([...locateLeaves('{"a":{"b":1,"c":2},"a":{"c":3}}')]).toEqual([["/a/c", { start: 28, end: 29 }]]);
  });

  it("names keys that hold slashes and tildes", () => {
    expect([...locateLeaves(String.raw`{"a\/b":{"~":true}}`).keys()]).toEqual(["/a~1b/~0"]);
  });

  it("refuses what is no JSON", () => {
    expect(() => locateLeaves('{"a":1')).toThrow(SyntaxError);
  });
});

function tokensOf(list: [string, number][]) {
  let start = 0;
  return list.map(([piece, probability]) => ({ start, end: (start += piece.length), logprob: Math.log(probability) }));
}

describe("leafConfidence", () => {
  const text = '{"name":"Acme, Inc","total":12}';
  // Token edges cross the literals' edges: `"A` opens the name, `",` closes it together with the comma.
  const pieces: [string, number][] = [
    ['{"', 0.1], ["name", 0.2], ['":', 0.9], ['"A', 0.8], ["cme", 0.7], [", Inc", 0.95], ['","', 0.6], ["total", 0.3], ['":', 0.9], ["12", 0.5], ["}", 0.01],
  ];

  it("is the probability of the least likely token that touches the literal", () => {
    const confidences = leafConfidence(text, tokensOf(pieces));
    expect(confidences.get("/name")).toBeCloseTo(0.6, 10);
    expect(confidences.get("/total")).toBeCloseTo(0.5, 10);
    expect(confidences.size).toBe(2);
  });

  it("does not look at keys and brackets, however unlikely", () => {
    const confidences = leafConfidence('{"k":[1,2]}', tokensOf([['{"k":[', 1e-9], ["1", 0.9], [",", 1e-9], ["2", 0.8], ["]}", 1e-9]]));
    expect(confidences.get("/k/0")).toBeCloseTo(0.9, 10);
    expect(confidences.get("/k/1")).toBeCloseTo(0.8, 10);
  });

  it("counts a token of no width, the first half of a character, where it stands", () => {
    const tokens = [
      { start: 0, end: 1, logprob: 0 },
      { start: 1, end: 1, logprob: Math.log(0.4) },
      { start: 1, end: 3, logprob: 0 },
    ];
    expect(leafConfidence('"é"', tokens).get("")).toBeCloseTo(0.4, 10);
  });

  it("knows nothing where the model gives no probabilities", () => {
    expect(leafConfidence(text, []).size).toBe(0);
  });
});

describe("parseOutput", () => {
  it("keeps the reply of a failure", () => {
    const rawText = '{"a": 1';
    expect(parseOutput('{"a":1}')).toEqual({ a: 1 });
    try {
      parseOutput(rawText);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(OutputParseError);
      expect(error).toMatchObject({ code: "OUTPUT_NOT_JSON", rawText, usage: undefined });
      expect((error as OutputParseError).cause).toBeInstanceOf(SyntaxError);
    }
  });
});
