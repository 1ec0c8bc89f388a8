import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseNumber } from "../../../src/result/normalize-number.js";

describe("parseNumber", () => {
  it.each<[string, number]>([
    ["0", 0], ["42", 42], ["3.14", 3.14], [".5", 0.5], ["-5", -5], ["−5", -5], ["+5", 5], ["1234567", 1234567],
    ["1,234", 1234], ["1,234.50", 1234.5], ["12,345,678", 12345678], ["12,34,567", 1234567], ["0,123", 0.123],
    ["(1,234)", -1234], ["($ 1,234.5)", -1234.5], ["1,234-", -1234], ["-$5.00", -5], ["$-5", -5],
    ["$1,234", 1234], ["US$1,234", 1234], ["USD 1,234", 1234], ["RM12.50", 12.5], ["€ 12,50", 12.5], ["12,50 €", 12.5], ["100 EUR", 100],
    ["1.234,56", 1234.56], ["1.234.567", 1234567], ["12,5", 12.5], ["1 234,56", 1234.56], ["1 234 567", 1234567], ["1'234.50", 1234.5],
    ["1.234", 1.234], ["12.5%", 12.5], ["-3 %", -3],
    ["2.5 million", 2.5e6], ["$3bn", 3e9], ["5k", 5000], ["1,5 Mio.", 1.5e6], ["2 Milliarden", 2e9],
    ["3.5亿", 3.5e8], ["1.1亿", 1.1e8], ["5万元", 5e4], ["3千万", 3e7], ["2万亿", 2e12], ["５万", 5e4], ["１２３．５", 123.5],
    ["三百二十", 320], ["十五", 15], ["二十", 20], ["两千", 2000], ["叁拾万", 3e5], ["一亿三千万", 1.3e8], ["一百零五", 105], ["二〇二四", 2024],
    ["twelve", 12], ["forty-two", 42], ["  7 ", 7],
  ])("%s is %d", (text, value) => {
    expect(parseNumber(text)).toBe(value);
  });

  it.each(["", "-", "abc", "12 apples", "1.2.3", "1,2,3", "12.03.2024", "2024-03-12", "10-5", "A123", "5 6", "n/a", "百姓"])(
    "%j is no number",
    (text) => {
      expect(parseNumber(text)).toBeUndefined();
    },
  );

  it("reads back what Intl prints, English, German, Swiss and Indian", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), fc.constantFrom("en-US", "de-DE", "de-CH", "en-IN"), (cents, locale) => {
        const value = cents / 100;
        const text = new Intl.NumberFormat(locale, { minimumFractionDigits: 2 }).format(value);
        expect(parseNumber(text)).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it("reads back Chinese numerals that Intl prints", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999 }), (value) => {
        const digits = new Intl.NumberFormat("zh-u-nu-hanidec", { useGrouping: false }).format(value);
        expect(parseNumber(digits)).toBe(value);
      }),
    );
  });
});
