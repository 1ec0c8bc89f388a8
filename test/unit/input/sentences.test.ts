// Sentences and the language of a text.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { detectLanguage } from "../../../src/input/detect-language.js";
import { sentenceAround, splitSentences } from "../../../src/input/sentences.js";
import type { Language } from "../../../src/input/document.js";

function sentences(text: string, language: Language = "en"): string[] {
  return splitSentences(text, language).map(({ start, end }) => text.slice(start, end));
}

describe("splitSentences", () => {
  it.each([
    ["plain ends", ["One ends.", "Two ends!", "Does three?", "Yes."]],
    ["abbreviations", ["Acme, Inc. is bound.", "See Sec. 5 and No. 7.", "Mr. J. Smith of Acme Inc. Boston signs."]],
    ["abbreviations at the end", ["It was sold to Acme Inc.", "The buyer paid.", "He lives in the U.S.", "This is known."]],
    ["decimals", ["The rate is 1.5% per month.", "It rises to 2.25 later."]],
    ["quotes and brackets", ['He said "Stop."', "Then (it ended.)", "Nothing followed."]],
    ["a number at the end", ["It is ended under Section 6.", "Customer then pays."]],
  ])("splits at %s", (_name, expected) => {
    expect(sentences(expected.join(" "))).toEqual(expected);
  });

  it("keeps the number of a clause with its text, and headings apart", () => {
    expect(sentences("2. Term\n2.1 It begins today. It ends\ntomorrow.\n\n(a) First item;\n(b) second item.\n3. The last one."))
      .toEqual(["2. Term", "2.1 It begins today.", "It ends\ntomorrow.", "(a) First item;", "(b) second item.", "3. The last one."]);
  });

  it("joins the wrapped lines of a paragraph", () => {
    const text = "This Agreement is governed by the laws of the State of\nNew York, without regard to its rules on conflicts of law.\r\n\r\nNext.";
    expect(sentences(text.replace("of\nNew", "of the United States of\nNew"))).toHaveLength(2);
  });

  it("splits Chinese at full stops, semicolons and line breaks", () => {
    expect(sentences("第一条 期限\n本合同有效期一年。甲方说：“好。”乙方同意；丙方反对！\n1.1 乙方应当付款", "zh"))
      .toEqual(["第一条 期限", "本合同有效期一年。", "甲方说：“好。”", "乙方同意；", "丙方反对！", "1.1 乙方应当付款"]);
  });

  it("loses and repeats nothing but white space", () => {
    const prose = fc.string({ unit: fc.constantFrom(..."aB1 .;:!?\n\r\"()“”。；第条Inc") });
    fc.assert(fc.property(prose, fc.constantFrom<Language>("en", "zh"), (text, language) => {
      const ranges = splitSentences(text, language);
      let at = 0;
      for (const { start, end } of ranges) {
        expect(text.slice(at, start).trim()).toBe("");
        expect(text.slice(start, end)).toBe(text.slice(start, end).trim());
        expect(end).toBeGreaterThan(start);
        at = end;
      }
      expect(text.slice(at).trim()).toBe("");
    }));
  });
});

describe("sentenceAround", () => {
  const text = "One is here. Two is there. Three is gone.";

  it("widens a range to the sentences it touches", () => {
    const widen = (start: number, end: number): string => {
      const range = sentenceAround(text, start, end, "en");
      return text.slice(range.start, range.end);
    };
    expect(widen(17, 19)).toBe("Two is there.");
    expect(widen(8, 15)).toBe("One is here. Two is there.");
    expect(widen(0, text.length)).toBe(text);
    expect(sentenceAround(text, 12, 13, "en")).toEqual({ start: 12, end: 13 });
  });
});

describe("detectLanguage", () => {
  it.each<[string, Language]>([
    ["This is an agreement.", "en"], ["本合同自生效日起生效。", "zh"], ["患者服用 aspirin 和 ibuprofen，症状好转，体温正常。", "zh"],
    ["The word 合同 means contract in the Chinese language.", "en"], ["12.5 / 7", "en"], ["", "en"],
  ])("of %s", (text, language) => {
    expect(detectLanguage(text)).toBe(language);
  });
});
