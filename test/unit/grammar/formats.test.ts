// The patterns of formats against independent judges: the calendar, arithmetic, Node's address parser, ajv-formats, the RFCs' own examples.
import { isIPv4, isIPv6 } from "node:net";
import addFormats from "ajv-formats";
import { Ajv2020 } from "ajv/dist/2020.js";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FORMATS } from "../../../engine/grammar/regex/formats.js";

const ajv = addFormats.default(new Ajv2020());
const two = (value: number) => String(value).padStart(2, "0");

function judge(name: string): (text: string) => boolean {
  const { pattern, maxLength = Infinity } = FORMATS.get(name)!;
  const expression = new RegExp(pattern, "u");
  return (text) => expression.test(text) && [...text].length <= maxLength;
}

function ajvJudge(format: string): (text: string) => boolean {
  const validate = ajv.compile({ type: "string", format });
  return (text) => validate(text) as boolean;
}

/** Texts near a valid one: some characters dropped, doubled or exchanged. */
function near(valid: fc.Arbitrary<string>, alphabet: string): fc.Arbitrary<string> {
  const edit = fc.tuple(fc.nat(), fc.nat(2), fc.constantFrom(...alphabet));
  return fc.tuple(valid, fc.array(edit, { maxLength: 2 })).map(([text, edits]) =>
    edits.reduce((changed, [place, kind, character]) => {
      const at = place % (changed.length + 1);
      return changed.slice(0, at) + (kind === 0 ? "" : character) + changed.slice(kind === 1 ? at : at + 1);
    }, text),
  );
}

test.each<[string, string[], string[]]>([
  ["date", ["2024-02-29", "2000-02-29", "0000-02-29", "1999-12-31"], ["1900-02-29", "2023-02-29", "2024-04-31", "2024-13-01", "2024-1-1", "2024-00-10", "٢٠٢٤-01-01"]],
  ["time", ["23:59:60Z", "08:29:60.5+08:30", "00:00:00-00:00", "12:00:00.123z"], ["23:59:60+08:00", "24:00:00Z", "12:00:00", "12:00:00+24:00", "12:00:61Z", "12:00:00.Z"]],
  ["date-time", ["1985-04-12T23:20:50.52Z", "1990-12-31T15:59:60-08:00", "2024-02-29t00:00:00z"], ["2023-02-29T00:00:00Z", "1990-12-31T16:59:60-08:00", "1985-04-12 23:20:50Z", "1985-04-12T23:20:50"]],
  ["duration", ["P3Y6M4DT12H30M5S", "PT36H", "P2W", "P0D", "P1Y2M"], ["P", "PT", "P1Y2D", "PT1H2S", "P1W2D", "P1.5D", "1D"]],
  ["email", ["a@b", "first.last+tag@mail.example.co", '"a\\"b c"@example.com', "x@[192.0.2.1]", "x@[IPv6:2001:db8::1]"], ["a@", "@b", "a..b@c", "a b@c", "a@-b", "a@b-", "a@b..c", "ü@b", "x@[IPv6:1:2:3:4:5:6:7::]"]],
  ["idn-email", ["ü@bücher.example", "李@例子.公司"], ["ü", "ü@", "a@b@c"]],
  ["hostname", ["example", "a-b.c1", "1.2.3.4", "a--b", "x", "xn", "xn-a", "x-n--a", "xnn", `xn-${"a".repeat(60)}`, `x.${"x".repeat(63)}`], ["", "a.", ".a", "-a", "a-", "a_b", "xn--a", "b.XN--a", "xn-", "x-", `xn-${"a".repeat(61)}`, `x${"-".repeat(62)}`, `x${"a".repeat(63)}`, "é.com", `${"a".repeat(64)}.b`, `${"a.".repeat(127)}a`]],
  ["ipv6", ["::", "::1", "1::", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "64:ff9b::192.0.2.33"], ["1::2::3", "1:2:3:4:5:6:7", "::1:2:3:4:5:6:7:8", "::1.2.3", "fe80::1%eth0", ":1"]],
  ["uri", ["ftp://ftp.is.co.za/rfc/rfc1808.txt", "ldap://[2001:db8::7]/c=GB?objectClass?one", "mailto:John.Doe@example.com", "tel:+1-816-555-1212", "urn:a:b", "http://[v1.x]"], ["//a", "a", "http://a b", "http://[1]", "http://a:b/", "1a:b", "a:%4", "a:é"]],
  ["uri-reference", ["", "../g?y#s", "//h:80/p", "#", "?a"], ["1:b", "a[b]", "\\", "#a#b"]],
  ["iri", ["http://例子.公司/路径?q=é#頁", "urn:ü"], ["例子", "http://a b"]],
  ["iri-reference", ["路径", "#頁"], ["a\\b", "路 径"]],
  ["uri-template", ["http://example.com/~{username}/", "{?x,y}", "{var:30}{list*}", "{;hello:5}", "é"], ["{", "}", "{}", "{a b}", "{var:0}", "{a,}", "a b"]],
  ["uuid", ["123e4567-e89b-12d3-a456-426614174000"], ["123e4567e89b12d3a456426614174000", "{123e4567-e89b-12d3-a456-426614174000}"]],
  ["json-pointer", ["", "/", "/a~0b/~1", "/a\nb"], ["a", "/~", "/~2"]],
  ["relative-json-pointer", ["0", "12/a", "1#"], ["", "01", "-1", "1#/a", "/a"]],
])("%s", (name, valid, invalid) => {
  const isValid = judge(name);
  for (const text of valid) expect(isValid(text), text).toBe(true);
  for (const text of invalid) expect(isValid(text), text).toBe(false);
});

test("what no pattern can say is not known", () => {
  for (const name of ["regex", "idn-hostname", "color", "constructor", ""]) expect(FORMATS.has(name)).toBe(false);
});

test("days of the calendar, by Date", () => {
  const isDate = judge("date");
  for (let year = 0; year < 10_000; year += 1 + (year % 7)) {
    for (const [month, day] of [[1, 31], [2, 28], [2, 29], [2, 30], [4, 30], [4, 31], [12, 31], [12, 32], [0, 1], [13, 1], [6, 0]]) {
      const date = new Date(0);
      date.setUTCFullYear(year, month - 1, day);
      const text = `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
      expect(isDate(text), text).toBe(date.getUTCMonth() === month - 1 && date.getUTCDate() === day);
    }
  }
});

test("leap seconds are 23:59:60 in universal time, in all zones of whole quarter hours", () => {
  const isTime = judge("time");
  for (let local = 4; local < 1440; local += 5) {
    for (let offset = -1439; offset < 1440; offset++) {
      const text = `${two(Math.floor(local / 60))}:${two(local % 60)}:60${offset < 0 ? "-" : "+"}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
      const isLeap = offset % 15 === 0 && (local - offset + 2880) % 1440 === 1439;
      if (isTime(text) !== isLeap) expect.unreachable(text);
    }
  }
});

describe("random texts", () => {
  const group = fc.stringMatching(/^[0-9a-fA-F]{1,4}$/);
  const address4 = fc.ipV4();

  test("addresses, by Node", () => {
    const [is4, is6] = [judge("ipv4"), judge("ipv6")];
    const mixed = fc.tuple(fc.array(group, { maxLength: 7 }), fc.constantFrom(":", "::"), address4).map(([groups, joint, tail]) => groups.join(":") + joint + tail);
    fc.assert(
      fc.property(near(fc.oneof(fc.ipV6(), mixed, fc.tuple(fc.ipV6(), fc.ipV6()).map((pair) => pair.join("::"))), ":.0af1"), near(address4, "012559."), (six, four) => {
        expect(is6(six), six).toBe(isIPv6(six));
        expect(is4(four), four).toBe(isIPv4(four));
      }),
      { numRuns: 5000 },
    );
  });

  test("dates, times, durations, identifiers and pointers, by ajv-formats", () => {
    const time = fc.tuple(fc.nat(23), fc.nat(60), fc.nat(60), fc.constantFrom("Z", "+01:00", "-23:45", ".5z", "+00:00")).map(([hour, minute, second, end]) => `${two(hour)}:${two(minute)}:${two(second)}${end}`);
    const date = fc.tuple(fc.nat(9999), fc.nat(13), fc.nat(32)).map(([year, month, day]) => `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`);
    const pointer = fc.string({ unit: fc.constantFrom("/", "a", "~0", "~1", "~", "0", "#") });
    const samples: Record<string, fc.Arbitrary<string>> = {
      date: near(date, "0123-"),
      "json-pointer": pointer,
      "relative-json-pointer": fc.tuple(fc.constantFrom("", "0", "10", "01"), pointer).map((parts) => parts.join("")),
      uuid: near(fc.uuid(), "0-aG"),
    };
    for (const [name, texts] of Object.entries(samples)) {
      const [ours, theirs] = [judge(name), ajvJudge(name)];
      fc.assert(fc.property(texts, (text) => void expect(ours(text), text).toBe(theirs(text))), { numRuns: 1000 });
    }
    // Theirs also take `+0100`, spaces for T, and durations with gaps.
    const [isTime, isDateTime, isDuration] = [judge("time"), judge("date-time"), judge("duration")];
    const [ajvTime, ajvDateTime, ajvDuration] = [ajvJudge("time"), ajvJudge("date-time"), ajvJudge("duration")];
    fc.assert(fc.property(time, date, (clock, day) => {
      expect(isTime(clock), clock).toBe(ajvTime(clock));
      expect(isDateTime(`${day}T${clock}`)).toBe(ajvDateTime(`${day}T${clock}`));
    }), { numRuns: 2000 });
    const parts = fc.array(fc.constantFrom("P", "T", "1Y", "2M", "3D", "4H", "5M", "6S", "7W"), { maxLength: 6 }).map((list) => `P${list.join("")}`);
    fc.assert(fc.property(parts, (text) => void (isDuration(text) && expect(ajvDuration(text), text).toBe(true))), { numRuns: 3000 });
  });

  test("resource identifiers, by ajv-formats", () => {
    const character = fc.constantFrom(..."ab1-._~!$&'()*+,;=:@/?#[]%%41", "%41", "//", "[::1]", "http:", " ", "é", '"', "<");
    const texts = fc.array(character, { maxLength: 12 }).map((list) => list.join(""));
    const [isUri, isReference] = [judge("uri"), judge("uri-reference")];
    const [ajvUri, ajvReference] = [ajvJudge("uri"), ajvJudge("uri-reference")];
    let valid = 0;
    fc.assert(fc.property(fc.oneof(texts, fc.webUrl({ withFragments: true, withQueryParameters: true }), near(fc.webUrl(), "/:@?#[]%a")), (text) => {
      // RFC 3986 lets a scheme stand alone, ajv-formats does not.
      if (isUri(text) && !/^[^:]*:(?:$|[?#])/.test(text)) expect(ajvUri(text), text).toBe(true);
      if (!isReference(text)) return;
      expect(ajvReference(text), text).toBe(true);
      valid++;
    }), { numRuns: 6000 });
    expect(valid).toBeGreaterThan(1000);
    fc.assert(fc.property(fc.webUrl({ withFragments: true, withQueryParameters: true }), (text) => void expect(isUri(text), text).toBe(true)), { numRuns: 1000 });
  });

  test("mail addresses and host names: all that ajv-formats takes, but for Punycode and the dot at the end", () => {
    const [isEmail, isHostname] = [judge("email"), judge("hostname")];
    const [ajvEmail, ajvHostname] = [ajvJudge("email"), ajvJudge("hostname")];
    fc.assert(fc.property(near(fc.emailAddress(), "a.@-\"[ ]"), near(fc.domain(), "a.-_1"), (email, host) => {
      if (ajvEmail(email)) expect(isEmail(email), email).toBe(true);
      if (!/xn--|\.$/i.test(host)) expect(isHostname(host), host).toBe(ajvHostname(host));
    }), { numRuns: 5000 });
  });
});
