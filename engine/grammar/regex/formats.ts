// The formats of JSON Schema as anchored ECMA patterns (flag u), each the whole language of its definition.

export interface Format {
  /** Of classes, alternation and repeats alone: an automaton is made of it without a search. */
  pattern: string;
  /** Where the definition bounds the length, in characters. */
  maxLength?: number;
}

const two = (value: number): string => String(value).padStart(2, "0");
const upTo23 = Array.from({ length: 24 }, (_, hour) => hour);

/** RFC 3339, full-date: the 29th of February in leap years only. */
const DATE = (() => {
  const months31 = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])";
  const months30 = "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)";
  const leapYear = "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)";
  return `(?:[0-9]{4}-(?:${months31}|${months30}|02-(?:0[1-9]|1[0-9]|2[0-8]))|${leapYear}-02-29)`;
})();

/**
 * RFC 3339, full-time. A leap second is one that is 23:59:60 in universal time; on which days there was one is not
 * asked. Of these only the ones with offsets of quarter hours are here, which all time zones have kept to since
 * there are leap seconds: all 2,879 offsets would make an automaton of 20,000 states.
 */
const TIME = (() => {
  const fraction = "(?:\\.[0-9]+)?";
  const ordinary = `(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]${fraction}(?:[Zz]|[+\\-](?:[01][0-9]|2[0-3]):[0-5][0-9])`;
  const leaps = upTo23.map((hour) => {
    const behind = two(23 - hour);
    const quarters = [14, 29, 44].map((minute) => `${minute}:60${fraction}(?:\\+${two(hour)}:${minute + 1}|-${behind}:${59 - minute})`);
    const zulu = hour === 23 ? "|[Zz]" : "";
    return `${two(hour)}:(?:${quarters.join("|")}|59:60${fraction}(?:\\+${two((hour + 1) % 24)}:00|-${behind}:00${zulu}))`;
  });
  return `(?:${ordinary}|${leaps.join("|")})`;
})();

/** RFC 3339, appendix A. */
const DURATION = (() => {
  const minutes = "[0-9]+M(?:[0-9]+S)?";
  const time = `T(?:[0-9]+H(?:${minutes})?|${minutes}|[0-9]+S)`;
  const months = "[0-9]+M(?:[0-9]+D)?";
  return `P(?:[0-9]+W|(?:[0-9]+Y(?:${months})?|${months}|[0-9]+D)(?:${time})?|${time})`;
})();

/** RFC 2673, section 3.2: no leading zeros. */
const IPV4 = (() => {
  const octet = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
  return `${octet}(?:\\.${octet}){3}`;
})();

/** RFC 4291, section 2.2, with at most `most` groups (an IPv4 part counts as two) beside the two colons. */
function ipv6Pattern(most: number): string {
  const group = "[0-9A-Fa-f]{1,4}";
  const groups = (count: number) => (count === 0 ? "" : `(?:${group}(?::${group}){0,${count - 1}})?`);
  /** At most `count` groups, the last two perhaps as IPv4. */
  const tail = (count: number): string => {
    if (count < 2) return groups(count);
    return `(?:${groups(count)}|(?:${group}:){0,${count - 2}}${IPV4})`;
  };
  const whole = `(?:${group}:){6}(?:${group}:${group}|${IPV4})`;
  const cut = Array.from({ length: most + 1 }, (_, count) => {
    const head = count === 0 ? "" : `${group}(?::${group}){${count - 1}}`;
    return `${head}::${tail(most - count)}`;
  });
  return `(?:${whole}|${cut.join("|")})`;
}

const IPV6 = ipv6Pattern(7);

/** At most so many characters of a label, the last no hyphen. */
const labelEnd = (most: number): string => `[\\-0-9A-Za-z]{0,${most - 1}}[0-9A-Za-z]`;

/**
 * RFC 1123, section 2.1, labels by RFC 1035. Labels in Punycode (`xn--`) are left out: whether one is valid
 * depends on the text it stands for, which no pattern can tell.
 */
const HOSTNAME = (() => {
  const afterXn = `[0-9A-Za-z](?:${labelEnd(60)})?|-[0-9A-Za-z](?:${labelEnd(59)})?`;
  const afterX = `[0-9A-MO-Za-mo-z](?:${labelEnd(61)})?|-${labelEnd(61)}|[Nn](?:${afterXn})?`;
  const label = `(?:[0-9A-WYZa-wyz](?:${labelEnd(62)})?|[Xx](?:${afterX})?)`;
  return `${label}(?:\\.${label})*`;
})();

/**
 * RFC 5321, section 4.1.2, Mailbox; of address literals those of the standard, IPv4 and IPv6.
 *
 * @param other further characters of names: RFC 6531 adds all beyond ASCII
 */
function emailPattern(other: string): string {
  const atoms = `[!#-'*+\\-\\/0-9=?A-Z\\^-~${other}]+`;
  const quoted = `"(?:[ !#-\\[\\]-~${other}]|\\\\[ -~])*"`;
  const letter = `0-9A-Za-z${other}`;
  const label = `[${letter}](?:[\\-${letter}]*[${letter}])?`;
  return `(?:${atoms}(?:\\.${atoms})*|${quoted})@(?:${label}(?:\\.${label})*|\\[(?:${IPV4}|[Ii][Pp][Vv]6:${ipv6Pattern(6)})\\])`;
}

/** RFC 3987, ucschar: the planes without their last two code points. */
const UCS_CHARACTERS = "\\u{A0}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFEF}".concat(
  ...Array.from({ length: 14 }, (_, index) => {
    const plane = (index + 1).toString(16);
    return `\\u{${plane}${plane === "e" ? "1000" : "0000"}}-\\u{${plane}FFFD}`;
  }),
);
const PRIVATE_CHARACTERS = "\\u{E000}-\\u{F8FF}\\u{F0000}-\\u{FFFFD}\\u{100000}-\\u{10FFFD}";
const PERCENT = "%[0-9A-Fa-f]{2}";

/**
 * RFC 3986, URI and relative-ref, and RFC 3987 with `other` characters.
 *
 * @param inQuery characters that only a query may have beside them
 */
function uriPatterns(other: string, inQuery: string): { absolute: string; reference: string } {
  const unreserved = `\\-.0-9A-Z_a-z~${other}`;
  const sub = "!$&'()*+,;=";
  const character = (more: string) => `(?:[${unreserved}${sub}${more}]|${PERCENT})`;
  const segment = `${character(":@")}*`;
  const rest = `(?:\\/${segment})*`;
  const literal = `\\[(?:${IPV6}|[Vv][0-9A-Fa-f]+\\.[\\-.0-9A-Z_a-z~${sub}:]+)\\]`;
  const authority = `\\/\\/(?:${character(":")}*@)?(?:${literal}|${character("")}*)(?::[0-9]*)?${rest}`;
  const absolutePath = `\\/(?:${character(":@")}+${rest})?`;
  const tail = `(?:\\?${character(`:@\\/?${inQuery}`)}*)?(?:#${character(":@\\/?")}*)?`;
  // The empty path after the colon is left out: validators do not take a bare scheme.
  const absolute = `[A-Za-z][+\\-.0-9A-Za-z]*:(?:${authority}|${absolutePath}|${character(":@")}+${rest})${tail}`;
  const relative = `(?:${authority}|${absolutePath}|${character("@")}+${rest})?${tail}`;
  return { absolute, reference: `(?:${absolute}|${relative})` };
}

/** RFC 6570, section 2, with the apostrophe of its erratum. */
const URI_TEMPLATE = (() => {
  const literal = `(?:[!#$&-;=?-\\[\\]_a-z~${UCS_CHARACTERS}${PRIVATE_CHARACTERS}]|${PERCENT})`;
  const character = `(?:[0-9A-Z_a-z]|${PERCENT})`;
  const variable = `${character}(?:\\.?${character})*(?::[1-9][0-9]{0,3}|\\*)?`;
  return `(?:${literal}|\\{[+#.\\/;?&=,!@|]?${variable}(?:,${variable})*\\})*`;
})();

/** RFC 6901. */
const JSON_POINTER = "(?:\\/(?:[^\\/~]|~[01])*)*";

const URI = uriPatterns("", "");
const IRI = uriPatterns(UCS_CHARACTERS, PRIVATE_CHARACTERS);
const PATTERNS: readonly (readonly [name: string, pattern: string, maxLength?: number])[] = [
  ["date", DATE],
  ["time", TIME],
  ["date-time", `${DATE}[Tt]${TIME}`],
  ["duration", DURATION],
  ["email", emailPattern("")],
  ["idn-email", emailPattern("\\u{80}-\\u{10FFFF}")],
  ["hostname", HOSTNAME, 253],
  ["ipv4", IPV4],
  ["ipv6", IPV6],
  ["uri", URI.absolute],
  ["uri-reference", URI.reference],
  ["iri", IRI.absolute],
  ["iri-reference", IRI.reference],
  ["uri-template", URI_TEMPLATE],
  ["uuid", "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"],
  ["json-pointer", JSON_POINTER],
  ["relative-json-pointer", `(?:0|[1-9][0-9]*)(?:#|${JSON_POINTER})`],
];

/**
 * By name. `idn-hostname` and `regex` are not among them: no pattern says which texts they have.
 * Nor can one say all of `hostname`, which lacks the names in Punycode.
 */
export const FORMATS: ReadonlyMap<string, Format> = new Map(
  PATTERNS.map(([name, pattern, maxLength]) => [name, { pattern: `^${pattern}$`, ...(maxLength && { maxLength }) }]),
);
