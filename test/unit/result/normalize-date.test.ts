import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDate } from "../../../src/result/normalize-date.js";

describe("parseDate", () => {
  it.each([
    "2024-03-12", "2024/3/12", "2024.03.12", "20240312", "2024-03-12T09:30:00Z", "2024-03-12 09:30",
    "12 March 2024", "12 Mar 2024", "12-Mar-2024", "12-MAR-24", "12th March, 2024", "12th of March 2024", "12th day of March, 2024",
    "March 12, 2024", "March 12th, 2024", "Mar. 12, 2024", "March 12 , 2024", "MARCH 12 2024", "12  march\n2024", "2024 March 12",
    "12. März 2024", "12.03.2024", "12.3.24", "12. Maerz 2024",
    "2024年3月12日", "2024 年 03 月 12 日", "二〇二四年三月十二日", "２０２４年３月１２日", "２０２４－０３－１２",
  ])("%s", (text) => {
    expect(parseDate(text)).toBe("2024-03-12");
  });

  it.each<[string, string]>([
    ["31 Dezember 1999", "1999-12-31"], ["1st January 70", "1970-01-01"], ["29 February 2024", "2024-02-29"], ["3/3/2024", "2024-03-03"],
    ["25/12/2018", "2018-12-25"], ["12/25/2018", "2018-12-25"], ["二〇〇八年十二月三十一日", "2008-12-31"], ["2019年十月二十一日", "2019-10-21"],
  ])("%s is %s", (text, date) => {
    expect(parseDate(text)).toBe(date);
  });

  it("leaves day and month in doubt unless told their order", () => {
    expect(parseDate("03/04/2024")).toBeUndefined();
    expect(parseDate("03/04/2024", { order: "day-first" })).toBe("2024-04-03");
    expect(parseDate("03/04/2024", { order: "month-first" })).toBe("2024-03-04");
  });

  it.each(["", "2023-02-29", "31 April 2024", "2024-13-01", "March 2024", "12 March 2024 and later", "1.2.3.4", "yesterday"])(
    "%j is no date",
    (text) => {
      expect(parseDate(text)).toBeUndefined();
    },
  );

  it("reads back what Intl prints, in English, German and Chinese", () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date("1970-01-01"), max: new Date("2069-12-31"), noInvalidDate: true }),
        fc.constantFrom("en-GB", "en-US", "de-DE", "zh-CN"),
        fc.constantFrom("long", "medium"),
        (date, locale, dateStyle) => {
          const text = new Intl.DateTimeFormat(locale, { dateStyle: dateStyle as "long", timeZone: "UTC" }).format(date);
          expect(parseDate(text)).toBe(date.toISOString().slice(0, 10));
        },
      ),
    );
  });
});
