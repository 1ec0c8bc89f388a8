// Encodings: every one that is read must come back as the text that was written.
import * as fc from "fast-check";
import iconv from "iconv-lite";
import { describe, expect, it } from "vitest";
import { InputError } from "../../../src/error/input/input-error.js";
import { decodeBytes } from "../../../src/input/decode-bytes.js";

const ENGLISH = "This Agreement – made in Zürich – is “binding”. Fee: £500, naïve or not.\nThe parties agree as follows.";
const SIMPLIFIED = "本合同自二〇二四年三月十五日起生效，甲乙双方应当遵守。\n年龄：45岁，男，咳嗽。";
const TRADITIONAL = "本合約由甲乙雙方於二零二四年簽訂，雙方經友好協商，達成如下條款。\n總計：500元";
const JAPANESE = "これは日本語のテキストです。契約は四月に始まります。\n甲は乙に代金を支払う。";

describe("decodeBytes", () => {
  it.each([
    ["utf8", ENGLISH], ["utf8", SIMPLIFIED], ["utf16le", ENGLISH], ["utf16be", ENGLISH], ["utf16le", SIMPLIFIED], ["utf16be", SIMPLIFIED],
    ["gb18030", SIMPLIFIED], ["gbk", SIMPLIFIED], ["big5", TRADITIONAL], ["shift_jis", JAPANESE], ["euc-jp", JAPANESE], ["windows-1252", ENGLISH],
    ["gb18030", "年龄：45岁，男"], ["windows-1252", "Café 500 €"],
  ])("reads %s without a mark: %s", (encoding, text) => {
    expect(decodeBytes(iconv.encode(text, encoding))).toBe(text);
  });

  it.each(["utf8", "utf16le", "utf16be"])("drops the mark of %s", (encoding) => {
    for (const text of ["一", "a", SIMPLIFIED]) expect(decodeBytes(iconv.encode(text, encoding, { addBOM: true }))).toBe(text);
  });

  it("reads any well-formed UTF-8 and any marked UTF-16 back", () => {
    const printable = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !/\p{Cc}|^\ufeff/u.test(text));
    fc.assert(fc.property(printable, (text) => {
      expect(decodeBytes(Buffer.from(text))).toBe(text);
      expect(decodeBytes(iconv.encode(text, "utf16le", { addBOM: true }))).toBe(text);
      expect(decodeBytes(iconv.encode(text, "utf16be", { addBOM: true }))).toBe(text);
    }));
  });

  it("believes an XML declaration where the bytes are not UTF-8", () => {
    const text = '<?xml version="1.0" encoding="ISO-8859-2"?><a>Łódź</a>';
    expect(decodeBytes(iconv.encode(text, "iso-8859-2"))).toBe(text);
  });

  it("says where UTF-8 is damaged and keeps the text", () => {
    const bytes = Buffer.from(`甲方：\n${SIMPLIFIED}${SIMPLIFIED}`);
    bytes[11] = 0x20;
    try {
      decodeBytes(bytes);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      expect(error).toMatchObject({ line: 2, column: 1 });
      expect((error as InputError).rawText).toContain("合同自二〇二四年");
    }
  });
});
