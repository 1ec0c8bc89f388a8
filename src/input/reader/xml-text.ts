// Character data of XML: entities, CDATA and layout decoded into runs that know their place in the source.
// `xml-tree.ts` collects them.

/** Decoded text and the stretch of source it stands for; equal lengths mean character for character. */
export interface Run { text: string; start: number; end: number }

const NAMED: Readonly<Record<string, string>> = {
  amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0", copy: "©", reg: "®", euro: "€", pound: "£", yen: "¥", cent: "¢",
};
const MARKUP = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>/g;
const CONTENT_TOKEN = /&(#x[\da-fA-F]{1,6}|#\d{1,7}|\w{1,8});|[ \t\r\n]+|[^& \t\r\n]+|&/g;
const CDATA_TOKEN = /[ \t\r\n]+|[^ \t\r\n]+/g;

/**
 * The text between two offsets. White space that breaks a line becomes one space; content is trimmed.
 * References to entities that XML does not predefine stay as they are written.
 */
export function decodeText(source: string, start: number, end: number, kind: "content" | "attribute"): Run[] {
  const raw = source.slice(start, end);
  const runs: Run[] = [];
  let at = 0;
  if (kind === "content") {
    for (const match of raw.matchAll(MARKUP)) {
      pushRuns(runs, raw.slice(at, match.index), start + at, CONTENT_TOKEN);
      at = match.index + match[0].length;
      if (match[1] !== undefined) pushRuns(runs, match[1], start + match.index + "<![CDATA[".length, CDATA_TOKEN);
    }
  }
  pushRuns(runs, raw.slice(at), start + at, CONTENT_TOKEN);
  return kind === "attribute" ? runs : trimmed(runs);
}

function pushRuns(runs: Run[], raw: string, offset: number, token: RegExp): void {
  for (const match of raw.matchAll(token)) {
    const start = offset + match.index;
    runs.push({ text: decodeToken(match[0], match[1]), start, end: start + match[0].length });
  }
}

function decodeToken(token: string, reference: string | undefined): string {
  if (reference?.startsWith("#")) {
    const code = reference[1] === "x" ? Number.parseInt(reference.slice(2), 16) : Number(reference.slice(1));
    return code <= 0x10ffff ? String.fromCodePoint(code) : token;
  }
  if (reference !== undefined) return Object.hasOwn(NAMED, reference) ? NAMED[reference] : token;
  return /[\r\n]/.test(token) && token.trim() === "" ? " " : token;
}

function trimmed(runs: Run[]): Run[] {
  const isBlank = (run: Run): boolean => /^[ \t\r\n]*$/.test(run.text);
  const from = runs.findIndex((run) => !isBlank(run));
  return from < 0 ? [] : runs.slice(from, runs.findLastIndex((run) => !isBlank(run)) + 1);
}
