import { describe, expect, it } from "vitest";
import { z } from "zod";
import { RegexLexeme, type RegexLexemeOptions } from "../../../engine/grammar/regex/regex-lexeme.js";
import { RegexError, RegexStore } from "../../../engine/grammar/regex/regex-store.js";

const UNBOUNDED = { minLength: 0, maxLength: Infinity, saturation: 16, escapes: "json" } as const;

function lexemeOf(pattern: string, options: Partial<RegexLexemeOptions> = {}): RegexLexeme {
  const store = new RegexStore();
  return new RegexLexeme(store, store.parse(pattern), { ...UNBOUNDED, ...options });
}

function stateAfter(lexeme: RegexLexeme, text: string, from = lexeme.start): number {
  return Buffer.from(text).reduce((state, byte) => (state < 0 ? state : lexeme.step(state, byte)), from);
}

function accepts(lexeme: RegexLexeme, text: string): boolean {
  const state = stateAfter(lexeme, text);
  return state >= 0 && lexeme.isWhole(state);
}

describe("patterns", () => {
  it.each([
    ["^a\\-b\\_c\\/$", ["a-b_c/"], ["a-bc/"]],
    ["^{a}]$", ["{a}]"], ["a"]],
    ["^\\cA\\x41\\u0042\\103$", ["\u0001ABC"], ["ABC"]],
    ["^[\\w-.]+$", ["a-.b"], ["a,b"]],
    ["^a{,2}$", ["a{,2}"], ["aa"]],
  ])("take annex B where Unicode mode does not: %s", (pattern, good, bad) => {
    const store = new RegexStore();
    const regex = store.parse(pattern);
    for (const text of good) expect(store.test(regex, text), text).toBe(true);
    for (const text of bad) expect(store.test(regex, text), text).toBe(false);
  });

  it.each([
    "^(?=.*[A-Z])(?=.*[a-z])(?=.*\\d)(?=.*[^\\w]).{8,64}$",
    "^(?!(False|None|True)$)[a-zA-Z_]\\w*$",
    "^((?!foo|bar).)*$",
    "^(?!^lucene\\.|builtin\\.).*",
    "\\bfoo\\b(?!,)",
    "(?<=\\$)\\d+(?:\\.\\d\\d)?",
    "(^|,)a(,|$)",
    "^(\\/?((\\.{2})|([a-z0-9\\-]*))($|\\/))*$",
    "^\\p{Lu}\\p{L}*(?:[ '-]\\p{Lu}\\p{L}*)*$",
  ])("mean what the host means: %s", (pattern) => {
    const store = new RegexStore();
    const regex = store.parse(pattern);
    const host = new RegExp(pattern);
    const unicode = /\\p/.test(pattern) ? new RegExp(pattern, "u") : host;
    const texts = [
      "", "a", "a,b", "b,a", ",a,", "foo", "foo,", "afoo", "a foo b", "foobar", "x.foo.y", "lucene.x", "builtin.", "None", "None_", "True",
      "Passw0rd!", "password", "PASSW0RD!a", "$12.50", "12.50", "/a/b/", "../a", "a//b", "Éva", "Anna-Éva Müller", "anna", "O'Neil", "中文",
    ];
    for (const text of texts) expect(store.test(regex, text), text).toBe(unicode.test(text));
  });

  it.each(["(a)\\1", "(?<x>a)\\k<x>", "(", "a**", "[b-a]", "x(?<=ab*)c", "(?:^a|b)+", `${"(".repeat(500)}a${")".repeat(500)}`])(
    "are refused with a reason: %s",
    (pattern) => {
      expect(() => new RegexStore().parse(pattern)).toThrow(RegexError);
    },
  );

  it("come out of Zod and mean there what Zod means", () => {
    const samples = [
      "ann@example.com", "550e8400-e29b-41d4-a716-446655440000", "https://example.com/a?b=c#d", "2024-02-29", "2023-02-29", "23:59:59", "24:00:00",
      "2024-02-29T12:00:00Z", "P1Y2M3DT4H5M6S", "aGVsbG8=", "aGVsbG8", "10.0.0.0/8", "192.168.1.1", "::1", "fe80::/10", "👍", "cjld2cjxh0000qzrmn831i7rn",
      "01ARZ3NDEKTSV4RRFFQ69G5FAV", "+15551234567", "a.b.c", "", "x", "V1StGXR8_Z5jdHi6B-myT", "example.com", "ab:cd:ef:01:23:45", "xksdkf1a2b3c4d5e6f7a",
    ];
    const strings = {
      email: z.email(), uuid: z.uuid(), guid: z.guid(), url: z.url(), date: z.iso.date(), time: z.iso.time(), dateTime: z.iso.datetime(), duration: z.iso.duration(),
      base64: z.base64(), base64url: z.base64url(), cidrv4: z.cidrv4(), cidrv6: z.cidrv6(), ipv4: z.ipv4(), ipv6: z.ipv6(), emoji: z.emoji(), cuid: z.cuid(),
      cuid2: z.cuid2(), ulid: z.ulid(), e164: z.e164(), nanoid: z.nanoid(), xid: z.xid(), ksuid: z.ksuid(),
      starts: z.string().startsWith("a.b"), ends: z.string().endsWith("=)"), includes: z.string().includes("(x)"), lower: z.string().lowercase(),
    };
    const store = new RegexStore();
    let patternCount = 0;
    for (const [name, schema] of Object.entries(strings)) {
      const { pattern } = z.toJSONSchema(schema) as { pattern?: string };
      if (pattern === undefined) continue;
      patternCount++;
      const regex = store.parse(pattern);
      const host = new RegExp(pattern, name === "emoji" ? "u" : "");
      for (const text of samples) expect(store.test(regex, text), `${name} on ${text}`).toBe(host.test(text));
      const lexeme = new RegexLexeme(store, regex, UNBOUNDED);
      expect(lexeme.distance(lexeme.start)).toBeLessThan(Infinity);
    }
    expect(patternCount).toBeGreaterThanOrEqual(20);
  });
});

describe("sets of texts", () => {
  it("obey the laws of sets", () => {
    const store = new RegexStore();
    const [a, b] = [store.parse("^[a-m]+$"), store.parse("^[h-z]{2,}$")];
    expect(store.isEmpty(store.and(a, store.not(a)))).toBe(true);
    expect(store.isUniversal(store.or(a, store.not(a)))).toBe(true);
    expect(store.isUniversal(store.or(store.not(a), store.not(b), store.and(a, b)))).toBe(true);
    expect(store.isEmpty(store.and(a, b, store.literal("hi")))).toBe(false);
    expect(store.isEmpty(store.and(a, b, store.literal("ha")))).toBe(true);
    expect(store.isEmpty(store.parse("a(?=b)c"))).toBe(true);
    expect(store.isUniversal(store.parse("^a|(?!a)"))).toBe(true);
  });

  it("have keys that do not depend on the store or on what was made before", () => {
    const one = new RegexStore();
    const two = new RegexStore();
    two.or(two.parse("^c$"), two.parse("^b+$"));
    const keys = [one, two].map((store) => store.or(store.parse("^b+$"), store.and(store.parse("a"), store.not(store.parse("^c$")))).key);
    expect(keys[0]).toBe(keys[1]);
    expect(one.parse("^b+$").key).not.toBe(one.parse("^b*$").key);
  });
});

describe("lexemes of patterns", () => {
  it("write the escapes that JSON.stringify writes, and no others", () => {
    const lexeme = lexemeOf("^[^]$");
    for (const text of ["\n", "\\n", '"', "\\", "\u0001", "\u001f", "\u007f", "/", "é", "中", "😀", "\u2028"]) {
      expect(accepts(lexeme, JSON.stringify(text).slice(1, -1)), JSON.stringify(text)).toBe(Array.from(text).length === 1);
    }
    for (const form of ["\\u0041", "\\u000a", "\\/", "\\u001F", "\n", '"']) expect(accepts(lexeme, form), form).toBe(false);
    const plain = lexemeOf("^[^]$", { escapes: "none" });
    for (const form of ["\n", '"', "\\", "中"]) expect(accepts(plain, form), form).toBe(true);
  });

  it("offer no byte from which nothing whole can be reached", () => {
    const lexeme = lexemeOf("^(?:中|\\u0010)$");
    const bytes = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => lexeme.step(lexeme.start, byte) >= 0);
    expect(bytes).toEqual([0x5c, 0xe4]);
    expect(accepts(lexeme, "\\u0010")).toBe(true);
    expect(stateAfter(lexeme, "\\n")).toBe(-1);
    expect(stateAfter(lexeme, "\\u001")).toBeGreaterThan(0);
    expect(stateAfter(lexeme, "\\u000")).toBe(-1);
    const even = lexemeOf("^(?:ab)*$", { minLength: 3, maxLength: 5 });
    expect(accepts(even, "abab")).toBe(true);
    expect(accepts(even, "ab")).toBe(false);
    expect(stateAfter(even, "ababa")).toBe(-1);
    expect(lexemeOf("^(?:ab)*$", { minLength: 3, maxLength: 3 }).distance(0)).toBe(Infinity);
  });

  it("hold as many states for a great bound as for a small one", () => {
    const lexeme = lexemeOf("^[a-z]{1,100000}$");
    expect(lexeme.isStringBody).toBe(true);
    const state = stateAfter(lexeme, "a".repeat(500));
    expect(stateAfter(lexeme, "z".repeat(1000), state)).toBe(state);
    expect(lexeme.settleAbove(state)).toBeLessThan(100_000);
    const last = lexeme.settle(state, 99_999);
    expect(accepts(lexeme, "a")).toBe(true);
    expect(lexeme.isWhole(stateAfter(lexeme, "a", last))).toBe(true);
    expect(stateAfter(lexeme, "aa", last)).toBe(-1);
  });

  it("promise plain text only where any text may follow", () => {
    const search = lexemeOf("ab");
    expect(search.plainRoom(search.start)).toBe(-1);
    expect(search.plainRoom(stateAfter(search, "xab"))).toBe(Infinity);
    expect(search.plainRoom(stateAfter(search, "xab\\"))).toBe(-1);
    const bounded = lexemeOf("ab", { maxLength: 10 });
    expect(bounded.plainRoom(stateAfter(bounded, "xab"))).toBe(7);
  });

  it("give the exact bytes to the end where the way is plain", () => {
    expect(lexemeOf("^[0-9]{4}-[0-9]{2}$").distance(0)).toBe(7);
    expect(lexemeOf("^[0-9]+$", { minLength: 5, maxLength: 9 }).distance(0)).toBe(5);
  });

  it("answer or refuse what would take forever", () => {
    const looks = Array.from({ length: 300 }, (_, i) => `(?=.*${String.fromCharCode(0x4e00 + i)})`).join("");
    expect(() => lexemeOf(looks)).toThrow(RegexError);
    expect(accepts(lexemeOf("^(((a+)+)+)+$"), "a".repeat(200))).toBe(true);
    expect(accepts(lexemeOf("^((a{0,100}){0,100}){0,100}$", { minLength: 5 }), "a".repeat(200))).toBe(true);
    expect(stateAfter(lexemeOf("^(?:b{1000}){1000}$"), "b".repeat(300))).toBeGreaterThan(0);
    expect(accepts(lexemeOf("(.*a){25}"), "a".repeat(25))).toBe(true);
    expect(accepts(lexemeOf("(.*a){25}"), "a".repeat(24))).toBe(false);
    expect(accepts(lexemeOf(`${"(?=a".repeat(300)}${")".repeat(300)}`), `b${"a".repeat(300)}`)).toBe(true);
    expect(accepts(lexemeOf("abcdefghij".repeat(100)), `ab${"abcdefghij".repeat(100)}`)).toBe(true);
    expect(stateAfter(lexemeOf("^(a|b)*a(a|b){500}$"), "ab".repeat(100))).toBeGreaterThan(0);
  });
});
