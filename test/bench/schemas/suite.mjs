// The groups of JSON-Schema-Test-Suite as cases, for the drafts and formats that the grammar enforces.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { elementsOf } from "./json-text.mjs";

/** Each with the `$schema` that its groups are read under. */
const DRAFTS = {
  "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
  draft7: "http://json-schema.org/draft-07/schema#",
};
const FORMATS = ["date", "time", "date-time", "duration", "email", "uri", "uuid", "ipv4", "ipv6", "hostname", "json-pointer"];
const PATTERNS = ["ecmascript-regex", "non-bmp-regex"];
const BYTE_COUNT = 256;

/** One token for each byte, and the end. */
export const byteTokenizer = {
  tokenBytes: [...Array.from({ length: BYTE_COUNT }, (_, byte) => Uint8Array.of(byte)), undefined],
  endTokens: [BYTE_COUNT],
  encode: (text) => [...Buffer.from(text)],
};

/** One case for each group; `set` is the draft. Instances are written as JSON.stringify would, with spaces. */
export async function readSuite(folder) {
  const drafts = await Promise.all(Object.keys(DRAFTS).map((draft) => readDraft(join(folder, "tests", draft), draft)));
  return drafts.flat();
}

async function readDraft(folder, draft) {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json"));
  const formats = await readdir(join(folder, "optional", "format"));
  const files = [
    ...names.map((name) => [name]),
    ...PATTERNS.map((name) => ["optional", `${name}.json`]),
    ...FORMATS.map((name) => ["optional", "format", `${name}.json`]).filter((path) => formats.includes(path.at(-1))),
  ];
  const groups = await Promise.all(files.map((path) => readFile(join(folder, ...path), "utf8").then((text) => readGroups(text, path.join("/"), draft))));
  return groups.flat();
}

function readGroups(text, file, draft) {
  return JSON.parse(text).map(({ description, schema, tests }) => ({
    id: `${file}: ${description}`,
    set: draft,
    schema: JSON.stringify(typeof schema === "object" ? { $schema: DRAFTS[draft], ...schema } : schema),
    tests: tests.map((test) => ({ isValid: test.valid, text: spaced(test.data), name: test.description })),
  }));
}

function spaced(value) {
  return elementsOf(JSON.stringify([value]))[0];
}
